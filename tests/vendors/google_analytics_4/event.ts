/** One event of the Measurement Protocol: its name, its parameters, its items. */
import { type JsonRecord, firstUnknown, isCurrency, isRecord } from "../strict.ts";
import { type ValidationCode, type ValidationMessage, message, validateTime } from "./message.ts";

const MAX_NAME = 40;
const MAX_PARAMS = 25;
const MAX_VALUE = 100;
const MAX_ITEMS = 200;
const LONGER_VALUES: Record<string, number> = { page_location: 1000, page_referrer: 420, page_title: 300 };
/** Parameters that Analytics reads itself and that do not count. */
const RESERVED_PARAM_PREFIXES = ["_", "firebase_", "ga_", "google_", "gtag."];
const RESERVED_EVENTS = new Set([
  ...["ad_activeview", "ad_click", "ad_exposure", "ad_query", "ad_reward", "adunit_exposure", "app_clear_data"],
  ...["app_exception", "app_install", "app_remove", "app_store_refund", "app_update", "app_upgrade"],
  ...["dynamic_link_app_open", "dynamic_link_app_update", "dynamic_link_first_open", "error", "firebase_campaign"],
  ...["firebase_in_app_message_action", "firebase_in_app_message_dismiss", "firebase_in_app_message_impression"],
  ...["first_open", "first_visit", "notification_dismiss", "notification_foreground"],
  ...[
    "notification_open",
    "notification_receive",
    "notification_send",
    "os_update",
    "session_start",
    "user_engagement",
  ],
]);
/** Allowed in app streams alone. */
const APP_EVENTS = new Set(["ad_impression", "in_app_purchase", "screen_view"]);
const RESERVED_PARAM = "firebase_conversion";
const ECOMMERCE = new Set([
  ...["add_payment_info", "add_shipping_info", "add_to_cart", "add_to_wishlist", "begin_checkout", "purchase"],
  ...["remove_from_cart", "view_cart", "view_item", "view_item_list", "select_item"],
]);

/** Their value is in a currency of the game or programme. */
const POINTS = new Set(["earn_virtual_currency", "spend_virtual_currency"]);

export interface EventFacts {
  index: number;
  /** The vendor's clock, epoch milliseconds. */
  now: number;
  /** ENFORCE_RECOMMENDATIONS. */
  isStrict: boolean;
  /** An app's stream. */
  isApp: boolean;
}

export function validateEvent(event: unknown, facts: EventFacts): ValidationMessage[] {
  const { index } = facts;
  const sayOfEvent: Say = (fieldPath, description, validationCode) =>
    message({ fieldPath, description, validationCode }, { eventIndex: index });
  // A parameter or item over a limit is cut or left out, the event stays.
  const say: Say = (fieldPath, description, validationCode) =>
    message({ fieldPath, description, validationCode }, facts.isStrict ? { eventIndex: index } : {});
  const unreadable = (why: string) => {
    const description = `Unable to parse Measurement Protocol JSON payload. (events[${index}]) ${why}`;
    return [message({ description, validationCode: "VALUE_INVALID" }, { isOfRequest: true })];
  };
  if (!isRecord(event)) return unreadable("Expected an object.");
  const unknown = firstUnknown(event, new Set(["name", "params", "timestamp_micros"]));
  if (unknown !== null) return unreadable(`${unknown}: Cannot find field.`);
  const params = event["params"];
  if (params !== undefined && !isRecord(params)) return unreadable("params: Expected an object.");
  const time = event["timestamp_micros"] ?? params?.["timestamp_micros"];
  const timePath = `events[${index}].timestamp_micros`;
  return [
    ...validateName(event["name"], facts, sayOfEvent),
    ...validateTime(time, { fieldPath: timePath, now: facts.now, isStrict: facts.isStrict, eventIndex: index }),
    ...validateParams(params ?? {}, index, say),
    ...validateItems(params?.["items"], index, say),
    ...validateCommerce(String(event["name"]), params ?? {}, { facts, say }),
  ];
}

type Say = (fieldPath: string, description: string, validationCode: ValidationCode) => ValidationMessage;

