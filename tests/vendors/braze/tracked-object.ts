/** The three kinds of objects that `/users/track` takes: what each must have, and which values it refuses. */
import { type JsonRecord, isCountryForm, isCurrency, isRecord, readRfc3339 } from "../strict.ts";
import { checkRecommended } from "./recommended-events.ts";
import { INVALID_EMAIL, type InputArray, NO_IDENTIFIER, type ObjectCheck, notValid, required } from "./track-fault.ts";

const MAX_NAME = 255;
const MAX_QUANTITY = 100;
const MAX_PROPERTIES_BYTES = 102_400;
/** `yyyy-MM-dd'T'HH:mm:ss:SSSZ`, beside ISO 8601. */
const OTHER_TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d):(\d{3})([+-]\d\d):?(\d\d)$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const RESERVED = {
  attributes: [],
  events: ["time", "event_name"],
  purchases: ["time", "event_name", "product_id", "quantity", "price", "currency"],
} as const satisfies Record<InputArray, readonly string[]>;
const SUBSCRIPTIONS = ["opted_in", "unsubscribed", "subscribed"];

/** Whom the object is about, as Braze finds the profile; null where it says nothing of that. */
export interface Identity {
  kind: "external_id" | "braze_id" | "user_alias" | "email" | "phone";
  key: string;
}

export function checkObject(object: unknown, array: InputArray, now: number): ObjectCheck {
  const check: ObjectCheck = { fault: null, warnings: [] };
  check.fault = isRecord(object) ? findFault(object, { array, now, warnings: check.warnings }) : notValid(array);
  return check;
}

export function identityOf(object: JsonRecord): Identity | null {
  for (const kind of ["external_id", "user_alias", "braze_id", "email", "phone"] as const) {
    const value = object[kind];
    if (value === undefined || value === null || value === "") continue;
    if (kind !== "user_alias") return { kind, key: String(value) };
    const alias = isRecord(value) ? value : {};
    return { kind, key: `${String(alias["alias_label"])}\n${String(alias["alias_name"])}` };
  }
  return null;
}

interface Facts {
  array: InputArray;
  now: number;
  warnings: string[];
}

function findFault(object: JsonRecord, facts: Facts): string | null {
  const fault = identityFault(object) ?? updateOnlyFault(object["_update_existing_only"]);
  if (fault !== null) return fault;
  switch (facts.array) {
    case "events":
      return eventFault(object, facts);
    case "purchases":
      return purchaseFault(object, facts);
    default:
      return attributeFault(object, facts);
  }
}

function identityFault(object: JsonRecord): string | null {
  if (identityOf(object) === null) return NO_IDENTIFIER;
  const wrong = ["external_id", "braze_id", "email", "phone"].find(
    (field) => object[field] !== undefined && object[field] !== null && typeof object[field] !== "string",
  );
  if (wrong !== undefined) return notValid(wrong);
  const primary = ["external_id", "user_alias", "braze_id"].filter((field) => (object[field] ?? null) !== null);
  if (primary.length > 1) return notValid(primary.join("' and '"));
  const alias = object["user_alias"];
  if (alias !== undefined) {
    const isWhole = isRecord(alias) && isText(alias["alias_name"]) && isText(alias["alias_label"]);
    if (!isWhole) return notValid("user_alias");
  }
  const email = object["email"];
  return typeof email === "string" && !EMAIL.test(email) ? INVALID_EMAIL : null;
}

function updateOnlyFault(value: unknown): string | null {
  return value === undefined || typeof value === "boolean" ? null : notValid("_update_existing_only");
}

function eventFault(event: JsonRecord, facts: Facts): string | null {
  const name = event["name"];
  if (name === undefined || name === null || name === "") return required("name");
  if (typeof name !== "string" || name.length > MAX_NAME) return notValid("name");
  const fault = timeFault(event["time"], facts) ?? propertiesFault(event["properties"], facts);
  return fault ?? checkRecommended(name, isRecord(event["properties"]) ? event["properties"] : {});
}

function purchaseFault(purchase: JsonRecord, facts: Facts): string | null {
  const missing = ["product_id", "currency", "price"].find((field) =>
    [undefined, null, ""].includes(purchase[field] as undefined),
  );
  if (missing !== undefined) return required(missing);
  const { product_id: product, currency, price, quantity = 1 } = purchase;
  if (typeof product !== "string" || product.length > MAX_NAME) return notValid("product_id");
  if (!isCurrency(currency)) return "'currency' must be an ISO 4217 currency";
  if (typeof price !== "number") return notValid("price");
  const isCount =
    typeof quantity === "number" && Number.isInteger(quantity) && quantity > 0 && quantity <= MAX_QUANTITY;
  if (!isCount) return notValid("quantity");
  return timeFault(purchase["time"], facts) ?? propertiesFault(purchase["properties"], facts);
}

/** Values of a profile that do not fit are not set; the object is taken all the same. */
function attributeFault(attributes: JsonRecord, { warnings }: Facts): string | null {
  const unset = (field: string, isRight: (value: string) => boolean) => {
    const value = attributes[field];
    if (value === undefined || value === null) return;
    if (typeof value !== "string" || !isRight(value)) warnings.push(`${field} ${String(value)} is not set`);
  };
  unset("country", isCountryForm);
  unset("language", (value) => /^[a-z]{2}$/.test(value));
  unset("gender", (value) => /^[MFONP]$/.test(value));
  unset("dob", (value) => readRfc3339(`${value}T00:00:00Z`) !== null);
  unset("time_zone", isTimeZone);
  unset("phone", (value) => /^\+[1-9]\d{6,14}$/.test(value));
  for (const field of ["email_subscribe", "push_subscribe"]) unset(field, (value) => SUBSCRIPTIONS.includes(value));
  for (const field of ["first_name", "last_name", "home_city", "image_url"]) unset(field, () => true);
  return null;
}

function timeFault(time: unknown, { now, warnings }: Facts): string | null {
  if (time === undefined || time === null || time === "") return required("time");
  const at = typeof time === "string" ? readRfc3339(time.replace(OTHER_TIME, "$1.$2$3:$4")) : null;
  if (at === null) return notValid("time");
  if (at > now) warnings.push(`time ${String(time)} lies ahead: it becomes now`);
  return null;
}

function propertiesFault(properties: unknown, { array, warnings }: Facts): string | null {
  if (properties === undefined) return null;
  if (!isRecord(properties)) return notValid("properties");
  const names = Object.keys(properties);
  if (RESERVED[array].some((name) => names.includes(name))) return "Invalid 'properties' field";
  if (names.some((name) => name === "" || name.length > MAX_NAME || name.startsWith("$")))
    return notValid("properties");
  if (Buffer.byteLength(JSON.stringify(properties)) > MAX_PROPERTIES_BYTES) return notValid("properties");
  const long = names.filter((name) => typeof properties[name] === "string" && properties[name].length > MAX_NAME);
  warnings.push(...long.map((name) => `the property ${name} is longer than ${MAX_NAME} characters`));
  return null;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).format(0) !== "";
  } catch {
    return false;
  }
}
