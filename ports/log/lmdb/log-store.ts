import type { Bytes, Environment, Environments } from "../../lmdb-environments.ts";
import { type Head, decodeHead } from "./append-plan.ts";
import { headKey } from "./log-keys.ts";
import { type Topic, type TopicRegistry, topicRegistry } from "./topic-registry.ts";

/** The databases that hold the records of one environment. */
export interface RecordStore {
  environment: Environment;
  /** `offsetKey` → block. */
  blocks: Bytes;
  /** `headKey` → head. */
  heads: Bytes;
}

/** All databases of the log. */
export interface LogStore {
  environments: Environments;
  ingest: RecordStore;
  work: RecordStore;
  topics: TopicRegistry;
  /** `tableKey` → position and value of a compacted topic's key. */
  tables: Bytes;
  /** `offsetKey` → the key that was written there and still stands. */
  tableIndex: Bytes;
  /** `commitKey` → committed offset. */
  commits: Bytes;
  /** Group → number of its newest consumer. */
  members: Bytes;
  /** One entry whose version is the number of the newest writer of `ingest`. */
  writer: Bytes;
}

export function openLogStore(environments: Environments): LogStore {
  const { ingest, work } = environments;
  return {
    environments,
    ingest: recordStore(ingest),
    work: recordStore(work),
    topics: topicRegistry(environments),
    tables: work.database("tables"),
    tableIndex: work.database("table-index"),
    commits: work.database("commits"),
    members: work.database("members"),
    writer: ingest.database("writer"),
  };
}

function recordStore(environment: Environment): RecordStore {
  return {
    environment,
    blocks: environment.database("blocks"),
    heads: environment.database("heads"),
  };
}

export function storeOf(store: LogStore, topic: Topic): RecordStore {
  return topic.home === "ingest" ? store.ingest : store.work;
}

export function headOf({ heads }: RecordStore, topic: Topic, partition: number): Head {
  return decodeHead(heads.get(headKey(topic.number, partition)));
}

/** Lets the next reads see what other threads have committed. */
export function refreshReads({ ingest, work }: LogStore): void {
  ingest.environment.root.resetReadTxn();
  work.environment.root.resetReadTxn();
}
