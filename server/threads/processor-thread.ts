/** The processor's thread. */
import { startProcessor } from "@datafly-signal/processor";
import { Registry } from "prom-client";
import { systemClock } from "../clock.ts";
import { openThreadLog, openThreadState, openTracing } from "./embedded-stores.ts";
import { runRole } from "./guest.ts";
import { locationFiles } from "./locations.ts";
import { secretOpener } from "./secret-opener.ts";

await runRole("processor", async ({ data, snapshots, logger, redactor }) => {
  const log = openThreadLog(data, "processor");
  const state = openThreadState(data, "processor");
  const tracing = openTracing(data, log);
  const registry = new Registry();
  const processor = await startProcessor({
    log,
    state,
    snapshots,
    clock: systemClock,
    logger,
    registry,
    traces: tracing.traces,
    dataLayer: {
      locations: locationFiles(systemClock, logger),
      openSecret: secretOpener(data.keys, { snapshots, redactor }),
    },
    settings: { maxBatchBytes: data.settings.memory.batchBytes, maxOutputBytes: data.settings.memory.outputBytes },
  });
  return {
    facts: null,
    methods: { metrics: () => registry.getMetricsAsJSON(), ready: () => processor.ready() },
    async close(deadlineMs) {
      await processor.close(deadlineMs);
      tracing.close();
      await state.close();
      await log.close();
    },
  };
});
