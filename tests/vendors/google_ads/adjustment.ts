/** One row of `uploadConversionAdjustments`: enhancements, restatements and retractions of conversions that were uploaded or tagged. */
import { type JsonRecord, DAY_MS, isCurrency, isRecord, looksLikeEmail } from "../strict.ts";
import { USER_IDENTIFIER, actionId, checkUserIdentifiers, readAdsTime } from "./click-conversion.ts";
import type { Shape } from "./message-shape.ts";
import { type RowError, type RowFacts, type RowVerdict, fieldRefusals, refuse } from "./upload-row.ts";

const TYPES = ["ENHANCEMENT", "RESTATEMENT", "RETRACTION"];
/** `ConversionAdjustment`. */
export const ADJUSTMENT: Shape = {
  isList: true,
  names: [
    ...["gclidDateTimePair", "orderId", "conversionAction", "adjustmentDateTime", "adjustmentType", "restatementValue"],
    ...["userIdentifiers", "userAgent"],
  ],
  types: { adjustmentType: TYPES },
  within: {
    gclidDateTimePair: { names: ["gclid", "conversionDateTime"] },
    restatementValue: { names: ["adjustedValue", "currencyCode"], types: { adjustedValue: "number" } },
    userIdentifiers: USER_IDENTIFIER,
  },
};
const MAX_CONVERSION_AGE_MS = 54 * DAY_MS;

export function checkAdjustment(row: JsonRecord, facts: RowFacts): RowVerdict {
  const error = checkAction(row, facts) ?? checkForm(row) ?? checkContent(row) ?? checkConversion(row, facts);
  if (error !== null) return error;
  const scope = actionId(row["conversionAction"]) ?? "";
  const type = String(row["adjustmentType"]);
  const target = String(row["orderId"] ?? JSON.stringify(row["gclidDateTimePair"]));
  const isEnhancement = type === "ENHANCEMENT";
  const key = isEnhancement ? `ENHANCEMENT ${target}` : `${type} ${target} ${String(row["adjustmentDateTime"])}`;
  if (facts.seen.has(`${scope} ${key}`)) {
    const code = isEnhancement ? "DUPLICATE_ENHANCEMENT_IN_REQUEST" : "DUPLICATE_ADJUSTMENT_IN_REQUEST";
    return refuse(code, "The request holds the same adjustment twice.");
  }
  facts.seen.add(`${scope} ${key}`);
  const at = readAdsTime(row["adjustmentDateTime"]) ?? 0;
  const copied = findCopy({ type, scope, key, target, at }, facts);
  if (copied !== null) return copied;
  const shown = ["gclidDateTimePair", "orderId", "conversionAction", "adjustmentDateTime", "adjustmentType"];
  const result = Object.fromEntries(shown.filter((name) => row[name] !== undefined).map((name) => [name, row[name]]));
  return { key, scope, name: type, result };
}

interface Adjustment {
  type: string;
  scope: string;
  key: string;
  /** The order, or the click and its time. */
  target: string;
  at: number;
}

function findCopy({ type, scope, key, target, at }: Adjustment, { world }: RowFacts): RowError | null {
  const earlier = world.accepted.filter((kept) => kept.scope === scope);
  const isKnown = earlier.some((kept) => kept.dedupeKey === key);
  const isRetracted = earlier.some((kept) => kept.dedupeKey?.startsWith(`RETRACTION ${target} `) === true);
  if (type === "ENHANCEMENT") {
    return isKnown ? refuse("CONVERSION_ALREADY_ENHANCED", "The conversion was enhanced before.", "order_id") : null;
  }
  if (isRetracted) return refuse("CONVERSION_ALREADY_RETRACTED", "The conversion was retracted before.");
  const isOutrun = earlier.some(({ dedupeKey, payload }) => {
    const isOfSame = dedupeKey?.startsWith(`RESTATEMENT ${target} `) === true;
    return isOfSame && (readAdsTime((payload as JsonRecord)["adjustmentDateTime"]) ?? 0) > at;
  });
  if (isOutrun) return refuse("MORE_RECENT_RESTATEMENT_FOUND", "A later adjustment was recorded before.");
  return isKnown ? refuse("RESTATEMENT_ALREADY_EXISTS", "A restatement with this time was recorded before.") : null;
}

