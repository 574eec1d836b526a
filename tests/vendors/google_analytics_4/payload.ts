/** The body of a Measurement Protocol request: the envelope around the events. */
import { type JsonRecord, asList, firstUnknown, isRecord, isSha256Hex } from "../strict.ts";
import { type EventFacts, validateEvent } from "./event.ts";
import { type ValidationCode, type ValidationMessage, message, validateTime } from "./message.ts";

export interface PayloadFacts {
  /** The vendor's clock, epoch milliseconds. */
  now: number;
  /** An app's stream, told by `firebase_app_id`. */
  isApp: boolean;
  /** Id of the stream; empty when the request names none. */
  stream: string;
}

const KNOWN = new Set([
  ...["client_id", "app_instance_id", "user_id", "timestamp_micros", "user_properties", "user_data", "consent"],
  ...["non_personalized_ads", "user_location", "ip_override", "device", "user_agent", "validation_behavior", "events"],
]);
const MAX_EVENTS = 25;
const MAX_USER_PROPERTIES = 25;
const MAX_PROPERTY_NAME = 24;
const MAX_PROPERTY_VALUE = 36;
const MAX_USER_ID = 256;
const RESERVED_PROPERTIES = [
  "first_open_time",
  "first_visit_time",
  "last_deep_link_referrer",
  "user_id",
  "first_open_after_install",
];
const RESERVED_PROPERTY_PREFIXES = ["_", "google_", "ga_", "firebase_"];

function ofRequest(fieldPath: string, description: string, validationCode: ValidationCode): ValidationMessage {
  return message({ fieldPath, description, validationCode }, { isOfRequest: true });
}

/** All that the validation server says of a payload, in the order of its fields. */
export function validatePayload(payload: JsonRecord, facts: PayloadFacts): ValidationMessage[] {
  const unknown = firstUnknown(payload, KNOWN);
  if (unknown !== null) {
    const description = `Unable to parse Measurement Protocol JSON payload. ${unknown}: Cannot find field.`;
    return [message({ description, validationCode: "VALUE_INVALID" }, { isOfRequest: true })];
  }
  const isStrict = payload["validation_behavior"] === "ENFORCE_RECOMMENDATIONS";
  return [
    ...validateIdentity(payload, facts, isStrict),
    ...validateTime(payload["timestamp_micros"], { fieldPath: "timestamp_micros", now: facts.now, isStrict }),
    ...validateConsent(payload["consent"]),
    ...validateUserProperties(payload["user_properties"]),
    ...validateUserData(payload["user_data"]),
    ...validateEvents(payload["events"], { now: facts.now, isStrict, isApp: facts.isApp }),
  ];
}

function validateIdentity(payload: JsonRecord, facts: PayloadFacts, isStrict: boolean): ValidationMessage[] {
  const key = facts.isApp ? "app_instance_id" : "client_id";
  const id = payload[key];
  const found: ValidationMessage[] = [];
  if (facts.stream === "") {
    found.push(
      ofRequest("measurement_id", "Measurement requires a measurement_id or a firebase_app_id.", "VALUE_REQUIRED"),
    );
  }
  if (typeof id !== "string" || id === "")
    found.push(ofRequest(key, `Measurement requires a ${key}.`, "VALUE_REQUIRED"));
  else if (facts.isApp && !/^[0-9a-f]{32}$/i.test(id)) {
    found.push(
      ofRequest(key, `${key} [${id}] has invalid format. It should be 32 hexadecimal digits.`, "VALUE_INVALID"),
    );
  } else if (!facts.isApp && isStrict && !/^\d+\.\d+$/.test(id)) {
    const description = `client_id [${id}] has invalid format. It should be in <number>.<number> format.`;
    found.push(ofRequest(key, description, "VALUE_INVALID"));
  }
  const user = payload["user_id"];
  if (user !== undefined && (typeof user !== "string" || user.length > MAX_USER_ID)) {
    found.push(ofRequest("user_id", `user_id must be text of at most ${MAX_USER_ID} characters.`, "VALUE_INVALID"));
  }
  return found;
}

