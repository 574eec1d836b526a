import type { Position } from "@datafly-signal/core";
import type { LogError } from "../event-log.ts";
import type { CheckedRecord } from "./append-plan.ts";
import { syncFault } from "./lmdb-fault.ts";
import type { LogStore } from "./log-store.ts";
import { commitWork } from "./work-writer.ts";

interface Waiting {
  records: CheckedRecord[];
  resolve(positions: Position[]): void;
  reject(fault: LogError): void;
}

/** Appends to `work` from one thread: what arrives in one turn of the event loop is one transaction. */
export interface WorkQueue {
  append(records: CheckedRecord[]): Promise<Position[]>;
  /** Resolves when everything appended before has been answered. */
  drained(): Promise<void>;
}

export interface WorkQueueOptions {
  wall: () => number;
  /** Called after each commit with the numbers of the topics that grew. */
  onCommit(topics: Iterable<number>): void;
}

export function workQueue(store: LogStore, options: WorkQueueOptions): WorkQueue {
  let queue: Waiting[] = [];
  let flushing: Promise<void> | undefined;

  function flush(): void {
    const batch = queue;
    queue = [];
    flushing = undefined;
    try {
      const records = batch.flatMap((waiting) => waiting.records);
      const positions = commitWork(store, { records, wall: options.wall() });
      options.onCommit(new Set(records.map(({ to }) => to.number)));
      let from = 0;
      for (const waiting of batch) waiting.resolve(positions.slice(from, (from += waiting.records.length)));
    } catch (error) {
      const fault = syncFault(error);
      for (const waiting of batch) waiting.reject(fault);
    }
  }

  return {
    append(records) {
      return new Promise((resolve, reject) => {
        queue.push({ records, resolve, reject });
        flushing ??= new Promise<void>((done) => {
          setImmediate(() => {
            flush();
            done();
          });
        });
      });
    },
    async drained() {
      await flushing;
    },
  };
}
