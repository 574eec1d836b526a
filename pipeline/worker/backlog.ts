/** Deliveries that wait by position: parked after a try, held for a blocked lane, or doomed; read again when their time comes. */
import type { DeadLetterReason } from "@datafly-signal/core";
import type { LogRecord } from "@datafly-signal/ports/log";
import type { RunnerContext } from "./context.ts";
import { DueHeap } from "./due-heap.ts";
import { type Entry, enqueue, type Lane, type ParkedBatch, queueRoom, type SendMode } from "./lane.ts";
import type { Parked } from "./partition-ledger.ts";
import { makeEntry, readDelivery } from "./read-delivery.ts";
import { settleDead, settleUnreadable } from "./settle.ts";

/** Records read again at once. */
const CHUNK = 256;
const READ_RETRY_MS = 1_000;

export interface ParkFacts {
  delayMs: number;
  lastStatus: number | null;
  /** Wall clock, epoch milliseconds. */
  triedAt: number;
  /** The id that the deliveries have as one batch; null when there is one only. */
  batchId: string | null;
  doneParts: readonly number[];
}

export interface BacklogHooks {
  /** There may be something to send for the lane now. */
  pump(lane: Lane): void;
  /** Calls `tick` at that moment of the monotonic clock, or before. */
  wakeAt(moment: number): void;
}

export class Backlog {
  readonly #context: RunnerContext;
  readonly #hooks: BacklogHooks;
  readonly #waiting = new DueHeap();
  #doomed: { lane: Lane; parked: Parked; reason: DeadLetterReason }[] = [];
  #burying = false;
  #closed = false;

  constructor(context: RunnerContext, hooks: BacklogHooks) {
    this.#context = context;
    this.#hooks = hooks;
  }

  /** Parks deliveries that failed together; their payloads leave memory. */
  park(lane: Lane, entries: readonly Entry[], facts: ParkFacts): void {
    const { clock, committer } = this.#context;
    const members = entries.flatMap((entry, place): Parked[] => {
      this.#context.memory.bytes -= entry.bytes;
      if (entry.home.revoked) return [];
      const parked = parkedEntry(lane, entry, {
        tries: (entry.parked?.tries ?? 0) + 1,
        dueAt: clock.wall() + facts.delayMs,
        lastStatus: facts.lastStatus,
        firstTriedAt: entry.parked?.firstTriedAt ?? facts.triedAt,
        lastTriedAt: facts.triedAt,
        group: facts.batchId === null ? null : { batchId: facts.batchId, place },
        doneParts: facts.doneParts,
      });
      entry.home.park(parked);
      return [parked];
    });
    committer.touch();
    this.wait(lane, members, clock.monotonic() + facts.delayMs);
  }

  /** Puts parked deliveries where they wait for their moment. */
  wait(lane: Lane, members: Parked[], dueAt: number): void {
    for (const parked of members) lane.retrying.add(parked);
    this.#waiting.push({ lane, members, dueAt });
    this.#hooks.wakeAt(dueAt);
  }

  /** Holds a fresh delivery by position, for a lane that cannot take it now. */
  hold(lane: Lane, entry: Entry): void {
    this.#context.memory.bytes -= entry.bytes;
    if (entry.home.revoked) return;
    const kept = entry.parked;
    const parked = parkedEntry(lane, entry, {
      tries: 0,
      dueAt: 0,
      lastStatus: null,
      firstTriedAt: null,
      lastTriedAt: null,
      group: null,
      doneParts: [],
    });
    // One that comes from the ledger stands there already.
    if (kept === null) entry.home.park(parked);
    else entry.home.parked.set(entry.offset, parked);
    lane.held.push(parked);
    this.#context.committer.touch();
  }

  /** Moves what has become due to its lanes. */
  tick(now: number): void {
    for (;;) {
      const first = this.#waiting.first();
      if (first === undefined) return;
      if (first.dueAt > now) {
        this.#hooks.wakeAt(first.dueAt);
        return;
      }
      this.#waiting.pop();
      first.lane.due.push(first);
      this.#hooks.pump(first.lane);
    }
  }

  /** Reads parked deliveries again when the lane can use them. */
  fill(lane: Lane, mode: SendMode): void {
    if (lane.loading || mode === "blocked" || this.#closed || this.#memoryIsFull(lane)) return;
    if (mode === "probe") this.#fillProbe(lane);
    else if (lane.due.length > 0 && lane.ready.length < (lane.plan?.concurrency ?? 1)) this.#fillDue(lane);
    else if (lane.held.length > 0 && lane.queue.length < queueRoom(lane) / 2) this.#fillHeld(lane);
  }

  /** Gives parked deliveries up; they are read again for their dead letters. */
  doom(lane: Lane, parked: readonly Parked[], reason: DeadLetterReason): void {
    for (const each of parked) {
      if (each.taken) continue;
      each.taken = true;
      lane.retrying.delete(each);
      this.#doomed.push({ lane, parked: each, reason });
    }
    if (!this.#burying && this.#doomed.length > 0) void this.#bury();
  }

  /** Nothing is on its way to a dead letter. */
  get quiet(): boolean {
    return this.#doomed.length === 0 && !this.#burying;
  }

  close(): void {
    this.#closed = true;
  }

  #memoryIsFull(lane: Lane): boolean {
    const { bytes, max } = this.#context.memory;
    return bytes >= max && lane.inFlight + lane.queue.length + lane.ready.length > 0;
  }

  /** The least recently tried delivery, else the first one held: alone. */
  #fillProbe(lane: Lane): void {
    if (lane.ready.length + lane.queue.length > 0) return;
    const [oldest] = lane.retrying;
    const parked = oldest ?? takeHeld(lane, 1)[0];
    if (parked === undefined) return;
    lane.retrying.delete(parked);
    parked.taken = true;
    void this.#load(lane, [{ lane, members: [parked], dueAt: 0 }]);
  }

