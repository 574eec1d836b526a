/** Turns a batch of raw events into everything that is written for it, in one piece; nothing is committed here. */
import {
  type Logger,
  type SignalEvent,
  type SnapshotSource,
  RAW_EVENTS,
  eventText,
  isJsonObject,
  visitorKey,
} from "@datafly-signal/core";
import type { LogRecord, NewRecord, OffsetCommit } from "@datafly-signal/ports/log";
import type { StateStore, StateWrite } from "@datafly-signal/ports/state";
import { type LayerEvent, type LayerOutput, runDataLayer } from "./data-layer.ts";
import { integrationsChoice } from "./integrations-object.ts";
import type { LanePlan, Plans } from "./lane-plans.ts";
import { type LaneResult, type Sink, laneStep } from "./lane-step.ts";
import { type Incoming, type ReadRecord, isIncoming, markDuplicates, positionOf, readRecord } from "./read-records.ts";
import { errorKind } from "./error-kind.ts";
import { type Rejection, rejectedRecord } from "./rejected.ts";
import { available, Unavailable } from "./unavailable.ts";
import { type BatchTotals, type DeadLettered, type Filtered, type Tally, createTally } from "./tally.ts";
import type { EventTraces } from "./trace.ts";

export interface BatchWork {
  state: StateStore;
  snapshots: SnapshotSource;
  plans(): Plans;
  /** Wall clock, epoch milliseconds. */
  now(): number;
  dedupe: boolean;
  /** Where a batch is cut when its output grows larger, in bytes; at least one event is always taken. */
  maxOutputBytes: number;
  traces: EventTraces;
  logger: Logger;
}

export interface BatchOutput {
  append: NewRecord[];
  offsets: OffsetCommit[];
  /** To be written to the state store before the commit. */
  states: StateWrite[];
  /** How many of the records, from the first, are in it. */
  taken: number;
  totals: BatchTotals;
}

/** @throws {Unavailable} */
export async function workBatch(work: BatchWork, records: readonly LogRecord[]): Promise<BatchOutput> {
  const reads = records.map(readRecord);
  const plans = await plansFor(work, reads);
  const events = reads.filter(isIncoming).filter(({ pipelineId }) => plans.pipelines.has(pipelineId));
  if (work.dedupe) await available("state", markDuplicates(work.state, events, work.now()));
  const fresh = events.filter(({ duplicate }) => !duplicate);
  const layered = await runDataLayer(plans.layer, fresh, { state: work.state, pipelineTypes: plans.types });
  const batch: Batch = { work, plans, layered, tally: createTally(plans.lanes), sink: { append: [], bytes: 0 } };
  for (const [index, read] of reads.entries()) {
    take(batch, read);
    const taken = index + 1;
    // What the visitors of the rest left behind must not be written: the part is worked again by itself.
    if (batch.sink.bytes >= work.maxOutputBytes && taken < records.length)
      return workBatch(work, records.slice(0, taken));
  }
  return finish(batch.tally, { append: batch.sink.append, states: layered.states, taken: records });
}

/** The output that sets one record aside on `dlq-events` and goes past it. */
export function setAside(record: LogRecord, rejection: Rejection, keepOriginal: boolean): BatchOutput {
  const tally = createTally([]);
  tally.unprocessable(record.timestamp, rejection.error);
  return finish(tally, { append: [rejectedRecord(record, rejection, keepOriginal)], states: [], taken: [record] });
}

export function logSetAside(logger: Logger, { partition, offset }: LogRecord, error: string): void {
  logger.error({ partition, offset, error }, "an event could not be processed and was set aside on dlq-events");
}

/** A step of the data layer threw for an event; the message is the error's kind. */
class StepFailed extends Error {}

interface Batch {
  work: BatchWork;
  plans: Plans;
  layered: LayerOutput;
  tally: Tally;
  sink: Sink;
}

/** The current plans; when a pipeline is not in them, a newer snapshot is looked for first. */
async function plansFor(work: BatchWork, reads: readonly ReadRecord[]): Promise<Plans> {
  const plans = currentPlans(work);
  if (!reads.some((read) => isIncoming(read) && !plans.pipelines.has(read.pipelineId))) return plans;
  try {
    await work.snapshots.refresh();
  } catch (error) {
    // Without its source the last good snapshot goes on being the configuration.
    work.logger.warn({ error: errorKind(error) }, "no newer configuration could be looked for");
  }
  return currentPlans(work);
}

function currentPlans(work: BatchWork): Plans {
  try {
    return work.plans();
  } catch (error) {
    throw new Unavailable("configuration", error);
  }
}

