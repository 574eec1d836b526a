/** Which files of locations may be named, and by whom. */
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { checkLocationFile, locationsChecker } from "./location-file.ts";

const SAMPLE = join(import.meta.dirname, "../../core/data-layer/geo/test-locations.mmdb");
const dataDir = mkdtempSync(join(tmpdir(), "signal-locations-"));
after(() => rmSync(dataDir, { recursive: true, force: true }));
const own = join(dataDir, "locations");
mkdirSync(join(own, "deeper"), { recursive: true });
copyFileSync(SAMPLE, join(own, "places.mmdb"));
copyFileSync(SAMPLE, join(own, "deeper/places.mmdb"));
copyFileSync(SAMPLE, join(dataDir, "outside.mmdb"));
symlinkSync(join(dataDir, "outside.mmdb"), join(own, "link.mmdb"));
writeFileSync(join(own, "text.mmdb"), "no database");
writeFileSync(join(own, "large.mmdb"), "");
truncateSync(join(own, "large.mmdb"), 268_435_457);

const check = locationsChecker(dataDir);

test("a request may name files of the folder alone, whole or by their name", () => {
  const whole = join(own, "places.mmdb");
  assert.deepEqual(check("places.mmdb", { anywhere: false }), { path: whole });
  assert.deepEqual(check(whole, { anywhere: false }), { path: whole });
});

test("of everything else a request learns nothing", () => {
  const refused = { fault: 'there is no such MMDB file in the folder "locations" of the data folder' };
  const names = ["../outside.mmdb", "deeper/places.mmdb", "link.mmdb", "text.mmdb", "large.mmdb", "deeper", "nowhere"];
  for (const name of [...names, join(dataDir, "outside.mmdb"), "/etc/passwd", "", "a\0b"])
    assert.deepEqual(check(name, { anywhere: false }), refused, name);
});

test("who has the machine names any file, and is told what is wrong with it", () => {
  const outside = join(dataDir, "outside.mmdb");
  assert.deepEqual(check(outside, { anywhere: true }), { path: outside });
  assert.deepEqual(checkLocationFile(join(dataDir, "nowhere.mmdb")), { fault: "there is no such file" });
  assert.match(JSON.stringify(checkLocationFile(join(own, "text.mmdb"))), /is no MMDB file that can be read/);
  assert.match(JSON.stringify(checkLocationFile(own)), /the file cannot be read/);
});
