/** The gateway's thread: it alone writes the `ingest` environment, and keeps its retention and the disk reserve. */
import { buildCollector, type CollectorScript } from "@datafly-signal/browser";
import type { Logger } from "@datafly-signal/core";
import { type Injection, startGateway } from "@datafly-signal/gateway";
import { LogError } from "@datafly-signal/ports/log";
import { Registry } from "prom-client";
import { diskFault } from "../budgets/describe.ts";
import { diskMetrics } from "../budgets/disk-metrics.ts";
import { openFolderReserve } from "../budgets/disk-space.ts";
import { systemClock } from "../clock.ts";
import { uuidV4, uuidV7 } from "../ids.ts";
import { openThreadLog, startRetention } from "./embedded-stores.ts";
import { runRole } from "./guest.ts";

const TELL_REFUSED_EVERY_MS = 500;
const REQUEST_TIMEOUT_MS = 30_000;

await runRole("gateway", async ({ data, snapshots, logger, tell }) => {
  const { settings } = data;
  const building = collector(logger);
  const log = openThreadLog(data, "gateway");
  const registry = new Registry();
  const reserve = openFolderReserve(settings, log);
  await reserve.check();
  diskMetrics(registry, settings.dataDir, reserve);
  const retention = startRetention(log, "ingest", { clock: systemClock, logger });
  /** A disk that became full since the last look is noticed at once: further requests are refused before they are read. */
  const lookAtDisk = async (fault: unknown): Promise<never> => {
    if (fault instanceof LogError && fault.code === "log_full") await reserve.check();
    throw fault;
  };
  const notReady = (): string[] => (reserve.accepting() ? [] : [diskFault(settings, reserve)]);
  const gateway = await startGateway({
    log: { append: (records) => log.append(records).catch(lookAtDisk) },
    snapshots,
    clock: systemClock,
    ids: { uuidV4, uuidV7 },
    logger,
    registry,
    settings: {
      host: settings.host,
      port: settings.gatewayPort,
      environment: settings.environment,
      trustedProxies: settings.trustedProxies,
      cookieDomain: settings.cookieDomain,
      maxPayloadBytes: settings.maxPayloadBytes,
      maxInFlightBytes: settings.memory.requestBytes,
      maxBatchSize: settings.maxBatchSize,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
    },
    accepting: () => reserve.accepting(),
    ready: notReady,
    collector: await building,
  });
  const tellRefused = (): void => {
    const counts = gateway.takeRefused();
    if (counts.size > 0) tell("refused", Object.fromEntries(counts));
  };
  const timer = setInterval(tellRefused, TELL_REFUSED_EVERY_MS);
  return {
    facts: gateway.address,
    methods: {
      metrics: () => registry.getMetricsAsJSON(),
      ready: notReady,
      refused: () => gateway.refused(),
      inject: (injection) => gateway.inject(injection as Injection),
    },
    async close(deadlineMs) {
      await gateway.close(deadlineMs);
      clearInterval(timer);
      tellRefused();
      reserve.close();
      await retention.close();
      await log.close();
    },
  };
});

/** Null when it cannot be built: events of servers, and of pages that have the script already, are taken all the same. */
async function collector(logger: Logger): Promise<CollectorScript | null> {
  try {
    return await buildCollector();
  } catch (error) {
    logger.error({ error: String(error) }, "datafly.js could not be built: /datafly.js and /d.js are answered 404");
    return null;
  }
}
