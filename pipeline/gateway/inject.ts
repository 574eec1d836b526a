/** The operator's own door: one event into the log, new or once more, without a key, an origin or a limit. */
import {
  checkEnvelope,
  GATEWAY_ERRORS,
  type GatewayErrorCode,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type NewIds,
  openEnvelope,
  RAW_EVENTS,
  type RawEvent,
  rawEventKey,
  type SnapshotSource,
  takeIn,
} from "@datafly-signal/core";
import { LogError, type NewRecord } from "@datafly-signal/ports/log";
import type { AppendQueue } from "./append-queue.ts";
import { recordOf } from "./event-intake.ts";
import { isTooDeep, MAX_DEPTH, parseBody } from "./json-body.ts";
import type { ReceiptTime } from "./receipt-time.ts";

/** An event as a client sends it. */
interface TestEvent {
  pipelineId: string;
  event: JsonValue;
  /** Takes the place of the event's own `integrations`: which of the pipeline's integrations it goes to. */
  integrations: JsonObject;
}

/** An event that was set aside: it goes onto the log once more as it stood there. */
interface EventAgain {
  again: JsonObject;
  /** A `dl_…` id: its duplicates are not looked for. */
  replayOf: string;
}

export type Injection = TestEvent | EventAgain;

export type Injected = { ok: true; messageId: string } | { ok: false; code: GatewayErrorCode; message: string };

export interface InjectParts {
  snapshots: Pick<SnapshotSource, "current">;
  appends: AppendQueue;
  received: () => ReceiptTime;
  ids: NewIds;
  accepting: () => boolean;
  maxPayloadBytes: number;
  /** Counts what was taken. */
  accepted(events: number): void;
}

/** Resolves when the event is durable, or with why it is not taken. */
export async function inject(parts: InjectParts, injection: Injection): Promise<Injected> {
  if (!parts.accepting()) return refused("overloaded");
  const made = "again" in injection ? onceMore(parts, injection) : testEvent(parts, injection);
  if ("ok" in made) return made;
  const { record, messageId } = made;
  const error = await new Promise((resolve) => parts.appends.push([record], record.value?.byteLength ?? 0, resolve));
  if (error === null) {
    parts.accepted(1);
    return { ok: true, messageId };
  }
  if (error instanceof LogError && error.code === "record_too_large") return refused("payload_too_large");
  return refused(error instanceof LogError ? "overloaded" : "internal_error");
}

interface Made {
  record: NewRecord;
  messageId: string;
}

/** It is stored with `input: "test"`. */
function testEvent(parts: InjectParts, { pipelineId, event: given, integrations }: TestEvent): Made | Injected {
  const unknown = unknownPipeline(parts, pipelineId);
  if (unknown !== null) return unknown;
  if (isTooDeep(given)) {
    return refused("invalid_event", `The event is nested more than ${MAX_DEPTH} levels deep. Flatten it.`);
  }
  // As text, so that it is read as a client's would be.
  const body = parseBody(Buffer.from(JSON.stringify(given)));
  const event = body.kind === "json" ? body.value : null;
  if (!isJsonObject(event)) return refused("invalid_event", "An event must be a JSON object.");
  const type = checkEnvelope(event, { expected: null, typeRequired: true });
  if (typeof type !== "string") return refused("invalid_event", type.message);
  const { receivedAt, receivedAtText } = parts.received();
  const request = { ip: "127.0.0.1", browser: false };
  const arrival = { pipelineId, input: "test" as const, receivedAt, receivedAtText, request };
  const seen = { browser: false, dfid: null };
  const taken = takeIn({ ...event, integrations }, { type, arrival, seen, ids: parts.ids });
  const record = recordOf(taken);
  if ((record.value?.byteLength ?? 0) > parts.maxPayloadBytes) return refused("payload_too_large");
  return { record, messageId: taken.raw.messageId };
}

/** Its ids, times and the facts of its request stay as they were. */
function onceMore(parts: InjectParts, { again, replayOf }: EventAgain): Made | Injected {
  // Opening takes the record apart: it works on a copy.
  const opened = openEnvelope(structuredClone(again));
  if ("field" in opened) return refused("invalid_event", `The field ${opened.field} is not as it must be.`);
  const unknown = unknownPipeline(parts, opened.pipelineId);
  if (unknown !== null) return unknown;
  const raw = { ...again, replayOf } as RawEvent & { replayOf: string };
  const value = Buffer.from(JSON.stringify(raw));
  return { record: { topic: RAW_EVENTS, key: rawEventKey(raw), value }, messageId: raw.messageId };
}

function unknownPipeline({ snapshots }: InjectParts, pipelineId: string): Injected | null {
  const known = snapshots.current().pipelines.some(({ id }) => id === pipelineId);
  return known ? null : refused("not_found", `There is no pipeline ${pipelineId} in the configuration.`);
}

function refused(code: GatewayErrorCode, message: string = GATEWAY_ERRORS[code].message): Injected {
  return { ok: false, code, message };
}
