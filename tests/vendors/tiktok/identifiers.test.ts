/** Where blueprints find who it was: under every name that senders have for it. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import type { JsonObject } from "@datafly-signal/core";
import { CASE_NOW } from "@datafly-signal/connectors/contract-case";
import { openRig } from "../connector-rig.ts";
import { TIKTOK } from "./simulator.ts";

const sha256 = (text: string): string => hash("sha256", text);
const FLAT = {
  email_address: " Jane@Example.com",
  phone_number: "16505551212",
  first_name: "Jane",
  last_name: "Doe",
  city: "New York",
  state: "New York",
  zip: "94025-1234",
  country: "US",
};
const USER = {
  email: sha256("jane@example.com"),
  phone: sha256("+16505551212"),
  first_name: sha256("jane"),
  last_name: sha256("doe"),
  city: "newyork",
  state: "ny",
  zip_code: sha256("94025"),
  country: "us",
};

const cases: [what: string, given: JsonObject, user: JsonObject][] = [
  ["traits without an address object", { traits: FLAT }, USER],
  ["the same in the context", { context: { traits: FLAT } }, USER],
  ["a digest in capitals", { traits: { email: USER.email.toUpperCase() } }, { email: USER.email }],
  [
    "cookies by their own names",
    { vendor_ids: { _ttp: "TTP-1", ttclid: "E.C.P.x" } },
    { ttp: "TTP-1", ttclid: "E.C.P.x" },
  ],
  ["a click id of the context", { context: { click_ids: { ttclid: "E.C.P.x" } } }, { ttclid: "E.C.P.x" }],
  [
    "ids among the properties",
    { properties: { ttclid: "E.C.P.x", ttp: "TTP-1" } },
    { ttclid: "E.C.P.x", ttp: "TTP-1" },
  ],
];

for (const blueprint of ["default", "retail", "travel", "media"]) {
  const rig = await openRig("tiktok", {
    blueprint,
    settings: { parameters: { pixel_code: TIKTOK.pixel }, secrets: { access_token: TIKTOK.token } },
  });
  const event = {
    type: "track",
    messageId: "m-1",
    anonymousId: "visitor-1",
    timestamp: new Date(CASE_NOW).toISOString(),
  };

  for (const [what, given, user] of cases)
    test(`${blueprint}: ${what}`, async () => {
      const delivery = rig.delivery({ ...event, event: "sign_up", ...given });
      const { external_id: _, ...found } = (delivery.payload as { user: JsonObject }).user;
      assert.deepEqual(found, user);
      const { outcomes } = await rig.send([delivery]);
      assert.deepEqual(outcomes, [{ kind: "delivered" }]);
    });
}

for (const [name, worth] of [
  ["Product Viewed", 39.5],
  ["Product Added to Wishlist", 39.5],
] as const)
  test(`${name} without a value is worth the product's price`, async () => {
    const rig = await openRig("tiktok", {
      settings: { parameters: { pixel_code: TIKTOK.pixel }, secrets: { access_token: TIKTOK.token } },
    });
    const { payload } = rig.delivery({
      ...{ type: "track", event: name, messageId: "m-1", timestamp: new Date(CASE_NOW).toISOString() },
      properties: { product_id: "SKU-1", price: "39.50", currency: "usd" },
    });
    const { value, currency } = (payload as { properties: JsonObject }).properties;
    assert.deepEqual([value, currency], [worth, "USD"]);
  });
