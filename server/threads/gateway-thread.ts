/** The gateway's thread: it alone writes the `ingest` environment, and keeps its retention and the disk reserve. */
import { startGateway } from "@datafly-signal/gateway";
import { openDiskReserve } from "@datafly-signal/ports/log/lmdb";
import { Registry } from "prom-client";
import { systemClock } from "../clock.ts";
import { uuidV4, uuidV7 } from "../ids.ts";
import { openThreadLog, startRetention } from "./embedded-stores.ts";
import { runRole } from "./guest.ts";

const TELL_REFUSED_EVERY_MS = 500;
const REQUEST_TIMEOUT_MS = 30_000;

await runRole("gateway", async ({ data, snapshots, logger, tell }) => {
  const { settings } = data;
  const log = openThreadLog(data, "gateway");
  const registry = new Registry();
  const reserve = openDiskReserve({
    path: settings.dataDir,
    clock: systemClock,
    reusableBytes: () => log.reusableBytes(),
    ...(settings.diskReserveBytes === null ? {} : { reserveBytes: settings.diskReserveBytes }),
  });
  const retention = startRetention(log, "ingest", { clock: systemClock, logger });
  const notReady = (): string[] =>
    reserve.accepting() ? [] : ["the disk is nearly full: events are answered with 503 until there is space again"];
  const gateway = await startGateway({
    log,
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
      maxInFlightBytes: settings.maxInFlightBytes,
      maxBatchSize: settings.maxBatchSize,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
    },
    accepting: () => reserve.accepting(),
    ready: notReady,
  });
  const tellRefused = (): void => {
    const counts = gateway.takeRefused();
    if (counts.size > 0) tell("refused", Object.fromEntries(counts));
  };
  const timer = setInterval(tellRefused, TELL_REFUSED_EVERY_MS);
  return {
    facts: gateway.address,
    methods: { metrics: () => registry.getMetricsAsJSON(), ready: notReady, refused: () => gateway.refused() },
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
