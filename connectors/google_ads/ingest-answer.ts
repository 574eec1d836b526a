/** What the Data Manager API's answers mean. A request is taken as a whole or not at all; its violations name the events at fault. */
import type { SpecHooks, VendorOutcome } from "@datafly-signal/core";
import {
  type Clean,
  cleaner,
  codeOf,
  type GoogleError,
  isOf,
  readGoogleError,
  waitOf,
  withWait,
} from "./google-error.ts";
import { listOf, objectOf, textOf } from "./json-parts.ts";
import type { Settings } from "./settings.ts";

interface Violation {
  /** As in `events[3].currency`, or `events.events[3].user_data` where it is about identifiers. */
  field: string;
  reason: string;
  words: string;
}

/** What is wrong with the account and not with an event, and the cure. */
const ACCOUNT: Readonly<Record<string, string>> = {
  INVALID_CONVERSION_ACTION_ID:
    "The customer has no such conversion action. Check conversion_action_id and conversion_action_map.",
  INVALID_CONVERSION_ACTION_TYPE:
    "The conversion action does not take events. Check conversion_action_id: its source must be an import from clicks or the website.",
  DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS:
    "Enhanced conversions for leads are off. Turn them on in Google Ads, Goals > Settings.",
  DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED:
    "The customer data terms are not accepted. Accept them in Google Ads, Goals > Settings.",
  DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS:
    "Google's policies forbid this customer enhanced conversions. Take the user identifiers out of the mapping, or ask Google.",
  TERMS_AND_CONDITIONS_NOT_SIGNED: "Terms are not accepted. Accept them in Google Ads, Goals > Settings.",
  OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH:
    "The manager account does not manage the customer. Check login_customer_id.",
  NOT_ALLOWLISTED: "Google has not opened this feature to the customer. Ask Google.",
};

const FORBIDDEN: Readonly<Record<string, string>> = {
  ...ACCOUNT,
  ACCESS_TOKEN_SCOPE_INSUFFICIENT:
    "The refresh token was granted without the scope https://www.googleapis.com/auth/datamanager. Have it granted anew, and enter the new refresh_token.",
  SERVICE_DISABLED: "The Data Manager API is not enabled in the Google Cloud project of oauth_client_id. Enable it.",
};

const NO_ACCESS =
  "The Google account of refresh_token may not use the customer, or there is no such one (403). Check customer_id and login_customer_id.";

export function classifyDataManager(given: Settings): NonNullable<SpecHooks["classify"]> {
  const clean = cleaner([given.oauth_client_secret, given.refresh_token, given.developer_token]);
  return (outcomes, { response, now }) => {
    if (response.status >= 200 && response.status <= 299) return outcomes;
    const error = readGoogleError(response.body);
    const alike = (outcome: VendorOutcome): VendorOutcome[] => outcomes.map(() => outcome);
    switch (response.status) {
      case 400:
        return refused(outcomes, error, clean);
      case 403:
        return alike({ kind: "misconfigured", reason: FORBIDDEN[error.reason] ?? NO_ACCESS });
      case 404:
        return alike({
          kind: "misconfigured",
          reason: "Google knows no such account (404). Check customer_id and conversion_action_id.",
        });
      case 409:
        return alike({ kind: "retry", reason: "Google was at work on the same (409): the events are sent again." });
      default:
        return withWait(outcomes, waitOf(response, { error, now }));
    }
  };
}

/** The events that violations name are refused; the others only shared their request, and are sent again without them. */
function refused(outcomes: readonly VendorOutcome[], error: GoogleError, clean: Clean): VendorOutcome[] {
  const violations = readViolations(error, clean);
  const account = violations.find(isOfAccount) ?? (ACCOUNT[error.reason] === undefined ? undefined : error);
  if (account !== undefined) {
    const cure = ACCOUNT[account.reason] ?? settingAt("field" in account ? account.field : "");
    return outcomes.map(() => ({ kind: "misconfigured", reason: cure }));
  }
  const named = new Map<number, string>();
  for (const violation of violations) {
    const index = eventIndex(violation.field);
    if (index !== null && index < outcomes.length && !named.has(index)) named.set(index, reasonOf(violation));
  }
  if (named.size === 0) return [...outcomes];
  const spared: VendorOutcome = {
    kind: "reject",
    reason: "Another event of the request was refused, and Google takes all or none.",
    bisect: true,
  };
  return outcomes.map((_, index) => {
    const reason = named.get(index);
    return reason === undefined ? spared : { kind: "reject", reason };
  });
}

function readViolations({ details }: GoogleError, clean: Clean): Violation[] {
  return details
    .filter((detail) => isOf(detail, "google.rpc.BadRequest"))
    .flatMap(({ fieldViolations }) => listOf(fieldViolations).map(objectOf))
    .map(({ field, reason, description }) => ({
      field: textOf(field),
      reason: codeOf(textOf(reason)),
      words: clean(textOf(description)),
    }));
}

function isOfAccount({ field, reason }: Violation): boolean {
  return ACCOUNT[reason] !== undefined || /^destinations\b/.test(field);
}

/** The place in the request: Google writes `events[3].…`, and `events.events[3].…` of user identifiers. */
function eventIndex(field: string): number | null {
  const index = /\bevents\[(\d{1,6})\]/.exec(field)?.[1];
  return index === undefined ? null : Number(index);
}

function reasonOf({ field, reason, words }: Violation): string {
  const place = field
    .replace(/^(events\.)?events\[\d+\]\.?/, "")
    .replaceAll(/[^\w.[\]]/g, "")
    .slice(0, 100);
  const where = place === "" ? "the event" : place;
  const why = [words, reason].filter((part) => part !== "").join(" ");
  return `Google refused ${where}${why === "" ? "." : `: ${why}`}`;
}

function settingAt(field: string): string {
  if (/login_?account/i.test(field)) return "Google does not take the manager account. Check login_customer_id.";
  if (/operating_?account/i.test(field)) return "Google does not take the customer. Check customer_id.";
  return "Google does not take the conversion action. Check conversion_action_id and conversion_action_map.";
}