function validateName(name: unknown, { index, isApp }: EventFacts, say: Say): ValidationMessage[] {
  const event = `Event at index: [${index}]`;
  if (typeof name !== "string" || name === "") return [say("events", `${event} requires a name.`, "VALUE_REQUIRED")];
  if (RESERVED_EVENTS.has(name) || (APP_EVENTS.has(name) && !isApp))
    return [say("events", `${event} has name [${name}] which is reserved.`, "NAME_RESERVED")];
  const invalid = `${event} has invalid name [${name}].`;
  if (!/^[A-Za-z]/.test(name)) {
    return [say("events", `${invalid} Names must start with an alphabetic character.`, "NAME_INVALID")];
  }
  if (!/^\w+$/.test(name)) {
    return [say("events", `${invalid} Only alphanumeric characters and underscores are allowed.`, "NAME_INVALID")];
  }
  return name.length > MAX_NAME
    ? [say("events", `${invalid} Names have at most ${MAX_NAME} characters.`, "NAME_INVALID")]
    : [];
}

function validateParams(params: JsonRecord, index: number, say: Say): ValidationMessage[] {
  const found: ValidationMessage[] = [];
  const names = Object.keys(params);
  const path = `events[${index}].params`;
  if (names.length > MAX_PARAMS)
    found.push(say(path, `At most ${MAX_PARAMS} parameters are allowed.`, "EXCEEDED_MAX_ENTITIES"));
  for (const name of names) {
    const value = params[name];
    const at = `${path}.${name}`;
    if (name === RESERVED_PARAM || RESERVED_PARAM_PREFIXES.some((prefix) => name.startsWith(prefix))) {
      found.push(say(at, `Parameter name [${name}] is reserved.`, "NAME_RESERVED"));
    } else if (!/^[A-Za-z]\w*$/.test(name) || name.length > MAX_NAME) {
      found.push(say(at, `Parameter name [${name}] is invalid.`, "NAME_INVALID"));
    }
    const most = LONGER_VALUES[name] ?? MAX_VALUE;
    if (typeof value === "string" && value.length > most) {
      found.push(say(at, `The value is longer than ${most} characters.`, "VALUE_OUT_OF_BOUNDS"));
    }
    if (value === null || (typeof value === "object" && name !== "items")) {
      found.push(say(at, "Value is not a string or number.", "VALUE_INVALID"));
    }
  }
  return found;
}

function validateItems(items: unknown, index: number, say: Say): ValidationMessage[] {
  if (items === undefined) return [];
  const path = `events[${index}].params.items`;
  if (!Array.isArray(items) || !items.every(isRecord))
    return [say(path, "items must be an array of objects.", "VALUE_INVALID")];
  if (items.length > MAX_ITEMS) return [say(path, `At most ${MAX_ITEMS} items are allowed.`, "EXCEEDED_MAX_ENTITIES")];
  return items.flatMap((item, position) => {
    const at = `${path}[${position}]`;
    const isNamed = [item["item_id"], item["item_name"]].some((value) => value !== undefined && value !== "");
    const bad = ["price", "quantity", "discount"].filter(
      (key) => item[key] !== undefined && typeof item[key] !== "number",
    );
    return [
      ...(isNamed ? [] : [say(at, "One of item_id or item_name is required.", "VALUE_REQUIRED")]),
      ...bad.map((key) => say(`${at}.${key}`, "Value is not a number.", "VALUE_INVALID")),
    ];
  });
}

/** What the recommended events require, beyond what the protocol does: refused only where recommendations are enforced. */
function validateCommerce(
  name: string,
  params: JsonRecord,
  { facts, say }: { facts: EventFacts; say: Say },
): ValidationMessage[] {
  const path = `events[${facts.index}].params`;
  const { value, currency } = params;
  const found: ValidationMessage[] = [];
  if (value !== undefined && typeof value !== "number")
    found.push(say(`${path}.value`, "Value is not a number.", "VALUE_INVALID"));
  if (currency !== undefined && !isCurrency(currency)) {
    found.push(say(`${path}.currency`, `Currency [${String(currency)}] is not an ISO 4217 code.`, "VALUE_INVALID"));
  }
  if (!facts.isStrict) return found;
  const required = requiredOf(name).filter((key) => params[key] === undefined);
  if (value !== undefined && currency === undefined && !POINTS.has(name)) required.push("currency");
  return [
    ...found,
    ...required.map((key) => say(`${path}.${key}`, `${key} is required for ${name}.`, "VALUE_REQUIRED")),
  ];
}

function requiredOf(name: string): string[] {
  if (name === "purchase") return ["transaction_id", "items"];
  if (name === "refund") return ["transaction_id"];
  if (name === "search") return ["search_term"];
  return ECOMMERCE.has(name) ? ["items"] : [];
}
