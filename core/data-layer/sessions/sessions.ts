/** The session step: which visit of a visitor an event belongs to, and events for where one begins and ends. */
import Type from "typebox";
import type { SignalEvent } from "../../event/event.ts";
import { isJsonObject, type JsonObject } from "../../json.ts";
import { derivedMessageId, visitorStateKey } from "../derived.ts";
import type { LayeredEvent, VisitorStep, VisitorVerdict } from "../step.ts";

export const SessionSection = Type.Object(
  {
    enabled: Type.Optional(Type.Boolean({ default: true, description: "false knows no sessions." })),
    timeout_minutes: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1440,
        default: 30,
        description: "A pause longer than this ends a session.",
      }),
    ),
    max_duration_hours: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 168,
        default: 24,
        description: "A session ends after this long, however busy it is.",
      }),
    ),
    track_session_start: Type.Optional(
      Type.Boolean({ default: false, description: "Make an event session_start before the first one of a session." }),
    ),
    track_session_end: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Make an event session_end for the session before, when the visitor's next one begins.",
      }),
    ),
  },
  {
    additionalProperties: false,
    description: "Adds context.session {id, number, is_new, started_at} to events of visitors.",
  },
);

export type SessionConfig = Type.Static<typeof SessionSection>;

/** What is kept of a visitor; times in epoch milliseconds of the events' own clock. */
interface SessionState {
  number: number;
  startedAt: number;
  lastAt: number;
  events: number;
}

const MINUTE_MS = 60_000;

/** Null where no sessions are asked for. Events of `server` pipelines belong to no visit, and what names its session itself keeps it. */
export function compileSessions(config: SessionConfig | undefined): VisitorStep | null {
  if (config === undefined || config.enabled === false) return null;
  const rules = {
    timeoutMs: (config.timeout_minutes ?? 30) * MINUTE_MS,
    longestMs: (config.max_duration_hours ?? 24) * 60 * MINUTE_MS,
    start: config.track_session_start === true,
    end: config.track_session_end === true,
  };
  return {
    key(subject) {
      const { event, pipelineType } = subject;
      const isOwn = isJsonObject(event.context["session"]);
      return pipelineType === "server" || isOwn ? null : visitorStateKey("session", subject);
    },
    run: (subject, state) => visit(subject, decode(state), rules),
  };
}

interface Rules {
  timeoutMs: number;
  longestMs: number;
  start: boolean;
  end: boolean;
}

function visit(subject: LayeredEvent, known: SessionState | null, rules: Rules): VisitorVerdict {
  const { event, time } = subject;
  // A clock that runs ahead must not keep every later visit in one session.
  const at = Math.min(Date.parse(event.timestamp), time);
  if (Number.isNaN(at)) return {};
  // An event that comes late from before the session says nothing of it.
  if (known !== null && at < known.startedAt - rules.timeoutMs) return {};
  const goesOn = known !== null && at - known.lastAt <= rules.timeoutMs && at - known.startedAt < rules.longestMs;
  if (goesOn) {
    const state = { ...known, lastAt: Math.max(known.lastAt, at), events: known.events + 1 };
    mark(event.context, state, false);
    return { state: encode(state) };
  }
  const state = { number: (known?.number ?? 0) + 1, startedAt: at, lastAt: at, events: 1 };
  mark(event.context, state, true);
  const ended = known !== null && rules.end ? [endEvent(subject, known)] : [];
  const started = rules.start ? [startEvent(subject, state)] : [];
  return { state: encode(state), before: [...ended, ...started] };
}

function mark(context: JsonObject, { number, startedAt }: SessionState, isNew: boolean): void {
  context["session"] = { id: startedAt, number, is_new: isNew, started_at: new Date(startedAt).toISOString() };
}

function startEvent(subject: LayeredEvent, state: SessionState): SignalEvent {
  const properties = { session_id: state.startedAt, session_number: state.number };
  return made(subject, "session_start", { properties, at: state.startedAt, context: subject.event.context });
}

function endEvent(subject: LayeredEvent, ended: SessionState): SignalEvent {
  const properties = {
    session_id: ended.startedAt,
    session_number: ended.number,
    duration_seconds: Math.round((ended.lastAt - ended.startedAt) / 1000),
    event_count: ended.events,
  };
  // Where the next visit began is not where this one ended: of the context only the consent still holds.
  const context: JsonObject = {};
  for (const key of ["consent", "consent_policy", "tcf_decoded"]) {
    const held = subject.event.context[key];
    if (held !== undefined) context[key] = held;
  }
  mark(context, ended, false);
  return made(subject, "session_end", { properties, at: ended.lastAt, context });
}

function made(
  { event, pipelineId }: LayeredEvent,
  name: "session_start" | "session_end",
  facts: { properties: JsonObject; at: number; context: JsonObject },
): SignalEvent {
  const { anonymousId, userId, integrations } = event;
  return {
    type: "track",
    event: name,
    messageId: derivedMessageId(pipelineId, event.messageId, name),
    timestamp: new Date(facts.at).toISOString(),
    receivedAt: event.receivedAt,
    ...(anonymousId === undefined ? {} : { anonymousId }),
    ...(userId === undefined ? {} : { userId }),
    ...(integrations === undefined ? {} : { integrations: structuredClone(integrations) }),
    properties: facts.properties,
    context: structuredClone(facts.context),
  };
}

function encode({ number, startedAt, lastAt, events }: SessionState): Uint8Array {
  return Buffer.from(`${number} ${startedAt} ${lastAt} ${events}`);
}

/** Null for bytes that are no state. */
function decode(bytes: Uint8Array | undefined): SessionState | null {
  if (bytes === undefined) return null;
  const numbers = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString().split(" ").map(Number);
  const [number, startedAt, lastAt, events] = numbers;
  if (number === undefined || startedAt === undefined || lastAt === undefined || events === undefined) return null;
  return numbers.every(Number.isFinite) ? { number, startedAt, lastAt, events } : null;
}
