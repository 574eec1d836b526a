/** The envelope check: what every collected event must look like before it is stored; the rest is the tracking plan's. */
import { Type } from "typebox";
import { Compile } from "typebox/compile";
import type { JsonObject, JsonValue } from "../json.ts";
import { parseTime } from "./event-time.ts";

/** The types clients send; `screen` and `alias` are stored as `page` and `identify`. */
export type CollectType = "track" | "page" | "identify" | "group" | "screen" | "alias";

/** A fault of an event: the field, and a sentence that names it and the cure. Holds no value of the event but a short `type`. */
export interface EventFault {
  field: string;
  message: string;
}

const text = Type.Optional(Type.Union([Type.String(), Type.Null()]));
const object = Type.Optional(Type.Union([Type.Object({}), Type.Null()]));
const TYPES = ["track", "page", "identify", "group", "screen", "alias"] as const;

const envelope = Compile(
  Type.Object({
    type: Type.Optional(Type.Union(TYPES.map((type) => Type.Literal(type)))),
    event: text,
    name: text,
    userId: text,
    anonymousId: text,
    groupId: text,
    previousId: text,
    messageId: text,
    timestamp: text,
    properties: object,
    traits: object,
    context: object,
    integrations: object,
  }),
);

const EXPECTED = new Map([
  ["type", "must be one of track, page, identify, group, screen or alias"],
  ["event", "must be a string: the name of what happened."],
  [
    "timestamp",
    "must be an ISO 8601 date and time, as in 2026-02-25T14:30:00.000Z. Leave it out to use the time of receipt.",
  ],
  ["properties", "must be an object."],
  ["traits", "must be an object."],
  ["context", "must be an object."],
  ["integrations", 'must be an object, as in {"All": true}.'],
]);

const MAX_MESSAGE_ID = 255;
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f]/;
/** Fields that are keys and columns further on, where U+0000 cannot be stored. */
const STORED_AS_TEXT = ["event", "name", "userId", "anonymousId", "groupId", "previousId"] as const;

/**
 * The type of an event that may be stored, or its fault. `expected` is the type its path stands for, null where any may come;
 * `typeRequired` is false on paths that say the type by their name.
 */
export function checkEnvelope(
  event: JsonObject,
  rule: { expected: CollectType | null; typeRequired: boolean },
): CollectType | EventFault {
  if (!envelope.Check(event)) return shapeFault(event);
  const { type = rule.typeRequired ? undefined : (rule.expected ?? undefined) } = event;
  if (type === undefined) return { field: "type", message: `\`type\` is missing. It ${EXPECTED.get("type")}.` };
  if (rule.expected !== null && type !== rule.expected) return contradiction(rule.expected);
  return idFault(event) ?? requiredFault(event, type as CollectType) ?? (type as CollectType);
}

function shapeFault(event: JsonObject): EventFault {
  const [first] = envelope.Errors(event);
  const field = first?.instancePath.split("/")[1] ?? "";
  if (field === "type") return { field, message: `\`type\` ${EXPECTED.get(field)}, not ${shownType(event["type"])}.` };
  return { field, message: `\`${field}\` ${EXPECTED.get(field) ?? "must be a string."}` };
}

/** A word as it came, since it is most likely a slip; anything longer or stranger by its kind alone. */
function shownType(type: JsonValue | undefined): string {
  if (type === null) return "null";
  if (typeof type !== "string")
    return Array.isArray(type) ? "a list" : `${typeof type === "object" ? "an" : "a"} ${typeof type}`;
  if (type === "") return "empty";
  return /^[A-Za-z][A-Za-z _-]{0,23}$/.test(type) ? `"${type}"` : "another text";
}

function contradiction(expected: CollectType): EventFault {
  return {
    field: "type",
    message: `\`type\` contradicts the path, which takes ${expected} events. Send the event to the path of its type.`,
  };
}

function idFault(event: JsonObject): EventFault | null {
  const { messageId, timestamp } = event;
  if (typeof messageId === "string") {
    const sound = messageId.length > 0 && messageId.length <= MAX_MESSAGE_ID && messageId.isWellFormed();
    if (!sound || CONTROL.test(messageId)) {
      return { field: "messageId", message: "`messageId` must be 1 to 255 characters without control characters." };
    }
  }
  if (typeof timestamp === "string" && parseTime(timestamp) === null) {
    return { field: "timestamp", message: `\`timestamp\` ${EXPECTED.get("timestamp")}` };
  }
  for (const field of STORED_AS_TEXT) {
    const value = event[field];
    if (typeof value === "string" && value.includes("\u0000")) {
      return { field, message: `\`${field}\` must not contain the character U+0000.` };
    }
  }
  return null;
}

function requiredFault(event: JsonObject, type: CollectType): EventFault | null {
  if (type === "track" && !event["event"]) return missing("event", "track");
  if (type === "group" && !event["groupId"]) return missing("groupId", "group");
  if (type === "alias" && !event["userId"]) return missing("userId", "alias");
  if (type === "identify" && !event["userId"] && !event["anonymousId"]) return missing("userId", "identify");
  return null;
}

function missing(field: string, type: CollectType): EventFault {
  return { field, message: `\`${field}\` is missing: a ${type} event needs it as a non-empty string.` };
}
