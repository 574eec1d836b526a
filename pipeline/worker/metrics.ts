/** The worker's numbers for Prometheus; outcomes are counted per commit, not per event. */
import type { OutcomeRecord } from "@datafly-signal/core";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const AGE_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600];

/** What gauges show of one integration when they are asked. */
export interface IntegrationGauges {
  inFlight: number;
  waiting: number;
  parked: number;
  openCircuits: number;
  memoryBytes: number;
}

export interface IntegrationMetrics {
  /** Counts what one commit holds. */
  committed(outcomes: readonly OutcomeRecord[]): void;
  /** One request to the vendor. */
  request(ms: number): void;
  /** From received to delivered. */
  age(ms: number): void;
}

export interface WorkerMetrics {
  integration(id: string): IntegrationMetrics;
  /** One request for a token. */
  tokenRequest(result: string): void;
  /** One preparation of a vendor. */
  preparation(result: string): void;
}

/** Registers the worker's metrics; `gauges` answers by integration at every scrape. */
export function createMetrics(registry: Registry, gauges: () => Map<string, IntegrationGauges>): WorkerMetrics {
  const counters = outcomeCounters(registry);
  const registers = [registry];
  const labelNames = ["integration_id"];
  const seconds = new Histogram({
    name: "signal_vendor_request_seconds",
    help: "Duration of requests to a vendor.",
    labelNames,
    buckets: REQUEST_SECONDS,
    registers,
  });
  const age = new Histogram({
    name: "signal_delivery_seconds",
    help: "From the receipt of an event, or its replay, to its delivery.",
    labelNames,
    buckets: AGE_SECONDS,
    registers,
  });
  const tokenRequests = new Counter({
    name: "signal_token_requests_total",
    help: "Requests for the tokens that requests to vendors carry, by result.",
    labelNames: ["result"],
    registers,
  });
  const preparations = new Counter({
    name: "signal_preparations_total",
    help: "Preparations of vendors for deliveries, such as making a table, by result.",
    labelNames: ["result"],
    registers,
  });
  registerGauges(registry, gauges);
  return {
    tokenRequest: (result) => tokenRequests.inc({ result }),
    preparation: (result) => preparations.inc({ result }),
    integration(id) {
      const labels = { integration_id: id };
      const requests = seconds.labels(labels);
      const ages = age.labels(labels);
      return {
        committed: (outcomes) => count(counters, id, outcomes),
        request: (ms) => requests.observe(ms / 1000),
        age: (ms) => ages.observe(Math.max(0, ms) / 1000),
      };
    },
  };
}

type Counted = "delivered" | "retried" | "filtered" | "dead_lettered";

function outcomeCounters(registry: Registry): Record<Counted, Counter> {
  const counter = (name: string, help: string, labelNames: string[]): Counter =>
    new Counter({ name, help, labelNames, registers: [registry] });
  return {
    delivered: counter("signal_delivered_total", "Deliveries that the vendor accepted.", ["integration_id"]),
    retried: counter("signal_retried_total", "Tries after the first.", ["integration_id"]),
    filtered: counter("signal_worker_filtered_total", "Deliveries held back before sending, by reason.", [
      "integration_id",
      "reason",
    ]),
    dead_lettered: counter("signal_dead_lettered_total", "Deliveries given up, by reason.", [
      "integration_id",
      "reason",
    ]),
  };
}

function count(counters: Record<Counted, Counter>, id: string, outcomes: readonly OutcomeRecord[]): void {
  for (const { kind, reason, count: value } of outcomes) {
    if (kind === "delivered" || kind === "retried") counters[kind].inc({ integration_id: id }, value);
    else if (kind === "filtered" || kind === "dead_lettered") counters[kind].inc({ integration_id: id, reason }, value);
  }
}

function registerGauges(registry: Registry, gauges: () => Map<string, IntegrationGauges>): void {
  const one = (name: string, help: string, read: (gauge: IntegrationGauges) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ["integration_id"],
      registers: [registry],
      collect() {
        this.reset();
        for (const [id, gauge] of gauges()) this.set({ integration_id: id }, read(gauge));
      },
    });
  };
  one("signal_deliveries_in_flight", "Deliveries in a request that has no answer yet.", (gauge) => gauge.inFlight);
  one("signal_deliveries_waiting", "Deliveries read and not yet tried.", (gauge) => gauge.waiting);
  one("signal_deliveries_parked", "Deliveries waiting by position.", (gauge) => gauge.parked);
  one("signal_circuits_open", "Pipeline integrations whose circuit is open.", (gauge) => gauge.openCircuits);
  one("signal_delivery_memory_bytes", "Estimated memory of the deliveries held.", (gauge) => gauge.memoryBytes);
}
