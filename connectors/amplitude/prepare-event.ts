/** The last look at an event: what would make Amplitude refuse the whole request is mended, or the one event held back. */
import { isJsonObject, type JsonObject, type JsonValue } from "@datafly-signal/core";

/** Amplitude's own minimum (https://amplitude.com/docs/apis/analytics/http-v2#device-ids-and-user-ids-minimum-length). */
export const DEFAULT_MIN_ID_LENGTH = 5;

/** Of every text, in characters; longer ones are cut, as Amplitude's SDKs do. */
const LONGEST_TEXT = 1_024;
/** Layers of objects in properties. */
const DEEPEST = 40;

const RESERVED_NAMES: ReadonlySet<string> = new Set([
  "[Amplitude] Start Session",
  "[Amplitude] End Session",
  "[Amplitude] Revenue",
  "[Amplitude] Revenue (Verified)",
  "[Amplitude] Revenue (Unverified)",
  "[Amplitude] Merged User",
]);

/** Values that stand for no one: with one of them Amplitude refuses the event. */
const NO_IDS: ReadonlySet<string> = new Set([
  ...["anonymous", "nil", "none", "null", "n/a", "na", "undefined", "unknown", "", "{}", "lmy47d", "0", "-1"],
  "00000000-0000-0000-0000-000000000000",
]);

const IDS = ["user_id", "device_id"] as const;

/** Texts about device and place. They come as clients send them, and none is worth an event. */
const SIDE_TEXTS = [
  ...["app_version", "platform", "os_name", "os_version", "device_brand", "device_manufacturer", "device_model"],
  ...["carrier", "country", "region", "city", "dma", "language", "ip", "idfa", "idfv", "adid", "android_id"],
];

type Prepared = { value: JsonValue } | { refuse: string };

/** @param minIdLength characters; ids with fewer are left out */
export function eventPreparer(minIdLength: number): (value: JsonValue) => Prepared {
  return (value) => {
    if (!isJsonObject(value)) return { refuse: "The payload is no object. Use one of the blueprints." };
    const name = value["event_type"];
    if (typeof name !== "string" || name === "") {
      return { refuse: "The payload has no event_type. Use one of the blueprints, or map the event's name to it." };
    }
    if (RESERVED_NAMES.has(name)) return { refuse: `${name} is a name that Amplitude keeps for itself. Map another.` };
    const { ids, faults } = readIds(value, minIdLength);
    if (Object.keys(ids).length === 0) return { refuse: faults.join(" ") };
    const shortened = shorten(withTexts(value), DEEPEST);
    if (shortened === TOO_DEEP) return { refuse: `Properties may have ${DEEPEST} layers, and these have more.` };
    return { value: { ...ids, ...(shortened as JsonObject) } };
  };
}

/** Without the ids, and with side texts that are texts. */
function withTexts({ user_id: _user, device_id: _device, ...rest }: JsonObject): JsonObject {
  for (const field of SIDE_TEXTS) {
    const value = rest[field];
    if (typeof value === "number") rest[field] = String(value);
    else if (typeof value !== "string") delete rest[field];
  }
  if (rest["ip"] === "$remote") delete rest["ip"]; // It would be this server's.
  return rest;
}

/** The ids that can be sent, and in words what is wrong with the others, without their values. */
function readIds(event: JsonObject, minIdLength: number): { ids: JsonObject; faults: string[] } {
  const ids: JsonObject = {};
  const faults: string[] = [];
  for (const field of IDS) {
    const given = event[field];
    const id = typeof given === "number" ? String(given) : given;
    if (id === undefined || id === null) continue;
    if (typeof id !== "string") faults.push(`${field} is no text.`);
    else if (NO_IDS.has(id.trim().toLowerCase())) faults.push(`${field} is a value that Amplitude takes for no ID.`);
    else if (id.length < minIdLength) {
      faults.push(`${field} has fewer than ${minIdLength} characters: lower min_id_length if such IDs are real.`);
    } else ids[field] = id.slice(0, LONGEST_TEXT).toWellFormed();
  }
  if (faults.length === 0) faults.push("The event has neither user_id nor device_id, and Amplitude needs one of them.");
  return { ids, faults };
}

const TOO_DEEP = Symbol("too deep");

/** The value with its texts cut; itself where there was nothing to cut. */
function shorten(value: JsonValue, layers: number): JsonValue | typeof TOO_DEEP {
  if (typeof value === "string") return value.length > LONGEST_TEXT ? cut(value) : value;
  if (typeof value !== "object" || value === null) return value;
  if (layers < 0) return TOO_DEEP;
  let copy: JsonObject | undefined;
  for (const [key, inner] of Object.entries(value)) {
    const short = shorten(inner, layers - 1);
    if (short === TOO_DEEP) return TOO_DEEP;
    if (short === inner) continue;
    // Lists are written by their indexes, as objects are by their keys.
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as JsonObject;
    copy[key] = short;
  }
  return copy ?? value;
}

/** Not through the middle of a character. */
function cut(text: string): string {
  const end = text.codePointAt(LONGEST_TEXT - 1) ?? 0;
  return text.slice(0, end > 0xffff ? LONGEST_TEXT - 1 : LONGEST_TEXT);
}
