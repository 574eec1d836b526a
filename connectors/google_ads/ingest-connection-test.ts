/** The connection test of the Data Manager API: one event, checked and not recorded. */
import type { DeliverySpec, JsonObject } from "@datafly-signal/core";

type Test = NonNullable<DeliverySpec["test"]>;
type Rule = NonNullable<Test["rules"]>[number];

const rule = (result: Rule["result"], field: string, { text, message }: { text: string; message: string }): Rule => ({
  status: "4xx",
  when: [{ path: "text", matches: text }],
  result,
  field,
  message,
});

const RULES: Rule[] = [
  {
    status: "2xx",
    result: "ok",
    message: "Google checked a conversion for this customer and conversion action, and recorded nothing.",
  },
  {
    status: 401,
    result: "credentials",
    field: "refresh_token",
    message: "Google refused the access token (401). Check oauth_client_id, oauth_client_secret and refresh_token.",
  },
  rule("permission", "refresh_token", {
    text: "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    message:
      "The refresh token was granted without the scope https://www.googleapis.com/auth/datamanager. Have the Google account grant it anew.",
  }),
  rule("permission", "oauth_client_id", {
    text: "SERVICE_DISABLED",
    message:
      "The Data Manager API is not enabled in the Google Cloud project of the OAuth client. Enable it under APIs & Services.",
  }),
  rule("permission", "customer_id", {
    text: "TERMS_NOT_SIGNED|TERMS_AND_CONDITIONS_NOT_SIGNED|NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS",
    message: "The customer has not accepted the customer data terms. Accept them in Google Ads, Goals > Settings.",
  }),
  rule("not_found", "conversion_action_id", {
    text: "INVALID_CONVERSION_ACTION|product_destination_id|productDestinationId",
    message:
      "The customer has no such conversion action, or not of a type that takes events. Check conversion_action_id and customer_id.",
  }),
  rule("not_found", "login_customer_id", {
    text: "login_account|loginAccount|LOGIN_ACCOUNT",
    message: "Google does not take the manager account. Check login_customer_id.",
  }),
  rule("not_found", "customer_id", {
    text: "operating_account|operatingAccount|OPERATING_ACCOUNT",
    message: "Google does not take the customer. Check customer_id.",
  }),
  {
    status: 403,
    result: "permission",
    field: "customer_id",
    message:
      "The Google account of the refresh token may not use this customer, or there is no such one (403). Check customer_id, and login_customer_id where access comes through a manager account.",
  },
];

/** @param around what surrounds the events in every request */
export function dataManagerTest(around: JsonObject): Test {
  const event = {
    eventTimestamp: "{{now}}",
    transactionId: "connection-test",
    eventSource: "WEB",
    adIdentifiers: { gclid: "connection-test" },
  };
  return { body: { ...around, events: [event], validateOnly: true }, rules: RULES };
}
