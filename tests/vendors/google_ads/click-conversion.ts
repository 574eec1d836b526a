/** One row of `uploadClickConversions`. */
import {
  type JsonRecord,
  DAY_MS,
  HOUR_MS,
  isCurrency,
  isRecord,
  isSha256HexAnyCase,
  looksLikeEmail,
} from "../strict.ts";
import { isReadableClickId } from "./ingested-event.ts";
import type { Shape } from "./message-shape.ts";
import { type RowError, type RowFacts, type RowVerdict, fieldRefusals, refuse } from "./upload-row.ts";

const CLICK_IDS = ["gclid", "gbraid", "wbraid"] as const;
const MAX_IDENTIFIERS = 5;
const MIN_CLICK_AGE_MS = 6 * HOUR_MS;
const MAX_CLICK_AGE_MS = 90 * DAY_MS;

/** `UserIdentifier`. */
export const USER_IDENTIFIER: Shape = {
  isList: true,
  names: ["userIdentifierSource", "hashedEmail", "hashedPhoneNumber", "mobileId", "thirdPartyUserId", "addressInfo"],
  types: { userIdentifierSource: ["FIRST_PARTY", "THIRD_PARTY"], addressInfo: "any" },
};

/** `ClickConversion`. */
export const CLICK_CONVERSION: Shape = {
  isList: true,
  names: [
    ...["gclid", "gbraid", "wbraid", "conversionAction", "conversionDateTime", "conversionValue", "currencyCode"],
    ...[
      "orderId",
      "externalAttributionData",
      "customVariables",
      "cartData",
      "userIdentifiers",
      "conversionEnvironment",
    ],
    ...["consent", "customerType", "userIpAddress", "sessionAttributesEncoded", "sessionAttributesKeyValuePairs"],
  ],
  types: {
    conversionValue: "number",
    conversionEnvironment: ["APP", "WEB"],
    customerType: ["NEW", "RETURNING", "REENGAGED"],
    externalAttributionData: "any",
    sessionAttributesKeyValuePairs: "any",
  },
  within: {
    userIdentifiers: USER_IDENTIFIER,
    consent: {
      names: ["adUserData", "adPersonalization"],
      types: { adUserData: ["GRANTED", "DENIED"], adPersonalization: ["GRANTED", "DENIED"] },
    },
    customVariables: { isList: true, names: ["conversionCustomVariable", "value"] },
    cartData: {
      names: ["merchantId", "feedCountryCode", "feedLanguageCode", "localTransactionCost", "items"],
      types: { merchantId: "number", localTransactionCost: "number" },
      within: {
        items: {
          isList: true,
          names: ["productId", "quantity", "unitPrice"],
          types: { quantity: "number", unitPrice: "number" },
        },
      },
    },
  },
};

