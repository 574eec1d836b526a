/** Metrics of the processor, counted once a batch. */
import { PROCESSOR_GROUP, RAW_EVENTS } from "@datafly-signal/core";
import type { EventLog } from "@datafly-signal/ports/log";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { BatchTotals } from "./tally.ts";

export interface ProcessorMetrics {
  /** A batch of `records` was committed after `seconds` of work. */
  committed(batch: { records: number; seconds: number; totals: BatchTotals }): void;
  /** A batch has to be worked again. */
  repeated(cause: "commit" | "fenced" | "state" | "configuration" | "fault"): void;
  /** The operator's code failed on events. */
  codeFailed(failure: string, events: number): void;
}

/** @param oldest age of the oldest event known to wait, in seconds; 0 when none does */
export function processorMetrics(options: {
  registry: Registry;
  log: EventLog;
  oldest: () => number;
}): ProcessorMetrics {
  const { registry } = options;
  const registers = [registry];
  const processed = new Counter({
    name: "signal_processed_total",
    help: "Events processed.",
    registers,
  });
  const unprocessable = new Counter({
    name: "signal_unprocessable_total",
    help: "Events set aside on dlq-events.",
    registers,
  });
  const filtered = new Counter({
    name: "signal_filtered_total",
    help: "Deliveries not made for a reason, summed over all lanes.",
    labelNames: ["reason"],
    registers,
  });
  const deadLettered = new Counter({
    name: "signal_dead_lettered_total",
    help: "Deliveries given up by the processor, summed over all lanes.",
    labelNames: ["reason"],
    registers,
  });
  const repeats = new Counter({
    name: "signal_processor_repeats_total",
    help: "Batches that had to be worked again, by cause.",
    labelNames: ["cause"],
    registers,
  });
  const size = new Histogram({
    name: "signal_processor_batch_records",
    help: "Records committed at once.",
    buckets: [1, 5, 10, 50, 100, 250, 500, 1000],
    registers,
  });
  const duration = new Histogram({
    name: "signal_processor_batch_seconds",
    help: "From reading a batch to its commit, in seconds.",
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  });
  const codeFailures = new Counter({
    name: "signal_custom_js_failures_total",
    help: "Events that the data layer's custom code failed on, by kind.",
    labelNames: ["failure"],
    registers,
  });
  lagGauges({ ...options, registers });
  return {
    committed({ records, seconds, totals }) {
      processed.inc(totals.processed);
      unprocessable.inc(totals.unprocessable);
      for (const [reason, count] of totals.filtered) filtered.inc({ reason }, count);
      for (const [reason, count] of totals.deadLettered) deadLettered.inc({ reason }, count);
      size.observe(records);
      duration.observe(seconds);
    },
    repeated: (cause) => repeats.inc({ cause }),
    codeFailed: (failure, events) => codeFailures.inc({ failure }, events),
  };
}

function lagGauges(options: { registers: Registry[]; log: EventLog; oldest: () => number }): void {
  const { registers, log, oldest } = options;
  new Gauge({
    name: "signal_processor_lag_records",
    help: "Offsets of raw-events not processed yet.",
    registers,
    async collect() {
      const lag = await lagOf(log).catch(() => undefined);
      if (lag !== undefined) this.set(lag);
    },
  });
  new Gauge({
    name: "signal_processor_oldest_unprocessed_seconds",
    help: "Age of the oldest event that waits to be processed, in seconds; 0 when none does.",
    registers,
    collect() {
      this.set(oldest());
    },
  });
}

async function lagOf(log: EventLog): Promise<number> {
  const [bounds, committed] = await Promise.all([log.bounds(RAW_EVENTS), log.committed(PROCESSOR_GROUP, RAW_EVENTS)]);
  return bounds.reduce(
    (sum, { partition, first, next }) => sum + next - Math.max(first, committed.get(partition) ?? 0),
    0,
  );
}
