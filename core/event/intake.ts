/** From a client's checked event to the record on `raw-events`. */
import type { JsonObject, JsonValue } from "../json.ts";
import type { CollectType } from "./envelope.ts";
import type { EventInput, EventType, RawEvent, RequestFacts } from "./event.ts";
import { correctTime, parseTime } from "./event-time.ts";
import { visitorOf, type VisitorSeen } from "./visitor.ts";

/** How and when an event came in. */
export interface Arrival {
  pipelineId: string;
  input: EventInput;
  /** Wall clock, epoch milliseconds. */
  receivedAt: number;
  /** The same as an ISO time. */
  receivedAtText: string;
  request: RequestFacts;
}

export interface NewIds {
  uuidV4(): string;
  uuidV7(): string;
}

export interface Intake {
  raw: RawEvent;
  /** The key of the record: events of one visitor keep their order. */
  key: string;
  /** What `_dfid` is to be set to once the event is durable; null leaves the cookie alone. */
  cookie: string | null;
}

/** Longer ids choose their partition by their beginning. */
const MAX_KEY_CHARACTERS = 512;

/** The event's fields that are undefined are left out when it is written as JSON. */
type Draft = Record<string, JsonValue | undefined>;

/** Takes `event` over and makes it the stored record; what no rule names stays as the client sent it. */
export function takeIn(
  event: JsonObject,
  from: { type: CollectType; arrival: Arrival; seen: VisitorSeen; ids: NewIds },
): Intake {
  const { type, arrival, seen, ids } = from;
  const draft: Draft = event;
  const visitor = visitorOf(
    {
      anonymousId: filled(draft["anonymousId"]),
      userId: filled(draft["userId"]),
      hint: filled(draft["anonymousIdHint"]),
      reset: draft["anonymousIdReset"] === true,
    },
    seen,
    ids.uuidV4,
  );
  dropClientOnly(draft);
  if (visitor.anonymousId !== null) draft["anonymousId"] = visitor.anonymousId;
  setType(draft, type);
  setTimes(draft, arrival);
  const messageId = filled(draft["messageId"]) ?? ids.uuidV7();
  draft["messageId"] = messageId;
  draft["pipelineId"] = arrival.pipelineId;
  draft["input"] = arrival.input;
  // A copy for the type alone: facts are plain JSON.
  draft["request"] = arrival.request as JsonObject & RequestFacts;
  const raw = draft as RawEvent;
  return { raw, key: rawEventKey(raw), cookie: visitor.cookie };
}

/** The key of an event's record on `raw-events`: what one visitor does in one pipeline keeps its order. */
export function rawEventKey(raw: RawEvent): string {
  const whose = filled(raw["anonymousId"]) ?? filled(raw["userId"]) ?? raw.messageId;
  return recordKey(raw.pipelineId, whose);
}

function recordKey(pipelineId: string, whose: string): string {
  const bounded = whose.length > MAX_KEY_CHARACTERS ? whose.slice(0, MAX_KEY_CHARACTERS) : whose;
  return `${pipelineId}:${bounded.toWellFormed()}`;
}

function filled(value: JsonValue | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** The key and the hints are for the gateway, `replayOf` is the system's own word; a null object is no object. */
function dropClientOnly(draft: Draft): void {
  if (draft["writeKey"] !== undefined) draft["writeKey"] = undefined;
  if (draft["anonymousIdHint"] !== undefined) draft["anonymousIdHint"] = undefined;
  if (draft["anonymousIdReset"] !== undefined) draft["anonymousIdReset"] = undefined;
  if (draft["replayOf"] !== undefined) draft["replayOf"] = undefined;
  if (draft["properties"] === null) draft["properties"] = undefined;
  if (draft["traits"] === null) draft["traits"] = undefined;
  if (draft["integrations"] === null) draft["integrations"] = undefined;
}

function setType(draft: Draft, type: CollectType): void {
  const context = (draft["context"] ?? {}) as JsonObject;
  draft["context"] = type === "screen" ? { ...context, screen: true } : context;
  draft["type"] = STORED_AS[type];
}

const STORED_AS: Record<CollectType, EventType> = {
  track: "track",
  page: "page",
  identify: "identify",
  group: "group",
  screen: "page",
  alias: "identify",
};

/** `originalTimestamp` keeps what the client said; foreign SDKs may send it themselves. */
function setTimes(draft: Draft, { receivedAt, receivedAtText }: Arrival): void {
  const said = filled(draft["timestamp"]) ?? filled(draft["originalTimestamp"]);
  const original = said === null ? null : parseTime(said);
  const sentAt = filled(draft["sentAt"]);
  const time = correctTime({ original, sentAt: sentAt === null ? null : parseTime(sentAt), receivedAt });
  if (said !== null && filled(draft["originalTimestamp"]) === null) draft["originalTimestamp"] = said;
  draft["timestamp"] = time === receivedAt ? receivedAtText : new Date(time).toISOString();
  draft["receivedAt"] = receivedAtText;
}
