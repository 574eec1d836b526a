import type { TopicSpec } from "@datafly-signal/core";
import { RAW_EVENTS } from "@datafly-signal/core";
import type { Bytes, Environments } from "../../lmdb-environments.ts";
import { LogError } from "../event-log.ts";
import { syncFault } from "./lmdb-fault.ts";

/** A topic as it is stored. */
export interface Topic extends TopicSpec {
  /** Its number in keys; never used again. */
  number: number;
  /** Which environment its records are in. */
  home: "ingest" | "work";
}

/** The topics of the log, durable in `work`, seen by all threads. */
export interface TopicRegistry {
  ensure(specs: readonly TopicSpec[]): void;
  /** @throws {LogError} `unknown_topic` */
  get(name: string): Topic;
  all(): Topic[];
}

/** Limits and retention may change in another thread; partitions never do. */
const FRESH_MS = 1000;
const COUNTER = Buffer.from([0]);
const MAX_PARTITIONS = 65_535;

export function topicRegistry({ work }: Environments): TopicRegistry {
  const table = work.database("topics");
  const known = new Map<string, { topic: Topic; readAt: number }>();

  function read(name: string): Topic | undefined {
    const stored = table.get(Buffer.from(name));
    return stored === undefined ? undefined : parseTopic(stored);
  }

  return {
    ensure(specs) {
      try {
        work.root.transactionSync(() => {
          for (const spec of specs) ensureOne(table, spec);
        });
      } catch (error) {
        throw syncFault(error);
      }
      known.clear();
    },
    get(name) {
      const cached = known.get(name);
      const now = performance.now();
      if (cached !== undefined && now - cached.readAt < FRESH_MS) return cached.topic;
      // The topic may have been made by another thread after this one's snapshot of the database.
      work.root.resetReadTxn();
      const topic = read(name);
      if (topic === undefined) throw new LogError("unknown_topic", `There is no topic ${name}.`);
      known.set(name, { topic, readAt: now });
      return topic;
    },
    all() {
      work.root.resetReadTxn();
      return [...table.getRange({ start: Buffer.from([1]) })].map(({ value }) => parseTopic(value));
    },
  };
}

function ensureOne(table: Bytes, spec: TopicSpec): void {
  const key = Buffer.from(spec.name);
  const stored = table.get(key);
  const existing = stored === undefined ? undefined : parseTopic(stored);
  if (existing !== undefined && (existing.partitions !== spec.partitions || existing.compacted !== spec.compacted)) {
    throw new LogError("topic_mismatch", `${spec.name} exists with ${existing.partitions} partitions.`);
  }
  if (spec.partitions < 1 || spec.partitions > MAX_PARTITIONS) {
    throw new LogError("topic_mismatch", `${spec.name} cannot have ${spec.partitions} partitions.`);
  }
  if (
    existing !== undefined &&
    existing.retentionMs === spec.retentionMs &&
    existing.maxRecordBytes === spec.maxRecordBytes
  )
    return;
  const number = existing?.number ?? nextNumber(table);
  const topic: Topic = { ...spec, number, home: spec.name === RAW_EVENTS ? "ingest" : "work" };
  table.putSync(key, Buffer.from(JSON.stringify(topic)));
}

function nextNumber(table: Bytes): number {
  const next = (table.get(COUNTER)?.readUInt32BE(0) ?? 0) + 1;
  const stored = Buffer.allocUnsafe(4);
  stored.writeUInt32BE(next, 0);
  table.putSync(COUNTER, stored);
  return next;
}

function parseTopic(stored: Buffer): Topic {
  return JSON.parse(stored.toString()) as Topic;
}
