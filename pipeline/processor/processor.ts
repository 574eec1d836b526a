/** The processor: turns accepted events into one delivery per pipeline integration, exactly once. */
import {
  type Clock,
  type Logger,
  type SnapshotSource,
  type TraceSettings,
  PROCESSOR_GROUP,
  RAW_EVENTS,
  compileMapping,
  fixedTopics,
} from "@datafly-signal/core";
import type { EventLog } from "@datafly-signal/ports/log";
import type { StateStore } from "@datafly-signal/ports/state";
import type { Registry } from "prom-client";
import { BatchLoop } from "./batch-loop.ts";
import { type DataLayerTools, layerMaker } from "./layer-maker.ts";
import { type CompileMapping, lanePlanner } from "./lane-plans.ts";
import { processorMetrics } from "./metrics.ts";
import { eventTraces } from "./trace.ts";

export { codeChecker } from "./custom-code/sandbox.ts";
export type { DataLayerTools } from "./layer-maker.ts";

export interface ProcessorSettings {
  /** Records worked and committed at once, at most. Default 500. */
  maxBatchRecords: number;
  /** Bytes of raw events worked at once, at most. Default 1 MiB. */
  maxBatchBytes: number;
  /** Bytes of output after which a batch is committed before the rest of it is worked. Default 16 MiB. */
  maxOutputBytes: number;
  /** How long a poll waits for a first record, in milliseconds. Default 500. */
  pollWaitMs: number;
  /** The least time between the beginnings of two batches that are not full, in milliseconds. Default 8. */
  paceMs: number;
  /** Drop events whose messageId was seen within the state store's window. Default true. */
  windowedDedupe: boolean;
}

export interface ProcessorOptions {
  log: EventLog;
  state: StateStore;
  snapshots: SnapshotSource;
  clock: Clock;
  logger: Logger;
  registry: Registry;
  settings?: Partial<ProcessorSettings>;
  /** What the data layer needs of the outside; without it there are no places and no salt. */
  dataLayer?: DataLayerTools;
  /** Default: none but failures and the operator's own events. */
  traces?: TraceSettings;
  /** Default: core's V2 mappings. */
  compile?: CompileMapping;
}

export interface Processor {
  /** Ends after the batch at work; what is not done by the deadline is worked again at the next start. */
  close(deadlineMs: number): Promise<void>;
  /** Why events are not processed in time; empty when they are. */
  ready(): string[];
  /** Resolves when every event that was appended before the call has been processed. */
  idle(): Promise<void>;
}

const DEFAULTS: ProcessorSettings = {
  maxBatchRecords: 500,
  maxBatchBytes: 1_048_576,
  maxOutputBytes: 16_777_216,
  pollWaitMs: 500,
  paceMs: 8,
  windowedDedupe: true,
};

/** Above this share of the retention a waiting event makes the processor not ready. */
const READY_SHARE = 0.8;
const RETENTION_MS = fixedTopics(1).find(({ name }) => name === RAW_EVENTS)?.retentionMs ?? Infinity;

/** Joins the group of processors and works until it is closed. The topics must exist. @throws {LogError} `unknown_topic` */
export async function startProcessor(options: ProcessorOptions): Promise<Processor> {
  const { log, state, snapshots, clock, logger } = options;
  const settings = { ...DEFAULTS, ...options.settings };
  const metrics = processorMetrics({ registry: options.registry, log, oldest: () => ageMs() / 1000 });
  const layers = layerMaker({ ...options.dataLayer, clock, logger, onFailed: metrics.codeFailed });
  const plan = lanePlanner(options.compile ?? compileV2, layers.make, logger);
  const unfollow = snapshots.onChange(layers.follow);
  const next = new Map<number, number>();
  const consumer = await log.consumer({
    group: PROCESSOR_GROUP,
    topics: [RAW_EVENTS],
    onAssigned(partitions) {
      // Another member may have gone on since, or the group's offsets were set back.
      for (const { partition } of partitions) next.delete(partition);
    },
  });
  const loop: BatchLoop = new BatchLoop(consumer, {
    next,
    work: {
      state,
      snapshots,
      plans: () => plan(snapshots.current()),
      now: () => clock.wall(),
      dedupe: settings.windowedDedupe,
      maxOutputBytes: settings.maxOutputBytes,
      traces: eventTraces(options.traces ?? { share: 0, roomy: () => true }, () => clock.wall()),
      logger,
    },
    poll: { maxRecords: settings.maxBatchRecords, maxBytes: settings.maxBatchBytes, waitMs: settings.pollWaitMs },
    paceMs: settings.paceMs,
    clock,
    logger,
    metrics,
  });
  const ageMs = (): number => Math.max(0, clock.wall() - (loop.oldest() ?? Infinity));
  const done = loop.run();

  return {
    async close(deadlineMs) {
      unfollow();
      await loop.stop();
      let cancel: () => void = () => undefined;
      const deadline = new Promise<void>((resolve) => (cancel = clock.after(deadlineMs, resolve)));
      await Promise.race([done, deadline]);
      cancel();
      await layers.close();
      await consumer.close();
    },
    ready: () => [
      ...loop.troubles(),
      ...layers.troubles(),
      ...(ageMs() > READY_SHARE * RETENTION_MS ? [`The oldest unprocessed event is ${days(ageMs())} days old.`] : []),
    ],
    idle: () => loop.idle(),
  };
}

const compileV2: CompileMapping = ({ mapping }) => {
  const compiled = compileMapping(mapping);
  return "faults" in compiled ? compiled : compiled.mapping;
};

function days(ms: number): string {
  return (ms / 86_400_000).toFixed(1);
}
