/** The gateway's Prometheus metrics; counts are plain numbers on the way and are published when asked for. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export interface GatewayMetrics {
  accepted(events: number): void;
  /** From the request's headers to its answer. */
  answered(status: number, milliseconds: number): void;
}

export interface GatewayGauges {
  inFlightBytes(): number;
  connections(): number;
  refusedTotals(): ReadonlyMap<string, number>;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function gatewayMetrics(registry: Registry, gauges: GatewayGauges): GatewayMetrics {
  const registers: Registry[] = [];
  const answers = new Map<number, number>();
  let events = 0;
  registry.registerMetric(
    new Counter({
      name: "signal_gateway_accepted_events_total",
      help: "Events that were stored and acknowledged.",
      registers,
      collect() {
        this.reset();
        this.inc(events);
      },
    }),
  );
  registry.registerMetric(
    new Counter({
      name: "signal_gateway_refused_events_total",
      help: "Events that were refused, by error code.",
      labelNames: ["code"],
      registers,
      collect() {
        this.reset();
        for (const [code, count] of gauges.refusedTotals()) this.inc({ code }, count);
      },
    }),
  );
  registry.registerMetric(
    new Counter({
      name: "signal_gateway_requests_total",
      help: "Requests on collect paths, by status.",
      labelNames: ["status"],
      registers,
      collect() {
        this.reset();
        for (const [status, count] of answers) this.inc({ status }, count);
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: "signal_gateway_in_flight_bytes",
      help: "Bytes of requests that were not answered yet.",
      registers,
      collect() {
        this.set(gauges.inFlightBytes());
      },
    }),
  );
  registry.registerMetric(
    new Gauge({
      name: "signal_gateway_connections",
      help: "Open client connections.",
      registers,
      collect() {
        this.set(gauges.connections());
      },
    }),
  );
  const seconds = new Histogram({
    name: "signal_gateway_request_seconds",
    help: "From a collect request's headers to its answer.",
    buckets: SECONDS,
    registers: [registry],
  });
  return {
    accepted(count) {
      events += count;
    },
    answered(status, milliseconds) {
      answers.set(status, (answers.get(status) ?? 0) + 1);
      seconds.observe(milliseconds / 1_000);
    },
  };
}
