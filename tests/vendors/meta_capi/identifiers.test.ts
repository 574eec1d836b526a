/** Where blueprints find who it was: under every name that senders have for it. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import { isJsonObject, type JsonObject } from "@datafly-signal/core";
import { CASE_NOW } from "@datafly-signal/connectors/contract-case";
import { openRig } from "../connector-rig.ts";
import { META } from "./simulator.ts";

const sha256 = (text: string): string => hash("sha256", text);
const FLAT = {
  email_address: " Jane@Example.com",
  phone_number: "16505551212",
  first_name: "Jane",
  last_name: "Doe",
  date_of_birth: "1990-01-02",
  city: "New York",
  state: "New York",
  zip: "94025-1234",
  country: "US",
};
const DIGESTS = {
  em: sha256("jane@example.com"),
  ph: "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
  fn: sha256("jane"),
  ln: sha256("doe"),
  db: sha256("19900102"),
  ct: sha256("newyork"),
  st: sha256("ny"),
  zp: sha256("94025"),
  country: sha256("us"),
};
const SEEN = Date.parse(new Date(CASE_NOW).toISOString());

const cases: [what: string, given: JsonObject, user: JsonObject][] = [
  ["traits without an address object", { traits: FLAT }, DIGESTS],
  ["the same in the context", { context: { traits: FLAT } }, DIGESTS],
  [
    "contact details in properties",
    { properties: { email: "jane@example.com", phone: 16_505_551_212, first_name: "Jane", lastName: "Doe" } },
    { em: DIGESTS.em, ph: DIGESTS.ph, fn: DIGESTS.fn, ln: DIGESTS.ln },
  ],
  ["a digest in capitals", { traits: { email: DIGESTS.em.toUpperCase() } }, { em: DIGESTS.em }],
  [
    "cookies by their own names",
    { vendor_ids: { _fbp: "fb.1.1.2", _fbc: "fb.1.1.X" } },
    { fbp: "fb.1.1.2", fbc: "fb.1.1.X" },
  ],
  [
    "cookies among the properties",
    { properties: { fbp: "fb.1.1.2", fbc: "fb.1.1.X" } },
    { fbp: "fb.1.1.2", fbc: "fb.1.1.X" },
  ],
  ["a click id of the context", { context: { clickIds: { fbclid: "AbC" } } }, { fbc: `fb.1.${SEEN}.AbC` }],
];

for (const blueprint of ["default", "retail", "travel", "media"]) {
  const rig = await openRig("meta_capi", {
    blueprint,
    settings: { parameters: { pixel_id: META.dataset }, secrets: { access_token: META.token } },
  });
  const sent = async (given: JsonObject): Promise<JsonObject> => {
    const delivery = rig.delivery({
      ...{ type: "track", event: "login", messageId: "m-1", timestamp: new Date(CASE_NOW).toISOString() },
      ...{ anonymousId: "visitor-1", ...given },
    });
    const { exchanges, outcomes } = await rig.send([delivery]);
    assert.deepEqual(
      outcomes.map(({ kind }) => kind),
      ["delivered"],
    );
    const { data } = JSON.parse(String(exchanges[0]?.request.body)) as { data: JsonObject[] };
    return data[0] ?? {};
  };

  for (const [what, given, user] of cases)
    test(`${blueprint}: ${what}`, async () => {
      const { user_data: found } = await sent(given);
      assert.ok(isJsonObject(found));
      const { external_id: _, ...others } = found;
      assert.deepEqual(others, user);
    });

  test(`${blueprint}: an event of a mobile app says so, and brings the advertising id`, async () => {
    const event = await sent({
      context: {
        app: { namespace: "com.example.shop", version: "1.2.3" },
        os: { name: "iOS", version: "17.1" },
        device: { advertisingId: "AEBE52E7-03EE-455A-B3C4-E57283966239", adTrackingEnabled: true },
      },
    });
    assert.equal(event["action_source"], "app");
    assert.equal((event["user_data"] as JsonObject)["madid"], "aebe52e7-03ee-455a-b3c4-e57283966239");
    const { extinfo, advertiser_tracking_enabled } = event["app_data"] as JsonObject;
    assert.deepEqual(
      [(extinfo as string[])[0], (extinfo as string[]).length, advertiser_tracking_enabled],
      ["i2", 16, 1],
    );
  });

  test(`${blueprint}: the advertising id stays where tracking is off`, async () => {
    const event = await sent({
      context: {
        app: { namespace: "com.example.shop" },
        os: { name: "Android" },
        device: { advertisingId: "AEBE52E7", adTrackingEnabled: false },
      },
    });
    assert.equal((event["user_data"] as JsonObject)["madid"], undefined);
  });
}

test("products without an id keep no others from being named", async () => {
  const rig = await openRig("meta_capi", {
    settings: { parameters: { pixel_id: META.dataset }, secrets: { access_token: META.token } },
  });
  const { payload } = rig.delivery({
    ...{ type: "track", event: "purchase", messageId: "m-1", userId: "user-1" },
    ...{ timestamp: new Date(CASE_NOW).toISOString() },
    properties: {
      ...{ value: 5, currency: " usd " },
      items: [{ item_name: "Only a name" }, { item_id: "SKU-1", price: 5 }],
    },
  });
  const { custom_data: data } = payload as { custom_data: JsonObject };
  assert.deepEqual(data["content_ids"], ["SKU-1"]);
  assert.deepEqual(data["contents"], [{ id: "SKU-1", quantity: 1, item_price: 5 }]);
  assert.deepEqual([data["currency"], data["content_type"]], ["USD", "product"]);
});
