/** One server event of Meta's Conversions API: what refuses it, and what only shows in the Events Manager. */
import {
  type JsonRecord,
  DAY_MS,
  MINUTE_MS,
  asList,
  isCurrency,
  isRecord,
  isSha256Hex,
  placeInWindow,
} from "../strict.ts";
import type { GraphFault } from "./graph-fault.ts";

const ACTION_SOURCES = [
  ...["website", "app", "email", "phone_call", "chat", "physical_store", "system_generated", "business_messaging"],
  "other",
];
const HASHED = ["em", "ph", "fn", "ln", "ge", "db", "ct", "st", "zp", "country"];
/** Hashing these makes them useless. */
const PLAIN = [
  ...["client_ip_address", "client_user_agent", "fbc", "fbp", "subscription_id", "fb_login_id", "lead_id", "anon_id"],
  ...["madid", "page_id", "page_scoped_user_id", "ctwa_clid", "ig_account_id", "ig_sid"],
];
const WEAK_SETS = [
  ["ct", "country", "st", "zp", "ge", "client_user_agent"],
  ["db", "client_user_agent"],
  ["fn", "ge"],
  ["ln", "ge"],
  ["client_ip_address"],
];
const MAX_AGE_MS = 7 * DAY_MS;
const MAX_STORE_AGE_MS = 62 * DAY_MS;
/** No page names the tolerance. */
const MAX_AHEAD_MS = 10 * MINUTE_MS;
const EXTINFO_LENGTH = 16;

export interface CheckedEvent {
  fault: GraphFault | null;
  warnings: string[];
}

/** @param now the vendor's clock, epoch milliseconds */
export function checkEvent(event: unknown, now: number): CheckedEvent {
  if (!isRecord(event)) return { fault: invalid("data must hold objects"), warnings: [] };
  const fault =
    checkBase(event) ??
    checkTime(event, now) ??
    checkUser(event["user_data"]) ??
    checkCustomData(event) ??
    checkApp(event) ??
    checkProcessingOptions(event);
  return { fault, warnings: fault === null ? findWarnings(event) : [] };
}

function invalid(text: string, title = "Invalid parameter"): GraphFault {
  return { kind: "event", title, text };
}

function checkBase(event: JsonRecord): GraphFault | null {
  const { event_name: name, action_source: source, event_id: id } = event;
  if (typeof name !== "string" || name.trim() === "") return invalid("event_name is required");
  if (source === undefined) return invalid("action_source is required");
  if (!ACTION_SOURCES.includes(source as string)) return invalid(`action_source ${String(source)} is not known`);
  if (id !== undefined && typeof id !== "string") return invalid("event_id must be a string");
  const url = event["event_source_url"];
  if (url !== undefined && (typeof url !== "string" || !URL.canParse(url)))
    return invalid("event_source_url is no URL");
  return event["opt_out"] === undefined || typeof event["opt_out"] === "boolean" ? null : invalid("opt_out is boolean");
}

function checkTime(event: JsonRecord, now: number): GraphFault | null {
  const maxAgeMs = event["action_source"] === "physical_store" ? MAX_STORE_AGE_MS : MAX_AGE_MS;
  const window = { unit: "seconds", now, maxAgeMs, maxAheadMs: MAX_AHEAD_MS } as const;
  switch (placeInWindow(event["event_time"], window)) {
    case "inside":
      return null;
    case "unreadable":
      return invalid("event_time must be a Unix timestamp in seconds");
    case "ahead":
      return invalid("event_time lies in the future");
    default:
      return {
        kind: "event",
        subcode: 2804003,
        title: "Event Timestamp Too Old",
        text: `The event happened more than ${maxAgeMs / DAY_MS} days ago.`,
      };
  }
}

function checkUser(user: unknown): GraphFault | null {
  if (!isRecord(user)) return invalid("user_data is required");
  for (const key of HASHED) {
    const bad = asList(user[key]).find((value) => !isSha256Hex(value));
    if (bad !== undefined) return invalid(`user_data.${key} must be a SHA-256 hash`, "Invalid hash");
  }
  const withBadType = PLAIN.find((key) => user[key] !== undefined && !isPlainValue(user[key]));
  if (withBadType !== undefined) return invalid(`user_data.${withBadType} must be a string`);
  const present = Object.keys(user).filter((key) => asList(user[key]).length > 0 && user[key] !== "");
  if (present.length > 0 && !WEAK_SETS.some((set) => present.every((key) => set.includes(key)))) return null;
  const title = "You haven't added sufficient customer information parameter data for this event";
  return { kind: "event", subcode: 2804050, title, text: "Add at least one stronger parameter to user_data." };
}

