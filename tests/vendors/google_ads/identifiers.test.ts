/** Where blueprints find the click and the person: under every name that senders have for them. */
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { test } from "node:test";
import type { JsonObject } from "@datafly-signal/core";
import { CASE_NOW } from "@datafly-signal/connectors/contract-case";
import { openRig } from "../connector-rig.ts";
import { GOOGLE_ADS } from "./simulator.ts";

const sha256 = (text: string): string => hash("sha256", text);
const FLAT = {
  email_address: " Jane.Doe+shop@GMail.com",
  phone_number: "16505551212",
  first_name: " Jane",
  last_name: "O'Neil",
  zip: "94025-1234",
  country: "United States",
};
const IDENTIFIERS = [
  { emailAddress: sha256("janedoe@gmail.com") },
  { phoneNumber: sha256("+16505551212") },
  {
    address: { givenName: sha256("jane"), familyName: sha256("o'neil"), regionCode: "US", postalCode: "94025-1234" },
  },
];

const people: [what: string, given: JsonObject][] = [
  ["traits without an address object", { traits: FLAT }],
  ["the same in the context", { context: { traits: FLAT } }],
];
const clicks: [what: string, given: JsonObject][] = [
  ["the page's address", { context: { page: { url: `https://shop.example.com/?gclid=${GOOGLE_ADS.gclid}&x=1` } } }],
  ["the context's click ids", { context: { clickIds: { gclid: GOOGLE_ADS.gclid } } }],
  ["the same by another name", { context: { click_ids: { gclid: GOOGLE_ADS.gclid } } }],
  ["the properties", { properties: { gclid: GOOGLE_ADS.gclid } }],
];

for (const [blueprint, name] of [
  ["default", "purchase"],
  ["funnel", "purchase"],
  ["leads", "generate_lead"],
  ["media", "purchase"],
  ["retail", "purchase"],
  ["travel", "purchase"],
] as const) {
  const rig = await openRig("google_ads", {
    blueprint,
    settings: {
      parameters: {
        customer_id: GOOGLE_ADS.customer,
        conversion_action_id: GOOGLE_ADS.uploadAction,
        oauth_client_id: GOOGLE_ADS.clientId,
      },
      secrets: { oauth_client_secret: GOOGLE_ADS.clientSecret, refresh_token: GOOGLE_ADS.refreshToken },
    },
  });
  const sent = async (given: JsonObject): Promise<JsonObject> => {
    const delivery = rig.delivery({
      ...{ type: "track", event: name, messageId: "m-1", timestamp: new Date(CASE_NOW).toISOString(), ...given },
    });
    const { exchanges, outcomes } = await rig.send([delivery]);
    assert.deepEqual(outcomes, [{ kind: "delivered" }]);
    const { events } = JSON.parse(String(exchanges.at(-1)?.request.body)) as { events: JsonObject[] };
    return events[0] ?? {};
  };

  for (const [what, given] of people)
    test(`${blueprint}: a person of ${what}`, async () => {
      const { userData } = await sent(given);
      assert.deepEqual(userData, { userIdentifiers: IDENTIFIERS });
    });

  for (const [what, given] of clicks)
    test(`${blueprint}: a click of ${what}`, async () => {
      const { adIdentifiers } = await sent(given);
      assert.deepEqual(adIdentifiers, { gclid: GOOGLE_ADS.gclid });
    });
}
