import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { layered } from "../layered-fixture.ts";
import { compileGeo, maskAddress, openLocations, type GeoConfig } from "./geo.ts";

// Invented places: 203.0.113.0/24 Munich, 2001:db8:1::/48 London, 198.51.100.0/24 a registered country only.
const file = readFileSync(join(import.meta.dirname, "test-locations.mmdb"));
const config: GeoConfig = { database: "test-locations.mmdb" };

function after(context: object, changes: Partial<GeoConfig> = {}, language?: string): Record<string, unknown> {
  const subject = layered({ context });
  const step = compileGeo({ ...config, ...changes }, openLocations(file, language));
  assert.equal(step?.(subject), null);
  return subject.event.context;
}

test("an address becomes a place", () => {
  assert.deepEqual(after({ ip: "203.0.113.7" }), {
    ip: "203.0.113.7",
    location: {
      country: "DE",
      country_name: "Germany",
      region: "Bavaria",
      region_code: "BY",
      city: "Munich",
      postal_code: "80331",
      latitude: 48.137,
      longitude: 11.575,
      time_zone: "Europe/Berlin",
      continent: "EU",
    },
  });
  assert.equal((after({ ip: "2001:db8:1::5" })["location"] as Record<string, unknown>)["city"], "London");
  assert.deepEqual(after({ ip: "198.51.100.1" })["location"], { country: "US", country_name: "United States" });
  assert.equal((after({ ip: "203.0.113.7" }, {}, "de")["location"] as Record<string, unknown>)["city"], "München");
});

test("what the client said stays, what the file does not know is left out", () => {
  const { location } = after({ ip: "203.0.113.7", location: { city: "Elsewhere" } });
  assert.deepEqual(
    [(location as Record<string, unknown>)["city"], (location as Record<string, unknown>)["country"]],
    ["Elsewhere", "DE"],
  );
  for (const ip of ["192.0.2.1", "no address", "203.0.113.7:80", "", 5, null])
    assert.equal(after({ ip })["location"], undefined);
  assert.equal(after({})["location"], undefined);
});

const masked: [string, string][] = [
  ["203.0.113.7", "203.0.113.0"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1::"],
  ["2001:db8::1", "2001:db8:0::"],
  ["::1", "0:0:0::"],
  ["::ffff:203.0.113.7", "::ffff:203.0.113.0"],
  ["no address", ""],
  ["999.1.1.1", ""],
];
for (const [ip, expected] of masked) test(`the mask of ${ip}`, () => assert.equal(maskAddress(ip), expected));

test("the address is masked or removed after it was looked up", () => {
  const { ip, location } = after({ ip: "203.0.113.7" }, { ip: "mask" });
  assert.equal(ip, "203.0.113.0");
  assert.equal((location as Record<string, unknown>)["city"], "Munich");
  assert.equal("ip" in after({ ip: "203.0.113.7" }, { ip: "remove" }), false);
});

for (const ip of [["203.0.113.5"], { v4: "203.0.113.5" }, 3405803781, true, null]) {
  test(`what is no text has no mask and goes: ${JSON.stringify(ip)}`, () => {
    assert.deepEqual(after({ ip }, { ip: "mask" }), {});
    assert.deepEqual(after({ ip }, { ip: "remove" }), {});
    assert.deepEqual(after({ ip }), { ip });
  });
}

test("bytes that are no MMDB file are refused; a step without a file still masks", () => {
  assert.throws(() => openLocations(Buffer.from("not a database")));
  const subject = layered({ context: { ip: "203.0.113.7" } });
  compileGeo({ ...config, ip: "mask" }, null)?.(subject);
  assert.deepEqual(subject.event.context, { ip: "203.0.113.0" });
  assert.equal(compileGeo(undefined, null), null);
});