/** `lead_id` and its like are numbers in some examples. */
function isPlainValue(value: unknown): boolean {
  return typeof value === "string" || Number.isSafeInteger(value);
}

function checkCustomData(event: JsonRecord): GraphFault | null {
  const isPurchase = event["event_name"] === "Purchase";
  const custom = event["custom_data"];
  if (custom === undefined && !isPurchase) return null;
  if (!isRecord(custom)) return invalid("custom_data with value and currency is required");
  const { value, currency, contents, content_ids: ids, num_items: count } = custom;
  if (isPurchase && (value === undefined || currency === undefined)) {
    return invalid("Purchase requires custom_data.value and custom_data.currency");
  }
  if (value !== undefined && !isAmount(value)) return invalid("custom_data.value must be a number");
  if (currency !== undefined && !isCurrency(String(currency).toUpperCase())) {
    return invalid("custom_data.currency must be an ISO 4217 code");
  }
  if (count !== undefined && !Number.isInteger(Number(count)))
    return invalid("custom_data.num_items must be an integer");
  if (ids !== undefined && !Array.isArray(ids)) return invalid("custom_data.content_ids must be an array");
  return contents === undefined ? null : checkContents(contents);
}

function isAmount(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && value !== "" && Number.isFinite(Number(value)));
}

function checkContents(contents: unknown): GraphFault | null {
  if (!Array.isArray(contents)) return invalid("custom_data.contents must be an array");
  for (const item of contents as unknown[]) {
    if (!isRecord(item)) return invalid("custom_data.contents must hold objects");
    if (item["id"] === undefined || item["id"] === "") return invalid("custom_data.contents.id is required");
    if (!Number.isInteger(Number(item["quantity"] ?? 1)))
      return invalid("custom_data.contents.quantity must be an integer");
    if (item["item_price"] !== undefined && !isAmount(item["item_price"]))
      return invalid("item_price must be a number");
  }
  return null;
}

function checkApp(event: JsonRecord): GraphFault | null {
  if (event["action_source"] !== "app") return null;
  const app = event["app_data"];
  if (!isRecord(app)) return invalid("app_data is required for app events");
  const flags = ["advertiser_tracking_enabled", "application_tracking_enabled"];
  const missing = flags.find((flag) => ![0, 1, true, false].includes(app[flag] as number));
  if (missing !== undefined) return invalid(`app_data.${missing} is required`);
  const info = app["extinfo"];
  return Array.isArray(info) && info.length === EXTINFO_LENGTH && ["a2", "i2"].includes(String(info[0]))
    ? null
    : invalid("app_data.extinfo must have its 16 values");
}

function checkProcessingOptions(event: JsonRecord): GraphFault | null {
  const options = event["data_processing_options"];
  if (options === undefined) return null;
  const isKnown = Array.isArray(options) && options.every((option) => option === "LDU");
  if (!isKnown) return invalid('data_processing_options must be [] or ["LDU"]');
  const bad = ["data_processing_options_country", "data_processing_options_state"].find(
    (key) => event[key] !== undefined && !Number.isInteger(event[key]),
  );
  return bad === undefined ? null : invalid(`${bad} must be an integer`);
}

function findWarnings(event: JsonRecord): string[] {
  const user = event["user_data"] as JsonRecord;
  const name = String(event["event_name"]);
  const isWebsite = event["action_source"] === "website";
  const findings: [boolean, string][] = [
    [isWebsite && user["client_user_agent"] === undefined, "client_user_agent is missing for a website event"],
    [isWebsite && event["event_source_url"] === undefined, "event_source_url is missing for a website event"],
    [event["event_id"] === undefined, "event_id is missing: copies cannot be told apart"],
    [asList(user["external_id"]).some((id) => !isSha256Hex(id)), "external_id is not hashed"],
    [isBadClickId(user["fbc"], /^fb\.\d\.\d{13}\..+$/), "fbc is malformed"],
    [isBadClickId(user["fbp"], /^fb\.\d\.\d{13}\.\d+$/), "fbp is malformed"],
    [PLAIN.some((key) => isSha256Hex(user[key])), "a parameter that must stay plain is hashed"],
  ];
  return findings.filter(([isFound]) => isFound).map(([, text]) => `${name}: ${text}`);
}

function isBadClickId(value: unknown, form: RegExp): boolean {
  return value !== undefined && !form.test(String(value));
}