function checkAction(row: JsonRecord, { world, customer }: RowFacts): RowError | null {
  const id = actionId(row["conversionAction"]);
  const action = id === null ? null : world.object("conversion_action", id);
  if (action === null || action.facts?.["customer"] !== customer) {
    return refuse("NO_CONVERSION_ACTION_FOUND", "The conversion action cannot be found.", "conversion_action");
  }
  const isWeb = action.facts["type"] === "WEBPAGE";
  if (row["adjustmentType"] === "ENHANCEMENT" && !isWeb) {
    return refuse("INVALID_CONVERSION_ACTION_TYPE", "Only a WEBPAGE action can be enhanced.", "conversion_action");
  }
  if (isWeb && row["orderId"] === undefined) {
    return refuse(
      "MISSING_ORDER_ID_FOR_WEBPAGE",
      "Adjustments of website conversions require the order ID.",
      "order_id",
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

function checkForm(row: JsonRecord): RowError | null {
  const { adjustmentType: type, orderId: order, gclidDateTimePair: pair, adjustmentDateTime: time } = row;
  if (type === undefined) return fieldRefusals.required("adjustment_type");
  if (order !== undefined && pair !== undefined && type !== "ENHANCEMENT") {
    return refuse("GCLID_DATE_TIME_PAIR_AND_ORDER_ID_BOTH_SET", "Use the order ID or the click, not both.");
  }
  if (order === undefined && pair === undefined) return refuse("CONVERSION_NOT_FOUND", "No conversion is named.");
  if (looksLikeEmail(order))
    return refuse("ORDER_ID_CONTAINS_PII", "Order IDs must not hold personal data.", "order_id");
  if (type !== "ENHANCEMENT" && readAdsTime(time) === null) {
    return time === undefined
      ? fieldRefusals.required("adjustment_date_time")
      : fieldRefusals.time("adjustment_date_time");
  }
  return null;
}

function checkContent(row: JsonRecord): RowError | null {
  const { adjustmentType: type, restatementValue: restated, userIdentifiers } = row;
  const identifiers = Array.isArray(userIdentifiers) ? (userIdentifiers as unknown[]) : [];
  if (type === "RESTATEMENT") {
    const value = isRecord(restated) ? restated["adjustedValue"] : undefined;
    if (value === undefined) return fieldRefusals.required("restatement_value");
    const currency = isRecord(restated) ? restated["currencyCode"] : undefined;
    if (currency !== undefined && !isCurrency(currency)) return fieldRefusals.currency("restatement_value");
  } else if (restated !== undefined) return fieldRefusals.mustBeUnset("restatement_value");
  if (type !== "ENHANCEMENT" && identifiers.length > 0) {
    return refuse("UNSUPPORTED_USER_IDENTIFIER", "Only enhancements take user identifiers.", "user_identifiers");
  }
  return checkUserIdentifiers(identifiers, ["hashedEmail", "hashedPhoneNumber", "addressInfo"]);
}

/** Conversions of website tags are not in this world: what is adjusted there is taken as found. */
function checkConversion(row: JsonRecord, { world }: RowFacts): RowError | null {
  const scope = actionId(row["conversionAction"]) ?? "";
  const action = world.object("conversion_action", scope);
  if (action?.facts?.["type"] === "WEBPAGE") return null;
  const pair = isRecord(row["gclidDateTimePair"]) ? row["gclidDateTimePair"] : {};
  const key =
    row["orderId"] === undefined
      ? `click ${String(pair["gclid"])} ${String(pair["conversionDateTime"])}`
      : `order ${String(row["orderId"])}`;
  const conversion = world.accepted.find((kept) => kept.scope === scope && kept.dedupeKey === key);
  if (conversion === undefined) return refuse("CONVERSION_NOT_FOUND", "The conversion cannot be found.");
  const converted = readAdsTime((conversion.payload as JsonRecord)["conversionDateTime"]) ?? 0;
  const adjusted = readAdsTime(row["adjustmentDateTime"]) ?? 0;
  if (adjusted < converted) return refuse("ADJUSTMENT_PRECEDES_CONVERSION", "The adjustment precedes the conversion.");
  return world.now() - converted > MAX_CONVERSION_AGE_MS
    ? refuse("CONVERSION_EXPIRED", "The conversion is older than 54 days.")
    : null;
}
