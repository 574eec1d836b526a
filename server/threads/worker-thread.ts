/** The worker's thread: it opens the secrets of connections. */
import { loadConnectors } from "@datafly-signal/connectors";
import type { SnapshotSource } from "@datafly-signal/core";
import { createSender, type Sender, startWorker } from "@datafly-signal/worker";
import { Registry } from "prom-client";
import { systemClock } from "../clock.ts";
import { openThreadLog, openThreadState, openTracing } from "./embedded-stores.ts";
import { runRole } from "./guest.ts";
import { secretOpener } from "./secret-opener.ts";

await runRole("worker", async ({ data, snapshots, logger, redactor }) => {
  const log = openThreadLog(data, "worker");
  const state = openThreadState(data, "worker");
  const tracing = openTracing(data, log);
  const registry = new Registry();
  const sender = createSender({ allowPrivateAddresses: data.settings.allowPrivateAddresses });
  const worker = await startWorker({
    log,
    state,
    connectors: await loadConnectors(),
    snapshots,
    sender: reachingDemo(sender, snapshots),
    openSecret: secretOpener(data.keys, { snapshots, redactor }),
    clock: systemClock,
    random: Math.random,
    logger,
    redactor,
    registry,
    traces: tracing.traces,
    settings: { maxRetries: data.settings.retryMaxAttempts, maxInMemoryBytes: data.settings.memory.deliveryBytes },
  });
  return {
    facts: null,
    methods: {
      metrics: () => registry.getMetricsAsJSON(),
      ready: () => worker.ready(),
      lanes: () => worker.lanes(),
    },
    async close(deadlineMs) {
      await worker.close(deadlineMs);
      await sender.close();
      tracing.close();
      await state.close();
      await log.close();
    },
  };
});

/** While the demo is the configuration, and only then, its one URL may lead to this machine. */
function reachingDemo(sender: Sender, snapshots: SnapshotSource): Sender {
  return {
    send(request, options) {
      const guarded = options.guarded && request.url !== snapshots.current().demo?.receiveUrl;
      return sender.send(request, { ...options, guarded });
    },
    close: () => sender.close(),
  };
}
