/** One event of the Data Manager API: the fields there are, what refuses the request, and what is only found out later. */
import { type JsonRecord, DAY_MS, isCurrency, isRecord, isSha256HexAnyCase, readRfc3339 } from "../strict.ts";
import type { World } from "../world.ts";
import type { FieldViolation } from "./google-fault.ts";
import type { Shape } from "./message-shape.ts";

const EVENT_FIELDS = [
  ...["destinationReferences", "transactionId", "eventTimestamp", "lastUpdatedTimestamp", "userData", "consent"],
  ...["adIdentifiers", "currency", "conversionValue", "eventSource", "eventDeviceInfo", "cartData", "customVariables"],
  ...["experimentalFields", "userProperties", "eventName", "clientId", "userId", "appInstanceId", "eventLocation"],
  ...["additionalEventParameters", "thirdPartyUserData", "conversionCount"],
];
const ITEM_FIELDS = [
  ...["merchantProductId", "quantity", "unitPrice", "itemId", "additionalItemParameters", "conversionValue"],
  ...["customVariables", "merchantId", "merchantFeedLabel", "merchantFeedLanguageCode"],
];
const ACCOUNT: Shape = { names: ["accountType", "accountId", "product"] };
const DEVICE: Shape = {
  names: ["userAgent", "ipAddress", "category", "languageCode", "brand", "model", "operatingSystem"],
};
const CONSENT: Shape = { names: ["adUserData", "adPersonalization"] };
const USER_DATA: Shape = {
  names: ["userIdentifiers"],
  within: {
    userIdentifiers: {
      isList: true,
      names: ["emailAddress", "phoneNumber", "address"],
      within: { address: { names: ["givenName", "familyName", "regionCode", "postalCode"] } },
    },
  },
};
const AD_IDENTIFIERS: Shape = {
  names: [
    ...["sessionAttributes", "gclid", "gbraid", "wbraid", "landingPageDeviceInfo", "mobileDeviceId", "dclid"],
    ...["impressionId", "matchId", "encryptedUserIds"],
  ],
  types: { encryptedUserIds: "any" },
  within: { landingPageDeviceInfo: DEVICE },
};
const CUSTOM_VARIABLE: Shape = {
  isList: true,
  names: ["variable", "value", "destinationReferences"],
  types: { destinationReferences: "texts" },
};
const CART: Shape = {
  names: ["merchantId", "merchantFeedLabel", "merchantFeedLanguageCode", "transactionDiscount", "items", "couponCodes"],
  types: { transactionDiscount: "number", couponCodes: "texts" },
  within: {
    items: {
      isList: true,
      names: ITEM_FIELDS,
      types: { quantity: "number", unitPrice: "number", conversionValue: "number", additionalItemParameters: "any" },
      within: { customVariables: CUSTOM_VARIABLE },
    },
  },
};
const EVENT: Shape = {
  isList: true,
  names: EVENT_FIELDS,
  types: {
    conversionValue: "number",
    conversionCount: "number",
    destinationReferences: "texts",
    experimentalFields: "any",
    eventLocation: "any",
    additionalEventParameters: "any",
  },
  within: {
    consent: CONSENT,
    userData: USER_DATA,
    thirdPartyUserData: USER_DATA,
    eventDeviceInfo: DEVICE,
    adIdentifiers: AD_IDENTIFIERS,
    cartData: CART,
    customVariables: CUSTOM_VARIABLE,
    userProperties: {
      names: ["customerType", "customerValueBucket", "additionalUserProperties"],
      types: { additionalUserProperties: "any" },
    },
  },
};

/** `IngestEventsRequest`. */
export const INGEST_REQUEST: Shape = {
  names: ["destinations", "events", "consent", "validateOnly", "encoding", "encryptionInfo"],
  types: { validateOnly: "boolean", encryptionInfo: "any" },
  within: {
    consent: CONSENT,
    destinations: {
      isList: true,
      names: ["reference", "operatingAccount", "loginAccount", "linkedAccount", "productDestinationId"],
      within: { operatingAccount: ACCOUNT, loginAccount: ACCOUNT, linkedAccount: ACCOUNT },
    },
    events: EVENT,
  },
};

const SOURCES = ["WEB", "APP", "IN_STORE", "PHONE", "MESSAGE", "OTHER"];
const CONSENT_STATUS = ["CONSENT_GRANTED", "CONSENT_DENIED"];
const MAX_IDENTIFIERS = 10;
/** The longest window of a click. */
const MAX_AGE_MS = 90 * DAY_MS;

export interface EventFacts {
  index: number;
  body: JsonRecord;
  destinations: readonly JsonRecord[];
}

