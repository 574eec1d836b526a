/** The connection test of the Google Ads API: one conversion of no click, checked and not recorded. */
import type { DeliverySpec } from "@datafly-signal/core";
import type { GoogleAdsSettings } from "./settings.ts";

type Test = NonNullable<DeliverySpec["test"]>;
type Rule = NonNullable<Test["rules"]>[number];

const rule = (result: Rule["result"], field: string, { text, message }: { text: string; message: string }): Rule => ({
  when: [{ path: "text", matches: text }],
  result,
  field,
  message,
});

const RULES: Rule[] = [
  rule("credentials", "developer_token", {
    text: "DEVELOPER_TOKEN_(INVALID|PARAMETER_MISSING)",
    message: "Google does not know the developer token. Check developer_token.",
  }),
  rule("permission", "developer_token", {
    text: "DEVELOPER_TOKEN_(NOT_APPROVED|PROHIBITED)",
    message: "The developer token may not be used for this customer. Ask for basic access in the API Center.",
  }),
  rule("permission", "api", {
    text: "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE",
    message:
      "Google takes no conversions by the Google Ads API with this developer token any more. Set api to data_manager.",
  }),
  {
    status: 401,
    result: "credentials",
    field: "refresh_token",
    message: "Google refused the access token (401). Check oauth_client_id, oauth_client_secret and refresh_token.",
  },
  rule("permission", "refresh_token", {
    text: "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
    message:
      "The refresh token was granted without the scope https://www.googleapis.com/auth/adwords. Have the Google account grant it anew.",
  }),
  rule("permission", "customer_id", {
    text: "CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS|CUSTOMER_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS",
    message: "The customer has not accepted the customer data terms. Accept them in Google Ads, Goals > Settings.",
  }),
  rule("not_found", "conversion_action_id", {
    text: "NO_CONVERSION_ACTION_FOUND|INVALID_CONVERSION_ACTION_TYPE",
    message:
      "The customer has no such conversion action, or not one for imports from clicks. Check conversion_action_id and customer_id.",
  }),
  rule("not_found", "login_customer_id", {
    text: "INVALID_LOGIN_CUSTOMER_ID",
    message: "Google does not take the manager account. Check login_customer_id.",
  }),
  rule("not_found", "customer_id", {
    text: "INVALID_CUSTOMER_ID|CUSTOMER_NOT_FOUND",
    message: "Google knows no such customer. Check customer_id.",
  }),
  {
    status: 403,
    result: "permission",
    field: "login_customer_id",
    message:
      "The Google account of the refresh token may not use this customer (403). Check customer_id, and login_customer_id where access comes through a manager account.",
  },
  {
    status: "2xx",
    result: "ok",
    message: "Google checked a conversion for this customer and conversion action, and recorded nothing.",
  },
];

export function adsApiTest({ customer, actions }: GoogleAdsSettings, url: string): Test {
  const conversion = {
    conversionAction: `customers/${customer}/conversionActions/${actions.usual}`,
    // Any time that is past will do: the click is not there either.
    conversionDateTime: "{{now | date}} 00:00:00+00:00",
    gclid: "connection-test",
  };
  return { url, body: { conversions: [conversion], partialFailure: true, validateOnly: true }, rules: RULES };
}
