/** The operator's own door: one event into the log as if a client had sent it, without a key, an origin or a limit. */
import {
  checkEnvelope,
  GATEWAY_ERRORS,
  type GatewayErrorCode,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type NewIds,
  type SnapshotSource,
  takeIn,
} from "@datafly-signal/core";
import { LogError } from "@datafly-signal/ports/log";
import type { AppendQueue } from "./append-queue.ts";
import { recordOf } from "./event-intake.ts";
import { isTooDeep, MAX_DEPTH, parseBody } from "./json-body.ts";
import type { ReceiptTime } from "./receipt-time.ts";

export interface Injection {
  pipelineId: string;
  event: JsonValue;
  /** Takes the place of the event's own `integrations`: which of the pipeline's integrations it goes to. */
  integrations: JsonObject;
}

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

/** Resolves when the event is durable, or with why it is not taken; it is stored with `input: "test"`. */
export async function inject(parts: InjectParts, injection: Injection): Promise<Injected> {
  const { pipelineId } = injection;
  if (!parts.accepting()) return refused("overloaded");
  const pipeline = parts.snapshots.current().pipelines.find(({ id }) => id === pipelineId);
  if (pipeline === undefined) return refused("not_found", `There is no pipeline ${pipelineId} in the configuration.`);
  if (isTooDeep(injection.event)) {
    return refused("invalid_event", `The event is nested more than ${MAX_DEPTH} levels deep. Flatten it.`);
  }
  // As text, so that it is read as a client's would be.
  const body = parseBody(Buffer.from(JSON.stringify(injection.event)));
  const event = body.kind === "json" ? body.value : null;
  if (!isJsonObject(event)) return refused("invalid_event", "An event must be a JSON object.");
  const type = checkEnvelope(event, { expected: null, typeRequired: true });
  if (typeof type !== "string") return refused("invalid_event", type.message);
  const { receivedAt, receivedAtText } = parts.received();
  const request = { ip: "127.0.0.1", browser: false };
  const arrival = { pipelineId, input: "test" as const, receivedAt, receivedAtText, request };
  const seen = { browser: false, dfid: null };
  const taken = takeIn({ ...event, integrations: injection.integrations }, { type, arrival, seen, ids: parts.ids });
  const record = recordOf(taken);
  const bytes = record.value?.byteLength ?? 0;
  if (bytes > parts.maxPayloadBytes) return refused("payload_too_large");
  const error = await new Promise((resolve) => parts.appends.push([record], bytes, resolve));
  if (error === null) {
    parts.accepted(1);
    return { ok: true, messageId: taken.raw.messageId };
  }
  if (error instanceof LogError && error.code === "record_too_large") return refused("payload_too_large");
  return refused(error instanceof LogError ? "overloaded" : "internal_error");
}

function refused(code: GatewayErrorCode, message: string = GATEWAY_ERRORS[code].message): Injected {
  return { ok: false, code, message };
}