/** What of an event makes the API refuse the whole request. */
export function checkEvent(event: JsonRecord, facts: EventFacts): FieldViolation[] {
  const at = `events[${facts.index}]`;
  const found: FieldViolation[] = [];
  const say = (field: string, reason: string, description: string) =>
    found.push({ field: `${at}.${field}`, description, reason });
  if (event["eventTimestamp"] === undefined)
    say("event_timestamp", "REQUIRED_FIELD_MISSING", "Required field is missing.");
  else if (readRfc3339(event["eventTimestamp"]) === null)
    say("event_timestamp", "INVALID_FORMAT", "Format is invalid.");
  const { currency, eventSource } = event;
  if (currency !== undefined && !isCurrency(currency)) {
    say("currency", "INVALID_CURRENCY_CODE", "The currency code is not supported.");
  }
  if (eventSource !== undefined && !SOURCES.includes(eventSource as string)) {
    say("event_source", "INVALID_ENUM_VALUE", "Enum value cannot be used.");
  }
  for (const status of Object.values(isRecord(event["consent"]) ? event["consent"] : {})) {
    if (!CONSENT_STATUS.includes(status as string)) say("consent", "INVALID_ENUM_VALUE", "Enum value cannot be used.");
  }
  if (!hasIdentifiers(event)) {
    found.push({ field: at, description: "The event has no identifiers.", reason: "NO_IDENTIFIERS_PROVIDED" });
  }
  const known = facts.destinations.map((destination) => destination["reference"]);
  const references = Array.isArray(event["destinationReferences"]) ? (event["destinationReferences"] as unknown[]) : [];
  if (references.some((reference) => !known.includes(reference))) {
    say("destination_references", "INVALID_DESTINATION", "Unknown destination reference.");
  }
  return [...found, ...checkIdentifiers(event, facts)];
}

function identifiersOf(event: JsonRecord): unknown[] {
  const data = event["userData"];
  return isRecord(data) && Array.isArray(data["userIdentifiers"]) ? (data["userIdentifiers"] as unknown[]) : [];
}

function hasIdentifiers(event: JsonRecord): boolean {
  const ads = isRecord(event["adIdentifiers"]) ? event["adIdentifiers"] : {};
  const isClick = ["gclid", "gbraid", "wbraid", "dclid", "sessionAttributes", "mobileDeviceId"].some(
    (key) => ads[key] !== undefined,
  );
  return isClick || identifiersOf(event).length > 0;
}

/** Paths of identifiers begin with `events.events[i]`, unlike those of all other fields. */
function checkIdentifiers(event: JsonRecord, { index, body }: EventFacts): FieldViolation[] {
  const list = identifiersOf(event);
  const base = `events.events[${index}].user_data.user_identifiers`;
  if (list.length > MAX_IDENTIFIERS) {
    return [
      { field: base, description: `At most ${MAX_IDENTIFIERS} are allowed.`, reason: "TOO_MANY_USER_IDENTIFIERS" },
    ];
  }
  return list.flatMap((identifier, position) => {
    const reason = checkIdentifier(isRecord(identifier) ? identifier : {}, String(body["encoding"] ?? "HEX"));
    return reason === null ? [] : [{ field: `${base}[${position}]`, description: `${reason}.`, reason }];
  });
}

function checkIdentifier(identifier: JsonRecord, encoding: string): string | null {
  const kinds = ["emailAddress", "phoneNumber", "address"].filter((key) => identifier[key] !== undefined);
  if (kinds.length !== 1) return "INVALID_FORMAT";
  const address = identifier["address"];
  if (address === undefined) return checkHash(identifier[kinds[0] ?? ""], encoding);
  if (!isRecord(address)) return "INVALID_FORMAT";
  const required = ["givenName", "familyName", "regionCode", "postalCode"];
  if (required.some((key) => typeof address[key] !== "string" || address[key] === "")) return "REQUIRED_FIELD_MISSING";
  if (!/^[A-Z]{2}$/i.test(String(address["regionCode"]))) return "INVALID_COUNTRY_CODE";
  return checkHash(address["givenName"], encoding) ?? checkHash(address["familyName"], encoding);
}

function checkHash(value: unknown, encoding: string): string | null {
  const text = typeof value === "string" ? value : "";
  if (encoding === "BASE64") {
    const isCoded = /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0;
    if (!isCoded) return "INVALID_BASE64_ENCODING";
    return Buffer.from(text, "base64").length === 32 ? null : "INVALID_SHA256_FORMAT";
  }
  if (!/^[0-9a-f]+$/i.test(text) || text.length % 2 === 1) return "INVALID_HEX_ENCODING";
  return isSha256HexAnyCase(text) ? null : "INVALID_SHA256_FORMAT";
}

/** The reason for which an event that was taken is not counted in the end. */
export function diagnose(event: JsonRecord, body: JsonRecord, world: World): string | null {
  const time = readRfc3339(event["eventTimestamp"]) ?? 0;
  if (world.now() - time > MAX_AGE_MS) return "EVENT_TOO_OLD";
  const consent = [event["consent"], body["consent"]].find(isRecord);
  if (consent?.["adUserData"] === "CONSENT_DENIED") return "DENIED_CONSENT";
  const ads = isRecord(event["adIdentifiers"]) ? event["adIdentifiers"] : {};
  const gclid = ads["gclid"];
  if (gclid === undefined) return null;
  if (!isReadableClickId(gclid)) return "INVALID_GCLID";
  const click = world.object("click", String(gclid))?.facts;
  const at = click?.["at"];
  if (click !== undefined && at === undefined) return "CLICK_NOT_FOUND";
  return typeof at === "number" && at > time ? "CONVERSION_PRECEDES_CLICK" : null;
}

/** Click ids are long and of the URL's safe letters. */
export function isReadableClickId(value: unknown): boolean {
  return typeof value === "string" && /^[\w.-]{10,512}$/.test(value);
}
