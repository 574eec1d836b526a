/**
 * Error codes of the Google Ads API and what they mean
 * (https://developers.google.com/google-ads/api/reference/rpc/v25/ConversionUploadErrorEnum.ConversionUploadError and its neighbours).
 */
import type { VendorOutcome } from "@datafly-signal/core";

/** The longest wait that is kept to; Google asks for 6 hours. */
const LATER_MS = 3_600_000;

/** The conversion is there already, or was changed so already: it is not to be sent again. */
const RECORDED = new Set([
  "CLICK_CONVERSION_ALREADY_EXISTS",
  "ORDER_ID_ALREADY_IN_USE",
  "CONVERSION_ALREADY_RETRACTED",
  "CONVERSION_ALREADY_ENHANCED",
  "RESTATEMENT_ALREADY_EXISTS",
  "MORE_RECENT_RESTATEMENT_FOUND",
]);

/** Two rows of one request are the same, and neither was taken: apart from each other they are. */
const TWICE = new Set([
  "DUPLICATE_ORDER_ID",
  "DUPLICATE_CLICK_CONVERSION_IN_REQUEST",
  "DUPLICATE_ADJUSTMENT_IN_REQUEST",
  "DUPLICATE_ENHANCEMENT_IN_REQUEST",
]);

const TOO_EARLY: Readonly<Record<string, string>> = {
  TOO_RECENT_EVENT: "The click is less than 6 hours old: the Google Ads API takes the conversion later.",
  TOO_RECENT_CONVERSION_ACTION: "The conversion action was made less than 6 hours ago: it takes conversions later.",
  TOO_RECENT_CONVERSION: "The conversion is less than 24 hours old: it can be adjusted later.",
};

const MISCONFIGURED: Readonly<Record<string, string>> = {
  NO_CONVERSION_ACTION_FOUND:
    "The customer has no such conversion action. Check conversion_action_id and conversion_action_map.",
  INVALID_CONVERSION_ACTION_TYPE:
    "The conversion action does not take uploads. Check conversion_action_id: its source must be an import from clicks.",
  CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS:
    "The customer data terms are not accepted. Accept them in Google Ads, Goals > Settings.",
  CUSTOMER_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS:
    "Enhanced conversions for leads are off. Turn them on in Google Ads, Goals > Settings.",
  CUSTOMER_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS:
    "Google's policies forbid this customer enhanced conversions. Take the user identifiers out of the mapping, or ask Google.",
  CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE:
    "Google takes no conversions by the Google Ads API with this developer token any more. Set api to data_manager.",
  DEVELOPER_TOKEN_INVALID: "Google does not know the developer token. Check developer_token.",
  DEVELOPER_TOKEN_PARAMETER_MISSING: "Google got no developer token. Check developer_token.",
  DEVELOPER_TOKEN_NOT_APPROVED:
    "The developer token is for test accounts only. Ask for basic access in the API Center.",
  DEVELOPER_TOKEN_PROHIBITED: "The developer token does not go with the Google Cloud project of oauth_client_id.",
  USER_PERMISSION_DENIED:
    "The Google account of refresh_token may not use the customer. Check customer_id and login_customer_id.",
  CUSTOMER_NOT_ENABLED: "The customer is not active. Check customer_id.",
  CUSTOMER_NOT_FOUND: "Google knows no such customer. Check customer_id.",
  NOT_ADS_USER: "The Google account of refresh_token has no access to Google Ads. Grant it with another account.",
  INVALID_CUSTOMER_ID: "Google does not take the customer. Check customer_id.",
  INVALID_LOGIN_CUSTOMER_ID: "Google does not take the manager account. Check login_customer_id.",
  ACCESS_TOKEN_SCOPE_INSUFFICIENT:
    "The refresh token was granted without the scope https://www.googleapis.com/auth/adwords. Have it granted anew, and enter the new refresh_token.",
  SERVICE_DISABLED: "The Google Ads API is not enabled in the Google Cloud project of oauth_client_id. Enable it.",
  OAUTH_TOKEN_REVOKED:
    "The Google account has taken its grant back. Have it granted anew, and enter the new refresh_token.",
  TWO_STEP_VERIFICATION_NOT_ENROLLED: "The Google account of refresh_token must turn on 2-step verification.",
  UNSUPPORTED_VERSION:
    "Google has retired this version of the Google Ads API. Set api to data_manager, or update Signal.",
};

const THROTTLED = new Set([
  "RESOURCE_EXHAUSTED",
  "RESOURCE_TEMPORARILY_EXHAUSTED",
  "EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION",
  "EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION",
]);

const TRANSIENT = new Set(["INTERNAL_ERROR", "TRANSIENT_ERROR", "DEADLINE_EXCEEDED", "CONCURRENT_MODIFICATION"]);

/** What a code says of one row; undefined where it says that the row is wrong. */
export function rowMeaning(code: string, several: boolean): VendorOutcome | undefined {
  if (RECORDED.has(code)) return { kind: "delivered" };
  if (TWICE.has(code)) {
    const reason = "The request held the conversion twice, and Google took neither.";
    return { kind: "reject", reason, ...(several && { bisect: true as const }) };
  }
  const early = Object.hasOwn(TOO_EARLY, code) ? TOO_EARLY[code] : undefined;
  return early === undefined ? undefined : { kind: "retry", reason: early, retryAfterMs: LATER_MS };
}

/** What a code says of the settings or of Google's servers; undefined where it says nothing of them. */
export function wholeMeaning(code: string): VendorOutcome | undefined {
  const cure = Object.hasOwn(MISCONFIGURED, code) ? MISCONFIGURED[code] : undefined;
  if (cure !== undefined) return { kind: "misconfigured", reason: cure };
  if (THROTTLED.has(code)) return { kind: "throttle", reason: `Google's quota is used up (${code}).` };
  return TRANSIENT.has(code) ? { kind: "retry", reason: `Google could not take the rows (${code}).` } : undefined;
}
