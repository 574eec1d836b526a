/** The gateway: takes events over HTTP, and answers 200 only when they are in the log for good. */
import type { GatewayErrorCode } from "@datafly-signal/core";
import { admission } from "./admission.ts";
import { appendQueue } from "./append-queue.ts";
import { takeBatch } from "./batch.ts";
import { clientAddress, trustedProxy } from "./client-address.ts";
import { collectorFile } from "./collector-file.ts";
import { takeOne } from "./one-event.ts";
import { responder } from "./exchange.ts";
import { listen, type HttpServer } from "./http-server.ts";
import { inFlight } from "./in-flight.ts";
import { inject, type Injected, type Injection } from "./inject.ts";
import { keyDirectory } from "./key-directory.ts";
import { gatewayMetrics } from "./metrics.ts";
import { operations } from "./operations.ts";
import { takePixel } from "./pixel.ts";
import { receiptTimes } from "./receipt-time.ts";
import { refusals, type RefusedRequest } from "./refusals.ts";
import { requestHandler } from "./request-handler.ts";
import { requestOrigin } from "./request-origin.ts";
import { routeTable } from "./routes.ts";
import { rudderSourceConfig, segmentSettings, type SdkSettingsParts } from "./sdk-settings.ts";
import type { GatewayOptions } from "./settings.ts";
import { snapshotRefresh } from "./snapshot-refresh.ts";
import { visitorCookieWriter } from "./visitor-cookie.ts";

export { GatewaySettingsError, type GatewayOptions, type GatewaySettings } from "./settings.ts";
export type { Injected, Injection } from "./inject.ts";
export type { RefusedRequest } from "./refusals.ts";

export interface Gateway {
  address: { host: string; port: number };
  /** The last refused requests, at most 100, oldest first. */
  refused(): RefusedRequest[];
  /** Refused events by error code since the last call. */
  takeRefused(): Map<GatewayErrorCode, number>;
  /** Takes one event of the operator's; resolves when it is durable, or with why it is not taken. */
  inject(injection: Injection): Promise<Injected>;
  /** Stops accepting, finishes what is under way, and breaks off what is not done after `deadlineMs`. */
  close(deadlineMs: number): Promise<void>;
}

/**
 * Starts listening.
 * @throws {GatewaySettingsError} for a setting it cannot work with; the system's error when the address is taken.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { log, snapshots, clock, ids, logger, registry, settings } = options;
  const directory = keyDirectory({ environment: settings.environment, clock });
  directory.load(snapshots.current());
  const bytes = inFlight(settings.maxInFlightBytes);
  const refused = refusals();
  let server: HttpServer | null = null;
  const draining = (): boolean => server?.draining() ?? false;
  const metrics = gatewayMetrics(registry, {
    inFlightBytes: bytes.bytes,
    connections: () => server?.connections() ?? 0,
    refusedTotals: refused.totals,
  });
  const respond = responder({ directory, inFlight: bytes, refusals: refused, metrics, clock, logger, draining });
  const entry = admission({ directory, refresh: snapshotRefresh(snapshots, clock, logger), respond, clock });
  const limits = { maxPayloadBytes: settings.maxPayloadBytes, inFlight: bytes, respond, accepting: options.accepting };
  const steps = {
    admission: entry,
    respond,
    appends: appendQueue(log),
    inFlight: bytes,
    received: receiptTimes(clock),
    ids,
    logger,
    visitorCookie: visitorCookieWriter(settings.cookieDomain),
    limits: settings,
  };
  const isTrusted = settings.trustedProxies.length === 0 ? null : trustedProxy(settings.trustedProxies);
  const forSdks: SdkSettingsParts = { admission: entry, respond, originOf: ({ req }) => requestOrigin(req, isTrusted) };
  const { collector = null } = options;
  const routes = routeTable({
    one: (path) => takeOne(steps, path),
    batch: takeBatch(steps),
    jitsuBatch: takeBatch(steps, { jitsu: true }),
    pixel: (exchange, take) => takePixel(exchange, take, { ...limits, admission: entry }),
    sourceConfig: (exchange) => rudderSourceConfig(exchange, forSdks),
    collector: collector === null ? null : collectorFile(collector),
  });
  const answerOperations = operations({
    registry,
    ready: () => (draining() ? ["shutting down", ...options.ready()] : options.ready()),
  });
  const handle = requestHandler({
    routes,
    sdkSettings: (exchange, key) => segmentSettings(exchange, key, forSdks),
    answerOperations,
    directory,
    address: clientAddress(isTrusted),
    now: () => clock.monotonic(),
    admission: entry,
    respond,
    limits,
  });
  const unsubscribe = snapshots.onChange((snapshot) => directory.load(snapshot));
  server = await listen(settings, { clock, handle });

  return {
    address: server.address,
    refused: refused.recent,
    takeRefused: refused.take,
    inject: (injection) =>
      inject(
        {
          snapshots,
          appends: steps.appends,
          received: steps.received,
          ids,
          accepting: () => options.accepting() && !draining(),
          maxPayloadBytes: settings.maxPayloadBytes,
          accepted: (events) => metrics.accepted(events),
        },
        injection,
      ),
    async close(deadlineMs) {
      unsubscribe();
      await server.close(deadlineMs);
    },
  };
}
