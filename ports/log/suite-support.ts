import { randomUUID } from "node:crypto";
import type { Position, TopicSpec } from "@datafly-signal/core";
import { type Consumer, type EventLog, type LogRecord, type NewRecord, LogError } from "./event-log.ts";

/** What every test of the suite gets: a log, names that nobody has used, and the spec of the topic it reads from. */
export interface Bench {
  log: EventLog;
  source: TopicSpec;
  output: TopicSpec;
  group: string;
}

export function topicSpec(name: string, fields: Partial<TopicSpec> = {}): TopicSpec {
  return { name, partitions: 3, retentionMs: 3_600_000, compacted: false, maxRecordBytes: 65_536, ...fields };
}

export function uniqueName(base: string): string {
  return `${base}-${randomUUID().slice(0, 8)}`;
}

export function record(topic: string, key: string, value: string): NewRecord {
  return { topic, key, value: Buffer.from(value) };
}

/** Appends until the log takes it: a commit may fail at any time, and then nothing of it happened. */
export async function append(log: EventLog, records: readonly NewRecord[]): Promise<Position[]> {
  return surely(() => log.append(records));
}

/** Tries again after `commit_failed`. */
export async function surely<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= 100 || !(error instanceof LogError) || error.code !== "commit_failed") throw error;
    }
  }
}

export const POLL = { maxRecords: 1000, maxBytes: 1_000_000, waitMs: 50 };

/** Polls until `count` different records came, each listed once; fails after ten seconds. */
export async function take(consumer: Consumer, count: number, options = POLL): Promise<LogRecord[]> {
  const found = new Map<string, LogRecord>();
  const deadline = performance.now() + 10_000;
  while (found.size < count) {
    if (performance.now() > deadline) throw new Error(`Only ${found.size} of ${count} records came.`);
    for (const each of await consumer.poll(options)) found.set(nameOf(each), each);
  }
  return [...found.values()];
}

export function nameOf({ topic, partition, offset }: { topic: string } & Position): string {
  return `${topic}/${partition}/${offset}`;
}

/** Where a group reads on after these records. */
export function offsetsAfter(records: readonly LogRecord[]): { topic: string; partition: number; offset: number }[] {
  const next = new Map<string, { topic: string; partition: number; offset: number }>();
  for (const { topic, partition, offset } of records) {
    const name = `${topic}/${partition}`;
    next.set(name, { topic, partition, offset: Math.max(offset + 1, next.get(name)?.offset ?? 0) });
  }
  return [...next.values()];
}

/** Everything a topic holds, partition by partition. */
export async function everything(log: EventLog, topic: string): Promise<LogRecord[]> {
  const found: LogRecord[] = [];
  for (const { partition, first, next } of await log.bounds(topic)) {
    let offset = first;
    while (offset < next) {
      const page = await log.read({ topic, partition, from: { offset }, maxRecords: 500, maxBytes: 1_000_000 });
      if (page.length === 0) break;
      found.push(...page);
      offset = (page.at(-1)?.offset ?? offset) + 1;
    }
  }
  return found;
}

export function texts(records: readonly LogRecord[]): string[] {
  return records.map(({ value }) => Buffer.from(value).toString());
}

/** Copies records from source to output in one step each poll, as a processor does; stops after `count` were committed. */
export async function copyAll(bench: Bench, consumer: Consumer, until: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await until())) {
    if (performance.now() > deadline) throw new Error("Copying did not come to an end.");
    const records = await consumer.poll({ maxRecords: 20, maxBytes: 1_000_000, waitMs: 20 });
    if (records.length === 0) continue;
    const copies = records.map(({ key, value }) => ({ topic: bench.output.name, key, value }));
    try {
      await consumer.transact({ offsets: offsetsAfter(records), append: copies });
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      await consumer.rewind();
    }
  }
}