  #fillDue(lane: Lane): void {
    const batches: ParkedBatch[] = [];
    for (let count = 0; count < CHUNK;) {
      const batch = lane.due.shift();
      if (batch === undefined) break;
      const members = batch.members.filter((parked) => !parked.taken && !parked.home.revoked);
      for (const parked of batch.members) lane.retrying.delete(parked);
      for (const parked of members) parked.taken = true;
      count += members.length;
      if (members.length > 0) batches.push({ ...batch, members });
    }
    if (batches.length > 0) void this.#load(lane, batches);
  }

  #fillHeld(lane: Lane): void {
    const members = takeHeld(lane, CHUNK);
    if (members.length > 0) void this.#load(lane, [{ lane, members, dueAt: 0 }]);
  }

  async #load(lane: Lane, batches: readonly ParkedBatch[]): Promise<void> {
    lane.loading = true;
    const all = batches.flatMap(({ members }) => members);
    const records = await this.#read(all);
    lane.loading = false;
    if (records === null) return;
    const entries = new Map<Parked, Entry>();
    all.forEach((parked, index) => {
      const entry = this.#entry(lane, parked, records[index]);
      if (entry !== null) entries.set(parked, entry);
    });
    for (const { members } of batches) {
      const found = members.flatMap((parked) => entries.get(parked) ?? []);
      if (members[0]?.tries === 0) for (const entry of found) enqueue(lane, entry);
      else if (found.length > 0) lane.ready.push({ entries: found, refreshed: false, prepared: false });
    }
    this.#hooks.pump(lane);
  }

  /** The records again; waits while the log cannot be read, null once closed. */
  async #read(parked: readonly Parked[]): Promise<(LogRecord | undefined)[] | null> {
    const { log, topic, clock, logger } = this.#context;
    const positions = parked.map(({ home, offset }) => ({ topic, partition: home.partition, offset }));
    while (!this.#closed) {
      try {
        return await log.readAt(positions);
      } catch (error) {
        logger.warn({ topic, error: String(error) }, "parked deliveries could not be read; trying again");
        await new Promise<void>((resolve) => void clock.after(READ_RETRY_MS, resolve));
      }
    }
    return null;
  }

  #entry(lane: Lane, parked: Parked, record: LogRecord | undefined): Entry | null {
    if (parked.home.revoked) return null;
    const place = { home: parked.home, offset: parked.offset, lane: lane.ref };
    if (record === undefined) {
      settleUnreadable(this.#context, place, {
        reason: "expired_waiting",
        detail: "The log no longer keeps the delivery.",
      });
      return null;
    }
    const delivery = readDelivery(record, this.#context.integrationId);
    if (delivery === null) {
      const detail = "The record is not a delivery.";
      settleUnreadable(this.#context, place, { reason: "unreadable_record", detail, bytes: record.value.byteLength });
      return null;
    }
    // A lane that only the ledger knew has no pipeline yet.
    if (lane.ref.pipelineId === "") lane.ref.pipelineId = delivery.pipelineId;
    const entry = makeEntry(record, delivery, { home: parked.home, parked, now: this.#context.clock.monotonic() });
    this.#context.memory.bytes += entry.bytes;
    return entry;
  }

  async #bury(): Promise<void> {
    this.#burying = true;
    while (this.#doomed.length > 0 && !this.#closed) {
      const chunk = this.#doomed.slice(0, CHUNK);
      const records = await this.#read(chunk.map(({ parked }) => parked));
      if (records === null) break;
      this.#doomed = this.#doomed.slice(chunk.length);
      chunk.forEach(({ lane, parked, reason }, index) => {
        const entry = this.#entry(lane, parked, records[index]);
        if (entry !== null) settleDead(this.#context, lane, entry, { reason });
      });
      // One chunk a commit: the dead letters of a large backlog do not pile up in memory.
      await this.#context.committer.flush();
    }
    this.#burying = false;
  }
}

function takeHeld(lane: Lane, count: number): Parked[] {
  const taken: Parked[] = [];
  while (taken.length < count) {
    const parked = lane.held.shift();
    if (parked === undefined) break;
    if (parked.taken || parked.home.revoked) continue;
    parked.taken = true;
    taken.push(parked);
  }
  return taken;
}

function parkedEntry(
  lane: Lane,
  entry: Entry,
  facts: Omit<Parked, "home" | "offset" | "taken" | "laneId" | "waitsSince" | "timestamp">,
): Parked {
  return {
    ...facts,
    home: entry.home,
    offset: entry.offset,
    taken: false,
    laneId: lane.ref.pipelineIntegrationId,
    waitsSince: entry.times.waitsSince,
    timestamp: entry.times.timestamp,
  };
}
