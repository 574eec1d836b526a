/** One event of TikTok's Events API 2.0: what refuses it, and what only its diagnostics show. */
import {
  type JsonRecord,
  DAY_MS,
  MINUTE_MS,
  asList,
  epochUnit,
  isCurrency,
  isRecord,
  isSha256Hex,
  placeInWindow,
} from "../strict.ts";

const HASHED = ["email", "phone", "external_id"];
const TEXTS = ["ttclid", "ttp", "ip", "user_agent", "locale", "idfa", "idfv", "gaid", "att_status"];
const ATT_STATUS = ["AUTHORIZED", "DENIED", "NOT_DETERMINED", "RESTRICTED", "NOT_APPLICABLE"];
const MAX_AGE_MS = 7 * DAY_MS;
const MAX_OFFLINE_AGE_MS = 28 * DAY_MS;
const MAX_AHEAD_MS = 10 * MINUTE_MS;
/** Events whose worth is their value. */
const WITH_VALUE = ["Purchase", "CompletePayment", "PlaceAnOrder"];

export interface CheckedEvent {
  /** The message of code 40002; it names the field. */
  fault: string | null;
  warnings: string[];
}

export interface EventFacts {
  index: number;
  /** `event_source` of the request. */
  source: string;
  /** The vendor's clock, epoch milliseconds. */
  now: number;
}

export function checkEvent(event: unknown, facts: EventFacts): CheckedEvent {
  const at = `data.${facts.index}`;
  if (!isRecord(event)) return { fault: `${at}: Not a valid object.`, warnings: [] };
  const fault =
    checkBase(event, at) ??
    checkUser(event["user"], `${at}.user`) ??
    checkProperties(event["properties"], `${at}.properties`) ??
    checkSections(event, at);
  return { fault, warnings: fault === null ? findWarnings(event, facts) : [] };
}

function checkBase(event: JsonRecord, at: string): string | null {
  const { event: name, event_time: time, event_id: id, limited_data_use: limited } = event;
  if (typeof name !== "string" || name.trim() === "") return `${at}.event: Missing data for required field.`;
  if (time === undefined) return `${at}.event_time: Missing data for required field.`;
  if (epochUnit(time) !== "seconds") return `${at}.event_time: Must be a Unix timestamp of 10 digits.`;
  if (id !== undefined && typeof id !== "string") return `${at}.event_id: Not a valid string.`;
  return limited === undefined || typeof limited === "boolean" ? null : `${at}.limited_data_use: Not a valid boolean.`;
}

function checkUser(user: unknown, at: string): string | null {
  if (user === undefined) return null;
  if (!isRecord(user)) return `${at}: Not a valid object.`;
  const hashed = HASHED.find((key) => asList(user[key]).some((value) => typeof value !== "string"));
  if (hashed !== undefined) return `${at}.${hashed}: Not a valid string or array of strings.`;
  const text = TEXTS.find((key) => user[key] !== undefined && typeof user[key] !== "string");
  if (text !== undefined) return `${at}.${text}: Not a valid string.`;
  const status = user["att_status"];
  return status === undefined || ATT_STATUS.includes(status as string) ? null : `${at}.att_status: Not a valid choice.`;
}

function checkProperties(properties: unknown, at: string): string | null {
  if (properties === undefined) return null;
  if (!isRecord(properties)) return `${at}: Not a valid object.`;
  const { value, currency, contents, content_ids: ids } = properties;
  if (value !== undefined && !isAmount(value)) return `${at}.value: Not a valid number.`;
  if (currency !== undefined && !isCurrency(String(currency).toUpperCase()))
    return `${at}.currency: Not a valid choice.`;
  if (ids !== undefined && !isTextList(ids)) return `${at}.content_ids: Not a valid list.`;
  if (contents === undefined) return null;
  if (!Array.isArray(contents) || !contents.every(isRecord)) return `${at}.contents: Not a valid list.`;
  const bad = contents.findIndex(
    (item) => !["price", "quantity"].every((key) => item[key] === undefined || isAmount(item[key])),
  );
  if (bad >= 0) return `${at}.contents.${bad}: price and quantity must be numbers.`;
  const unnamed = contents.findIndex(
    (item) => item["content_id"] !== undefined && typeof item["content_id"] !== "string",
  );
  return unnamed < 0 ? null : `${at}.contents.${unnamed}.content_id: Not a valid string.`;
}

function isAmount(value: unknown): boolean {
  return typeof value === "number" && value >= 0;
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function checkSections(event: JsonRecord, at: string): string | null {
  const bad = ["page", "app", "ad"].find((key) => event[key] !== undefined && !isRecord(event[key]));
  if (bad !== undefined) return `${at}.${bad}: Not a valid object.`;
  const url = (event["page"] as JsonRecord | undefined)?.["url"];
  return url === undefined || (typeof url === "string" && URL.canParse(url))
    ? null
    : `${at}.page.url: Not a valid URL.`;
}

function findWarnings(event: JsonRecord, { source, now }: EventFacts): string[] {
  const user = (event["user"] ?? {}) as JsonRecord;
  const properties = (event["properties"] ?? {}) as JsonRecord;
  const unhashed = HASHED.filter((key) => asList(user[key]).some((value) => !isSha256Hex(value)));
  const maxAgeMs = ["offline", "crm"].includes(source) ? MAX_OFFLINE_AGE_MS : MAX_AGE_MS;
  const place = placeInWindow(event["event_time"], { unit: "seconds", now, maxAgeMs, maxAheadMs: MAX_AHEAD_MS });
  const needsValue = WITH_VALUE.includes(String(event["event"]));
  const findings: [boolean, string][] = [
    [unhashed.length > 0, `${unhashed.join(", ")} must be a SHA-256 hash`],
    [!hasIdentifier(user), "nothing that a person can be matched by"],
    [place !== "inside", `event_time is ${place.replace("_", " ")}`],
    [event["event_id"] === undefined, "event_id is missing: copies cannot be told apart"],
    [source === "web" && (event["page"] as JsonRecord | undefined)?.["url"] === undefined, "page.url is missing"],
    [source === "web" && (user["ip"] === undefined || user["user_agent"] === undefined), "ip or user_agent is missing"],
    [source === "app" && (event["app"] as JsonRecord | undefined)?.["app_id"] === undefined, "app.app_id is missing"],
    [needsValue && properties["value"] === undefined, "value is missing"],
    [properties["value"] !== undefined && properties["currency"] === undefined, "value has no currency"],
    [properties["currency"] !== undefined && !isCurrency(properties["currency"]), "currency is not in upper case"],
  ];
  return findings.filter(([isFound]) => isFound).map(([, text]) => `${String(event["event"])}: ${text}`);
}

function hasIdentifier(user: JsonRecord): boolean {
  const strong = [...HASHED, "ttclid", "ttp", "idfa", "idfv", "gaid"];
  if (strong.some((key) => asList(user[key]).length > 0)) return true;
  return user["ip"] !== undefined && user["user_agent"] !== undefined;
}