/** One record: every way out leaves exactly one count of the stage, and one of each lane that was considered. */
function take(batch: Batch, read: ReadRecord): void {
  if (!isIncoming(read)) return reject(batch, read.record, read.rejection);
  const lanes = batch.plans.pipelines.get(read.pipelineId);
  if (lanes === undefined)
    return setEventAside(batch, read, { error: "pipeline_deleted", details: read.pipelineId.slice(0, 200) });
  const mark = { append: batch.sink.append.length, bytes: batch.sink.bytes };
  try {
    deliverAll(batch, read, lanes);
  } catch (error) {
    batch.sink.append.length = mark.append;
    batch.sink.bytes = mark.bytes;
    const kind = error instanceof StepFailed ? error.message : errorKind(error);
    logSetAside(batch.work.logger, read.record, kind);
    setEventAside(batch, read, { error: "processing_failed", details: kind });
  }
}

function reject({ sink, tally }: Batch, record: LogRecord, rejection: Rejection): void {
  const rejected = rejectedRecord(record, rejection);
  sink.append.push(rejected);
  sink.bytes += rejected.value?.byteLength ?? 0;
  tally.unprocessable(record.timestamp, rejection.error);
}

/** An event that can be read: its trace says what was wrong with it. */
function setEventAside(batch: Batch, incoming: Incoming, rejection: Rejection): void {
  reject(batch, incoming.record, rejection);
  const { pipelineId, test } = incoming;
  const trace = batch.work.traces.setAside({
    messageId: incoming.event.messageId,
    event: () => cleaned(batch, incoming.event),
    pipelineId,
    test,
    rejection,
  });
  if (trace !== null) batch.sink.append.push(trace);
}

/** Null for an event that cannot even be copied. */
function cleaned({ plans }: Batch, event: SignalEvent): SignalEvent | null {
  try {
    return plans.layer.clean(event);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function deliverAll(batch: Batch, incoming: Incoming, lanes: readonly LanePlan[]): void {
  const { tally, layered } = batch;
  const time = incoming.record.timestamp;
  if (incoming.duplicate) {
    for (const lane of lanes) tally.lane(time, lane.index, "duplicate");
    return tally.processed(time);
  }
  const events = layered.of(incoming);
  const own = events.at(-1);
  if (own?.failed) throw new StepFailed(own.failed);
  if (own?.verdict && "reject" in own.verdict) {
    return setEventAside(batch, incoming, { error: own.verdict.reject, details: own.verdict.details });
  }
  for (const { failed, derivedFrom } of events) {
    if (failed !== null)
      batch.work.logger.error({ cause: derivedFrom, error: failed }, "an event that another one causes was not made");
  }
  const counted = events
    .filter(({ failed }) => failed === null)
    .map((one) => ({ results: deliverOne(batch, { incoming, one, lanes }) }));
  // From here on nothing throws: an event is counted as a whole or not at all.
  for (const { results } of counted) {
    lanes.forEach((lane, index) => tally.lane(time, lane.index, reasonOf(results[index])));
  }
  tally.processed(time);
}

function deliverOne(
  { sink, work, plans }: Batch,
  { incoming, one, lanes }: { incoming: Incoming; one: LayerEvent; lanes: readonly LanePlan[] },
): LaneResult[] {
  const { derivedFrom, verdict } = one;
  // What a step stopped may not have come to the one that takes personal data out; all that is left of it is its trace.
  const event = verdict === null ? one.event : plans.layer.clean(one.event);
  const { consent: given } = event.context;
  const consent = isJsonObject(given) ? given : null;
  const text = eventText(event, { raw: positionOf(incoming), consent, trace: incoming.test, derivedFrom });
  const choice = integrationsChoice(event["integrations"]);
  const prepared = { record: incoming.record, event, text, consent, choice, visitor: visitorKey(event) };
  const results = lanes.map((lane): LaneResult => {
    if (verdict !== null && "drop" in verdict) return { filtered: verdict.drop };
    return laneStep(lane, prepared, sink);
  });
  const trace = work.traces.record({
    event,
    pipelineId: incoming.pipelineId,
    test: incoming.test,
    text,
    lanes,
    results,
  });
  if (trace !== null) {
    sink.append.push(trace);
    sink.bytes += trace.value?.byteLength ?? 0;
  }
  return results;
}

/** Null for a delivery. */
function reasonOf(result: LaneResult | undefined): Filtered | DeadLettered | null {
  if (result === undefined || "payload" in result) return null;
  return "filtered" in result ? result.filtered : result.deadLettered;
}

function finish(
  tally: Tally,
  { append, states, taken }: { append: NewRecord[]; states: StateWrite[]; taken: readonly LogRecord[] },
): BatchOutput {
  const next = new Map<number, number>();
  for (const { partition, offset } of taken) next.set(partition, offset + 1);
  return {
    append: [...append, ...tally.records()],
    offsets: [...next].map(([partition, offset]) => ({ topic: RAW_EVENTS, partition, offset })),
    states,
    taken: taken.length,
    totals: tally.totals(),
  };
}
