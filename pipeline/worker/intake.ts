/** Takes what was read from the topic in: to a lane's queue, held by position, or given up. */
import { ageFault, type LaneRef } from "@datafly-signal/core";
import type { LogRecord } from "@datafly-signal/ports/log";
import type { Backlog } from "./backlog.ts";
import type { RunnerContext } from "./context.ts";
import { dequeue, type Entry, enqueue, isHungry, type Lane } from "./lane.ts";
import type { Lanes } from "./lanes.ts";
import type { PartitionLedger } from "./partition-ledger.ts";
import { makeEntry, readDelivery } from "./read-delivery.ts";
import { settleDead, settleUnreadable } from "./settle.ts";

/** A blocked lane beside busy ones keeps this many deliveries in memory. */
const BLOCKED_ROOM = 64;

export interface IntakeParts {
  context: RunnerContext;
  lanes: Lanes;
  backlog: Backlog;
}

/** Takes records in and answers the lanes that got something. */
export function takeIn(
  parts: IntakeParts,
  homes: ReadonlyMap<number, PartitionLedger>,
  records: readonly LogRecord[],
): Set<Lane> {
  const touched = new Set<Lane>();
  for (const record of records) {
    const home = homes.get(record.partition);
    if (home === undefined || home.revoked || !home.takeIn(record.offset)) continue;
    const placed = place(parts, home, record);
    if (placed === null) continue;
    touched.add(placed.lane);
    if (placed.lane.accepting) enqueue(placed.lane, placed.entry);
    else parts.backlog.hold(placed.lane, placed.entry);
  }
  return touched;
}

/** Takes a record in that was under way when the worker stopped. */
export function takeBack(
  parts: IntakeParts,
  { home, offset }: Pick<Entry, "home" | "offset">,
  record: LogRecord | undefined,
): void {
  if (record === undefined) {
    const lane = unknownLane(parts.context.integrationId);
    const detail = "The log no longer keeps the delivery.";
    settleUnreadable(parts.context, { home, offset, lane }, { reason: "expired_waiting", detail });
    return;
  }
  const placed = place(parts, home, record);
  if (placed !== null) enqueue(placed.lane, placed.entry);
}

/** Says of each lane whether the next poll may fill its queue, and whether there is a lane to read for at all. */
export function chooseReaders(lanes: Lanes): boolean {
  let any = lanes.size === 0;
  for (const lane of lanes.all()) {
    lane.accepting = isHungry(lane);
    any ||= lane.accepting;
  }
  return any;
}

/** Moves what a lane that cannot send keeps in memory to the ledger, so that its siblings have the room. */
export function spill({ lanes, backlog }: IntakeParts, lane: Lane): void {
  if (lanes.size < 2 || lane.gone || lane.queue.length <= BLOCKED_ROOM) return;
  const kept: Entry[] = [];
  for (let entry = dequeue(lane); entry !== undefined; entry = dequeue(lane)) {
    if (kept.length < BLOCKED_ROOM) kept.push(entry);
    else backlog.hold(lane, entry);
  }
  for (const entry of kept) enqueue(lane, entry);
}

/** Gives everything up that waits and is too old, whether its lane may send or not. */
export function giveUpOld({ context, lanes, backlog }: IntakeParts, homes: Iterable<PartitionLedger>): void {
  const now = context.clock.wall();
  const byId = new Map<string, Lane>();
  for (const lane of lanes.all()) {
    byId.set(lane.ref.pipelineIntegrationId, lane);
    const queued = lane.queue.drain();
    lane.queueBytes = 0;
    for (const entry of youngOf(context, lane, queued)) enqueue(lane, entry);
    for (const batch of lane.ready.drain()) {
      const entries = youngOf(context, lane, batch.entries);
      if (entries.length > 0) lane.ready.push({ ...batch, entries });
    }
  }
  for (const home of homes) {
    for (const parked of home.parked.values()) {
      const lane = byId.get(parked.laneId);
      if (lane === undefined || parked.taken) continue;
      const reason = ageFault(parked, now, lane.plan?.maxEventAgeMs);
      if (reason !== null) backlog.doom(lane, [parked], reason);
    }
  }
}

function youngOf(context: RunnerContext, lane: Lane, entries: readonly Entry[]): Entry[] {
  const now = context.clock.wall();
  return entries.filter((entry) => {
    const reason = ageFault(entry.times, now, lane.plan?.maxEventAgeMs);
    if (reason !== null) settleDead(context, lane, entry, { reason });
    return reason === null;
  });
}

/** Gives everything up that waits for a lane which has left the configuration. */
export function giveUpAll({ context, backlog }: IntakeParts, lane: Lane): void {
  const reason = "integration_deleted" as const;
  const waiting = [...lane.queue.drain(), ...lane.ready.drain().flatMap(({ entries }) => entries)];
  lane.queueBytes = 0;
  for (const entry of waiting) settleDead(context, lane, entry, { reason });
  backlog.doom(lane, [...lane.retrying, ...lane.held.drain()], reason);
  lane.due.clear();
}

/** Forgets what a lane has of partitions that belong to another worker now. */
export function forgetRevoked({ context }: IntakeParts, lane: Lane): void {
  for (let count = lane.queue.length; count > 0; count -= 1) {
    const entry = dequeue(lane);
    if (entry === undefined) break;
    if (entry.home.revoked) context.memory.bytes -= entry.bytes;
    else enqueue(lane, entry);
  }
  for (const parked of lane.retrying) {
    if (parked.home.revoked) lane.retrying.delete(parked);
  }
  for (const parked of lane.held.drain()) {
    if (!parked.home.revoked) lane.held.push(parked);
  }
}

function place(parts: IntakeParts, home: PartitionLedger, record: LogRecord): { lane: Lane; entry: Entry } | null {
  const { context, lanes } = parts;
  const delivery = readDelivery(record, context.integrationId);
  if (delivery === null) {
    const bytes = record.value.byteLength;
    const lane = laneOfKey(parts, record.key);
    context.logger.warn(
      { topic: record.topic, partition: record.partition, offset: record.offset, bytes },
      "a record is not a delivery",
    );
    settleUnreadable(
      context,
      { home, offset: record.offset, lane },
      { reason: "unreadable_record", detail: "The record is not a delivery.", bytes },
    );
    return null;
  }
  const { pipelineId, integrationId, pipelineIntegrationId } = delivery;
  const lane = lanes.of({ pipelineId, integrationId, pipelineIntegrationId }, delivery.snapshot);
  const entry = makeEntry(record, delivery, { home, parked: null, now: context.clock.monotonic() });
  context.memory.bytes += entry.bytes;
  if (!lane.gone) return { lane, entry };
  settleDead(context, lane, entry, { reason: "integration_deleted" });
  return null;
}

/** Delivery records are keyed by lane and visitor: enough to count an unreadable one where it belongs. */
function laneOfKey({ context, lanes }: IntakeParts, key: string): LaneRef {
  const id = key.slice(0, Math.max(0, key.indexOf(":")));
  for (const { ref } of lanes.all()) {
    if (ref.pipelineIntegrationId === id) return ref;
  }
  return { ...unknownLane(context.integrationId), pipelineIntegrationId: id };
}

function unknownLane(integrationId: string): LaneRef {
  return { pipelineId: "", integrationId, pipelineIntegrationId: "" };
}
