/** The worker's thread: the only one that opens secrets. */
import { loadConnectors } from "@datafly-signal/connectors";
import { createKeyring } from "@datafly-signal/core";
import { createSender, startWorker } from "@datafly-signal/worker";
import { Registry } from "prom-client";
import { systemClock } from "../clock.ts";
import { openThreadLog, openThreadState, openTracing } from "./embedded-stores.ts";
import { runRole } from "./guest.ts";

await runRole("worker", async ({ data, snapshots, logger, redactor }) => {
  const log = openThreadLog(data, "worker");
  const state = openThreadState(data, "worker");
  const tracing = openTracing(data, log);
  const registry = new Registry();
  const [current, ...previous] = data.keys;
  if (current === undefined) throw new TypeError("the worker was given no key");
  const keyring = createKeyring({ current, previous });
  const sender = createSender({ allowPrivateAddresses: data.settings.allowPrivateAddresses });
  const worker = await startWorker({
    log,
    state,
    connectors: await loadConnectors(),
    snapshots,
    sender,
    openSecret(sealed, object, field) {
      const secret = keyring.open(sealed, { organisation: snapshots.current().organisationId, object, field });
      redactor.learn(secret);
      return secret;
    },
    clock: systemClock,
    random: Math.random,
    logger,
    registry,
    traces: tracing.traces,
    settings: { maxRetries: data.settings.retryMaxAttempts },
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
