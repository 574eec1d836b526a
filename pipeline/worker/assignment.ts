/** The partitions that are this worker's: their ledgers are loaded when they come and forgotten when they go. */
import { WORKER_LEDGER, workerGroup } from "@datafly-signal/core";
import type { LogRecord } from "@datafly-signal/ports/log";
import { forgetRevoked, type IntakeParts, takeBack } from "./intake.ts";
import type { Lane } from "./lane.ts";
import { decodeLedger } from "./ledger-format.ts";
import { type Parked, PartitionLedger } from "./partition-ledger.ts";

const READ_BACK = 256;
const LOAD_RETRY_MS = 1_000;
/** The ladder's longest wait and the longest obeyed `Retry-After`; a wall clock that was set back must not add to it. */
const LONGEST_WAIT_MS = 3_600_000;

export class Assignment {
  /** By partition. */
  readonly homes = new Map<number, PartitionLedger>();
  readonly #parts: IntakeParts;
  #closed = false;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Loads the ledgers of partitions; tries until it can, because nothing may be read before. */
  async takeOver(partitions: readonly number[]): Promise<void> {
    const { committer, clock, logger, topic } = this.#parts.context;
    // A commit that is under way may still be of these partitions, from before.
    await committer.quiet();
    while (!this.#closed) {
      try {
        this.giveBack(partitions);
        return await this.#load(partitions);
      } catch (error) {
        logger.warn({ topic, error: String(error) }, "the delivery ledger could not be read; trying again");
        await new Promise<void>((resolve) => void clock.after(LOAD_RETRY_MS, resolve));
      }
    }
  }

  /** Nothing is sent or committed for these any more. */
  giveBack(partitions: readonly number[]): void {
    const { context, lanes } = this.#parts;
    for (const partition of partitions) {
      const home = this.homes.get(partition);
      if (home === undefined) continue;
      home.revoked = true;
      this.homes.delete(partition);
      context.committer.drop(home);
    }
    for (const lane of lanes.all()) forgetRevoked(this.#parts, lane);
  }

  /** Deliveries that wait by position. */
  parkedCount(): number {
    let count = 0;
    for (const { parked } of this.homes.values()) count += parked.size;
    return count;
  }

  close(): void {
    this.#closed = true;
  }

  async #load(partitions: readonly number[]): Promise<void> {
    if (partitions.length === 0) return;
    const { log, topic, integrationId, committer } = this.#parts.context;
    const group = workerGroup(integrationId);
    const ledgers = decodeLedger(group, await log.table(WORKER_LEDGER, `${group}/`));
    const ends = new Map((await log.bounds(topic)).map(({ partition, next }) => [partition, next]));
    const homes: PartitionLedger[] = [];
    for (const partition of partitions) {
      const place = { ledgerTopic: WORKER_LEDGER, group, partition };
      const home = new PartitionLedger(place, ledgers.get(partition), ends.get(partition) ?? 0);
      const unfinished = home.unfinished();
      const records = await this.#readBack(partition, unfinished);
      this.homes.set(partition, home);
      committer.add(home);
      homes.push(home);
      unfinished.forEach((offset, index) => takeBack(this.#parts, { home, offset }, records[index]));
    }
    this.#restore(homes);
  }

  async #readBack(partition: number, offsets: readonly number[]): Promise<(LogRecord | undefined)[]> {
    const { log, topic } = this.#parts.context;
    const records: (LogRecord | undefined)[] = [];
    for (let at = 0; at < offsets.length; at += READ_BACK) {
      const chunk = offsets.slice(at, at + READ_BACK);
      records.push(...(await log.readAt(chunk.map((offset) => ({ topic, partition, offset })))));
    }
    return records;
  }

  /** Puts parked deliveries back where they wait; those of one batch together, in its order. */
  #restore(homes: readonly PartitionLedger[]): void {
    const { context, lanes, backlog } = this.#parts;
    const batches = new Map<string, { lane: Lane; members: Parked[] }>();
    const all = homes.flatMap(({ parked }) => [...parked.values()]);
    for (const parked of all.sort((a, b) => a.offset - b.offset)) {
      const ref = { pipelineId: "", integrationId: context.integrationId, pipelineIntegrationId: parked.laneId };
      const lane = lanes.of(ref, 0);
      if (lane.gone) backlog.doom(lane, [parked], "integration_deleted");
      else if (parked.tries === 0) lane.held.push(parked);
      else {
        const key = `${parked.laneId}/${parked.group?.batchId ?? `${parked.home.partition}/${parked.offset}`}`;
        const batch = batches.get(key);
        if (batch === undefined) batches.set(key, { lane, members: [parked] });
        else batch.members.push(parked);
      }
    }
    for (const { lane, members } of batches.values()) {
      members.sort((a, b) => (a.group?.place ?? 0) - (b.group?.place ?? 0));
      const wait = Math.max(...members.map((parked) => waitLeft(parked, context.clock.wall())));
      backlog.wait(lane, members, context.clock.monotonic() + wait);
    }
  }
}

/** Never longer than it was to wait in the first place: the clock may have been set back since. */
function waitLeft({ dueAt, lastTriedAt }: Parked, now: number): number {
  const whole = lastTriedAt === null ? LONGEST_WAIT_MS : dueAt - lastTriedAt;
  return Math.max(0, Math.min(dueAt - now, whole, LONGEST_WAIT_MS));
}