function validateConsent(consent: unknown): ValidationMessage[] {
  if (consent === undefined) return [];
  const isFine =
    isRecord(consent) &&
    firstUnknown(consent, new Set(["ad_user_data", "ad_personalization"])) === null &&
    Object.values(consent).every((value) => ["GRANTED", "DENIED"].includes(value as string));
  return isFine ? [] : [ofRequest("consent", "consent must be GRANTED or DENIED.", "VALUE_INVALID")];
}

function validateUserProperties(properties: unknown): ValidationMessage[] {
  if (properties === undefined) return [];
  const fieldPath = "user_properties";
  if (!isRecord(properties)) return [ofRequest(fieldPath, "user_properties must be an object.", "VALUE_INVALID")];
  const names = Object.keys(properties);
  const found: ValidationMessage[] = [];
  if (names.length > MAX_USER_PROPERTIES) {
    const description = `At most ${MAX_USER_PROPERTIES} user properties are allowed.`;
    found.push(message({ fieldPath, description, validationCode: "EXCEEDED_MAX_ENTITIES" }));
  }
  for (const name of names) {
    const text = (description: string, validationCode: ValidationCode) =>
      found.push(message({ fieldPath: `${fieldPath}.${name}`, description, validationCode }));
    const value = (properties[name] as JsonRecord | null)?.["value"];
    const isReserved =
      RESERVED_PROPERTY_PREFIXES.some((prefix) => name.startsWith(prefix)) || RESERVED_PROPERTIES.includes(name);
    if (isReserved) text(`User property name [${name}] is reserved.`, "NAME_RESERVED");
    else if (!/^[A-Za-z]\w*$/.test(name) || name.length > MAX_PROPERTY_NAME)
      text(`Name [${name}] is invalid.`, "NAME_INVALID");
    if (value === undefined) text("A user property needs a value.", "VALUE_REQUIRED");
    else if (String(value).length > MAX_PROPERTY_VALUE)
      text(`The value is longer than ${MAX_PROPERTY_VALUE}.`, "VALUE_INVALID");
  }
  return found;
}

function validateUserData(data: unknown): ValidationMessage[] {
  if (data === undefined) return [];
  if (!isRecord(data)) return [ofRequest("user_data", "user_data must be an object.", "VALUE_INVALID")];
  const addresses = asList(data["address"]).filter(isRecord);
  const hashes: [string, unknown[], number][] = [
    ["sha256_email_address", asList(data["sha256_email_address"]), 3],
    ["sha256_phone_number", asList(data["sha256_phone_number"]), 3],
    ...["sha256_first_name", "sha256_last_name", "sha256_street"].map((key): [string, unknown[], number] => [
      `address.${key}`,
      addresses.flatMap((address) => asList(address[key])),
      2,
    ]),
  ];
  const known = new Set(["sha256_email_address", "sha256_phone_number", "address"]);
  const unknown = firstUnknown(data, known);
  const found = unknown === null ? [] : [ofRequest(`user_data.${unknown}`, "Cannot find field.", "VALUE_INVALID")];
  for (const [key, values, most] of hashes) {
    const fieldPath = `user_data.${key}`;
    const isBad = values.some((value) => !isSha256Hex(value));
    if (isBad)
      found.push(message({ fieldPath, description: "Not a SHA-256 hash in hex.", validationCode: "VALUE_INVALID" }));
    const description = `At most ${most} are allowed.`;
    if (values.length > most) found.push(message({ fieldPath, description, validationCode: "EXCEEDED_MAX_ENTITIES" }));
  }
  return found;
}

function validateEvents(events: unknown, facts: Omit<EventFacts, "index">): ValidationMessage[] {
  if (!Array.isArray(events) || events.length === 0) {
    return [ofRequest("events", "Measurement requires events.", "VALUE_REQUIRED")];
  }
  if (events.length > MAX_EVENTS) {
    return [ofRequest("events", `At most ${MAX_EVENTS} events are allowed in a request.`, "EXCEEDED_MAX_ENTITIES")];
  }
  return events.flatMap((event: unknown, index) => validateEvent(event, { ...facts, index }));
}
