/** Replaying and discarding dead letters: marking and appending are one atomic append. */
import {
  type CompiledMapping,
  type ConfigSnapshot,
  DEAD_LETTER_STATES,
  type DeadLetterRecord,
  type DeadLetterState,
  type DeliveryRecord,
  deliveryKey,
  deliveryTopic,
  MappingError,
  OUTCOMES,
  type OutcomeRecord,
  visitorKey,
} from "@datafly-signal/core";
import type { NewRecord } from "@datafly-signal/ports/log";

/** What became of the dead letters that were asked for. */
export interface ReplayResult {
  /** Appended for delivery again. */
  replayed: number;
  discarded: number;
  /** Left as they were, by reason: `not_open`, `no_longer_kept`, `too_large_to_keep`, `needs_remap` (it was never mapped), `integration_gone`, `mapping_stopped`, `mapping_failed`. */
  skipped: Record<string, number>;
}

export interface ReplayContext {
  snapshot: ConfigSnapshot;
  /** The lane's current mapping, null when it sends the canonical event. */
  mappingOf(integrationId: string, revision: number): CompiledMapping | null;
  /** Wall clock, epoch milliseconds. */
  now: number;
}

export type ReplayMode = "as_is" | "remap";

/** The records that send one dead letter again, to its own integration only, tries starting from 0; or why it is left. */
export function replayRecords(
  letter: DeadLetterRecord,
  mode: ReplayMode,
  context: ReplayContext,
): { append: NewRecord[] } | { skipped: string } {
  if (letter.delivery === null) return { skipped: "too_large_to_keep" };
  if (letter.reason === "mapping_failed" && mode === "as_is") return { skipped: "needs_remap" };
  const { snapshot, now } = context;
  const configured = snapshot.lanes.some((lane) => lane.id === letter.pipelineIntegrationId);
  if (!configured) return { skipped: "integration_gone" };
  const built = mode === "remap" ? remap(letter.delivery, context) : { delivery: letter.delivery };
  if ("skipped" in built) return { skipped: built.skipped };
  const at = new Date(now).toISOString();
  const delivery: DeliveryRecord = { ...built.delivery, replayOf: letter.id, replayedAt: at };
  return {
    append: [
      {
        topic: deliveryTopic(letter.integrationId),
        key: deliveryKey(letter.pipelineIntegrationId, visitorKey(delivery.event)),
        value: Buffer.from(JSON.stringify(delivery)),
      },
      stateRecord(letter.id, { v: 1, state: "replaying", at }),
      outcome(letter, now, { kind: "dead_lettered", reason: letter.reason }, -1),
      outcome(letter, now, { kind: "replayed", reason: null }, 1),
    ],
  };
}

/** Marks a dead letter as given up for good; it stays counted as dead-lettered. */
export function discardRecord(id: string, now: number): NewRecord {
  return stateRecord(id, { v: 1, state: "discarded", at: new Date(now).toISOString() });
}

function remap(delivery: DeliveryRecord, context: ReplayContext): { delivery: DeliveryRecord } | { skipped: string } {
  const { snapshot } = context;
  const lane = snapshot.lanes.find((candidate) => candidate.id === delivery.pipelineIntegrationId);
  const pipeline = snapshot.pipelines.find((candidate) => candidate.id === delivery.pipelineId);
  if (lane === undefined || pipeline === undefined) return { skipped: "integration_gone" };
  const base = { ...delivery, revision: lane.revision, snapshot: snapshot.number };
  const mapping = context.mappingOf(lane.integrationId, lane.revision);
  if (mapping === null) return { delivery: { ...base, payload: delivery.event, vendorEventName: null } };
  try {
    const result = mapping.apply(delivery.event, pipeline.parameters);
    if (result.kind === "stopped") return { skipped: "mapping_stopped" };
    return { delivery: { ...base, payload: result.payload, vendorEventName: result.vendorEventName } };
  } catch (error) {
    if (error instanceof MappingError) return { skipped: "mapping_failed" };
    throw error;
  }
}

function stateRecord(id: string, state: DeadLetterState): NewRecord {
  return { topic: DEAD_LETTER_STATES, key: id, value: Buffer.from(JSON.stringify(state)) };
}

function outcome(
  letter: DeadLetterRecord,
  now: number,
  what: { kind: "dead_lettered"; reason: DeadLetterRecord["reason"] } | { kind: "replayed"; reason: null },
  count: number,
): NewRecord {
  const record: OutcomeRecord = {
    v: 1,
    minute: now - (now % 60_000),
    count,
    lane: {
      pipelineId: letter.delivery?.pipelineId ?? "",
      integrationId: letter.integrationId,
      pipelineIntegrationId: letter.pipelineIntegrationId,
    },
    ...what,
  };
  return { topic: OUTCOMES, key: letter.pipelineIntegrationId, value: Buffer.from(JSON.stringify(record)) };
}