/** Epoch milliseconds of `yyyy-mm-dd hh:mm:ss+hh:mm`, null of anything else. */
export function readAdsTime(value: unknown): number | null {
  const isForm = typeof value === "string" && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d$/.test(value);
  const time = isForm ? Date.parse(value.replace(" ", "T")) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** The id at the end of `customers/{customer}/conversionActions/{id}`; the customer in it does not matter. */
export function actionId(name: unknown): string | null {
  return /^customers\/\d+\/conversionActions\/(\d+)$/.exec(String(name))?.[1] ?? null;
}

export function checkClickConversion(row: JsonRecord, facts: RowFacts): RowVerdict {
  const error = checkAction(row, facts) ?? checkFields(row, facts) ?? checkIds(row) ?? checkClick(row, facts);
  if (error !== null) return error;
  const order = row["orderId"];
  const action = actionId(row["conversionAction"]) ?? "";
  const clickId = CLICK_IDS.map((key) => row[key]).find((value) => value !== undefined);
  const isOrdered = typeof order === "string" && order !== "";
  // Without an order a conversion is known by its click and its time.
  const key = isOrdered
    ? `order ${order}`
    : clickId === undefined
      ? null
      : `click ${String(clickId)} ${String(row["conversionDateTime"])}`;
  const inRequest = `${action} ${String(key)}`;
  if (key !== null && facts.seen.has(inRequest)) {
    return isOrdered
      ? refuse("DUPLICATE_ORDER_ID", "Several conversions of the request have this order ID.", "order_id")
      : refuse("DUPLICATE_CLICK_CONVERSION_IN_REQUEST", "Several conversions have this click and time.");
  }
  facts.seen.add(inRequest);
  if (key !== null && facts.world.accepted.some((kept) => kept.scope === action && kept.dedupeKey === key)) {
    return isOrdered
      ? refuse("ORDER_ID_ALREADY_IN_USE", "The order ID was recorded before.", "order_id")
      : refuse("CLICK_CONVERSION_ALREADY_EXISTS", "The click and time were recorded before.");
  }
  const shown = [...CLICK_IDS, "conversionAction", "conversionDateTime", "userIdentifiers"];
  const result = Object.fromEntries(shown.filter((name) => row[name] !== undefined).map((name) => [name, row[name]]));
  return { key, scope: action, name: "conversion", result };
}

function checkAction(row: JsonRecord, { world, customer }: RowFacts): RowError | null {
  const id = actionId(row["conversionAction"]);
  const action = id === null ? null : world.object("conversion_action", id);
  if (action === null || action.facts?.["customer"] !== customer) {
    return refuse("NO_CONVERSION_ACTION_FOUND", "The conversion action cannot be found.", "conversion_action");
  }
  if (action.facts["type"] !== "UPLOAD_CLICKS") {
    return refuse(
      "INVALID_CONVERSION_ACTION_TYPE",
      "The conversion action does not take uploads.",
      "conversion_action",
    );
  }
  return action.facts["is_fresh"] === true
    ? refuse(
        "TOO_RECENT_CONVERSION_ACTION",
        "The conversion action was just made; try again in 6 hours.",
        "conversion_action",
      )
    : null;
}

function checkFields(row: JsonRecord, { world }: RowFacts): RowError | null {
  const time = readAdsTime(row["conversionDateTime"]);
  if (row["conversionDateTime"] === undefined) return fieldRefusals.required("conversion_date_time");
  if (time === null) return fieldRefusals.time("conversion_date_time");
  if (time > world.now()) return fieldRefusals.future("conversion_date_time");
  const { currencyCode: currency, orderId: order, consent } = row;
  if (currency !== undefined && !isCurrency(currency)) return fieldRefusals.currency("currency_code");
  if (looksLikeEmail(order))
    return refuse("ORDER_ID_CONTAINS_PII", "Order IDs must not hold personal data.", "order_id");
  const isSet = isRecord(consent) && consent["adPersonalization"] !== undefined;
  return isSet ? fieldRefusals.mustBeUnset("consent") : null;
}

function checkIds(row: JsonRecord): RowError | null {
  const identifiers = Array.isArray(row["userIdentifiers"]) ? (row["userIdentifiers"] as unknown[]) : [];
  const isGclid = row["gclid"] !== undefined;
  if (isGclid && row["gbraid"] !== undefined) return fieldRefusals.mustBeUnset("gbraid");
  if (isGclid && row["wbraid"] !== undefined) return fieldRefusals.mustBeUnset("wbraid");
  if (row["gbraid"] !== undefined && row["wbraid"] !== undefined) {
    return refuse("GBRAID_WBRAID_BOTH_SET", "Only one of gbraid and wbraid can be used.");
  }
  const unreadable = CLICK_IDS.find((key) => row[key] !== undefined && !isReadableClickId(row[key]));
  if (unreadable !== undefined)
    return refuse(`UNPARSEABLE_${unreadable.toUpperCase()}`, `The ${unreadable} cannot be decoded.`, unreadable);
  const hasClick = CLICK_IDS.some((key) => row[key] !== undefined);
  if (!hasClick && identifiers.length === 0) return fieldRefusals.required("gclid");
  return checkUserIdentifiers(identifiers, ["hashedEmail", "hashedPhoneNumber"]);
}

/** Shared with adjustments, which also take addresses. */
export function checkUserIdentifiers(identifiers: readonly unknown[], kinds: readonly string[]): RowError | null {
  if (identifiers.length > MAX_IDENTIFIERS) {
    return refuse(
      "INVALID_USER_IDENTIFIER",
      `At most ${MAX_IDENTIFIERS} user identifiers are allowed.`,
      "user_identifiers",
    );
  }
  for (const identifier of identifiers) {
    const found = Object.keys(isRecord(identifier) ? identifier : {}).filter((key) => key !== "userIdentifierSource");
    const kind = found[0] ?? "";
    if (found.length !== 1 || !kinds.includes(kind)) {
      return refuse("UNSUPPORTED_USER_IDENTIFIER", `Only ${kinds.join(" or ")} can be used.`, "user_identifiers");
    }
    const value = (identifier as JsonRecord)[kind];
    const hashes = kind === "addressInfo" && isRecord(value) ? hashesOf(value) : [value];
    if (hashes.length === 0 || !hashes.every(isSha256HexAnyCase)) {
      return refuse(
        "INVALID_USER_IDENTIFIER",
        "User-provided data must be normalised and hashed with SHA-256.",
        "user_identifiers",
      );
    }
  }
  return null;
}

function hashesOf(address: JsonRecord): unknown[] {
  return ["hashedFirstName", "hashedLastName", "hashedStreetAddress"]
    .map((key) => address[key])
    .filter((one) => one !== undefined);
}

function checkClick(row: JsonRecord, { world, customer }: RowFacts): RowError | null {
  const account = world.object("customer", customer)?.facts;
  if (Array.isArray(row["userIdentifiers"]) && row["userIdentifiers"].length > 0) {
    if (account?.["terms_signed"] !== true) {
      return refuse("CUSTOMER_NOT_ACCEPTED_CUSTOMER_DATA_TERMS", "The customer data terms are not accepted.");
    }
    if (account["leads_enabled"] !== true) {
      return refuse(
        "CUSTOMER_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS",
        "Enhanced conversions for leads are not turned on.",
      );
    }
  }
  const click = world.object("click", String(row["gclid"]))?.facts;
  if (row["gclid"] === undefined || click === undefined) return null;
  const { at, customer: owner } = click;
  if (typeof at !== "number")
    return refuse("EVENT_NOT_FOUND", "The event could not be attributed to a click.", "gclid");
  if (owner !== customer)
    return refuse("INVALID_CUSTOMER_FOR_CLICK", "The click is of another Google Ads account.", "gclid");
  if (world.now() - at < MIN_CLICK_AGE_MS)
    return refuse("TOO_RECENT_EVENT", "The click happened less than 6 hours ago.", "gclid");
  const time = readAdsTime(row["conversionDateTime"]) ?? 0;
  if (time < at)
    return refuse("CONVERSION_PRECEDES_EVENT", "The conversion precedes the click.", "conversion_date_time");
  return time - at > MAX_CLICK_AGE_MS
    ? refuse("EXPIRED_EVENT", "The click is older than the conversion window.", "gclid")
    : null;
}
