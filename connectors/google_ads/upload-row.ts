/** From an event of the Data Manager API to a row of the Google Ads API, by Google's table of the fields' mappings. */
import type { JsonObject, JsonValue } from "@datafly-signal/core";
import { listOf, objectOf, present, textOf } from "./json-parts.ts";

/** More identifiers than this refuse the row. */
const MOST_IDENTIFIERS = 5;

interface RowFacts {
  customer: string;
  action: string;
}

/** `ClickConversion`; undefined where the event has nothing that this API finds a click or a person by. */
export function clickConversion(event: JsonObject, facts: RowFacts): JsonObject | undefined {
  const { gclid, gbraid, wbraid } = objectOf(event["adIdentifiers"]);
  const clicks = present({ gclid, gbraid, wbraid });
  const identifiers = rowIdentifiers(event);
  if (Object.keys(clicks).length === 0 && identifiers.length === 0) return undefined;
  const consent = textOf(objectOf(event["consent"])["adUserData"]).replace("CONSENT_", "");
  const source = textOf(event["eventSource"]);
  return present({
    conversionAction: resourceName(facts),
    conversionDateTime: adsTime(event["eventTimestamp"]),
    ...clicks,
    orderId: event["transactionId"],
    conversionValue: event["conversionValue"],
    currencyCode: event["currency"],
    conversionEnvironment: source === "WEB" || source === "APP" ? source : undefined,
    customerType: objectOf(event["userProperties"])["customerType"],
    // Of consent this API takes one half, and refuses a row with the other.
    consent: consent === "GRANTED" || consent === "DENIED" ? { adUserData: consent } : undefined,
    userIdentifiers: identifiers.length > 0 ? identifiers : undefined,
    cartData: rowCart(event["cartData"]),
  });
}

/** `ConversionAdjustment`: what is worth nothing any more is retracted, anything else gets its new value. */
export function conversionAdjustment(event: JsonObject, facts: RowFacts): JsonObject {
  const value = Number(event["conversionValue"] ?? 0);
  const isRetraction = !(value > 0);
  return present({
    conversionAction: resourceName(facts),
    adjustmentType: isRetraction ? "RETRACTION" : "RESTATEMENT",
    adjustmentDateTime: adsTime(event["eventTimestamp"]),
    orderId: event["transactionId"],
    restatementValue: isRetraction ? undefined : present({ adjustedValue: value, currencyCode: event["currency"] }),
  });
}

function resourceName({ customer, action }: RowFacts): string {
  return `customers/${customer}/conversionActions/${action}`;
}

/** `yyyy-mm-dd hh:mm:ss+hh:mm`, in UTC. */
function adsTime(value: JsonValue | undefined): string | undefined {
  const ms = Date.parse(textOf(value));
  return Number.isNaN(ms) ? undefined : `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}+00:00`;
}

/** E-mail addresses and phone numbers; postal addresses are refused here. */
function rowIdentifiers(event: JsonObject): JsonObject[] {
  const all = listOf(objectOf(event["userData"])["userIdentifiers"]).map(objectOf);
  const rows = all.flatMap(({ emailAddress, phoneNumber }): JsonObject[] => [
    ...(emailAddress === undefined ? [] : [{ hashedEmail: emailAddress, userIdentifierSource: "FIRST_PARTY" }]),
    ...(phoneNumber === undefined ? [] : [{ hashedPhoneNumber: phoneNumber, userIdentifierSource: "FIRST_PARTY" }]),
  ]);
  return rows.slice(0, MOST_IDENTIFIERS);
}

function rowCart(value: JsonValue | undefined): JsonObject | undefined {
  const { merchantId, merchantFeedLabel, merchantFeedLanguageCode, transactionDiscount, items } = objectOf(value);
  if (items === undefined) return undefined;
  return present({
    merchantId,
    feedCountryCode: merchantFeedLabel,
    feedLanguageCode: merchantFeedLanguageCode,
    localTransactionCost: transactionDiscount,
    items: listOf(items).map((item) => {
      const { merchantProductId, quantity, unitPrice } = objectOf(item);
      return present({ productId: merchantProductId, quantity, unitPrice });
    }),
  });
}
