/** What `status` says: the sum by integration, and what stands before it. */
import { type ConfigSnapshot, type IntegrationConfig, PROCESSOR_GROUP, RAW_EVENTS } from "@datafly-signal/core";
import type { EventLog } from "@datafly-signal/ports/log";
import { inFlight, type LaneTotals, type Totals } from "./outcomes/totals.ts";

/** What a worker says of one lane. */
export interface LaneReport {
  pipelineIntegrationId: string;
  circuit: "healthy" | "degraded" | "open";
  /** Why it is not healthy, in words. */
  reason?: string;
}

export interface IntegrationStatus {
  id: string;
  name: string;
  vendor: string;
  accepted: number;
  filtered: Record<string, number>;
  delivered: number;
  retried: number;
  replayed: number;
  dead_lettered: Record<string, number>;
  /** Of the dead-lettered: how many have passed their seven days. */
  expired: number;
  in_flight: number;
  circuit: LaneReport["circuit"];
  circuit_reason?: string;
}

export interface Status {
  /** Events on the log: `accepted` is the sum of the other two. */
  events: { accepted: number; processed: number; unprocessed: number; unprocessable: Record<string, number> };
  integrations: IntegrationStatus[];
  /** Requests refused by the gateway, by error code. */
  refused: Record<string, number>;
}

/** Puts totals, configuration and the workers' reports together. Integrations that left the configuration stay while they have counts. */
export async function buildStatus(options: {
  log: EventLog;
  snapshot: ConfigSnapshot;
  totals: Totals;
  lanes: readonly LaneReport[];
  expired(integrationId: string): Promise<number>;
}): Promise<Status> {
  const { log, snapshot, totals, lanes } = options;
  const unprocessed = await unprocessedEvents(log);
  const known = new Map(snapshot.integrations.map((integration) => [integration.id, integration]));
  const ids = new Set([...known.keys(), ...Object.values(totals.lanes).map((lane) => lane.integrationId)]);
  const reports = new Map(lanes.map((lane) => [lane.pipelineIntegrationId, lane]));
  return {
    events: {
      accepted: totals.processed + unprocessed,
      processed: totals.processed,
      unprocessed,
      unprocessable: totals.unprocessable,
    },
    integrations: await Promise.all(
      [...ids].map(async (id) => {
        const facts = { totals, reports, snapshot, expired: await options.expired(id) };
        return integrationStatus(id, known.get(id), facts);
      }),
    ),
    refused: totals.refused,
  };
}

function integrationStatus(
  id: string,
  integration: IntegrationConfig | undefined,
  facts: { totals: Totals; reports: ReadonlyMap<string, LaneReport>; snapshot: ConfigSnapshot; expired: number },
): IntegrationStatus {
  const counted = Object.values(facts.totals.lanes).filter((lane) => lane.integrationId === id);
  const laneIds = facts.snapshot.lanes.filter((lane) => lane.integrationId === id).map((lane) => lane.id);
  const worst = worstReport(laneIds.map((lane) => facts.reports.get(lane)));
  return {
    id,
    name: integration?.name ?? "(removed)",
    vendor: integration?.vendor ?? "",
    accepted: total(counted, (lane) => lane.accepted),
    filtered: merged(counted.map((lane) => lane.filtered)),
    delivered: total(counted, (lane) => lane.delivered),
    retried: total(counted, (lane) => lane.retried),
    replayed: total(counted, (lane) => lane.replayed),
    dead_lettered: merged(counted.map((lane) => lane.deadLettered)),
    expired: facts.expired,
    in_flight: total(counted, inFlight),
    circuit: worst?.circuit ?? "healthy",
    ...(worst?.reason === undefined ? {} : { circuit_reason: worst.reason }),
  };
}

const SEVERITY = { healthy: 0, degraded: 1, open: 2 } as const;

function worstReport(reports: readonly (LaneReport | undefined)[]): LaneReport | undefined {
  return reports.reduce(
    (worst, report) =>
      report !== undefined && (worst === undefined || SEVERITY[report.circuit] > SEVERITY[worst.circuit])
        ? report
        : worst,
    undefined,
  );
}

function total(lanes: readonly LaneTotals[], of: (lane: LaneTotals) => number): number {
  return lanes.reduce((sum, lane) => sum + of(lane), 0);
}

function merged(counts: readonly Record<string, number>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const one of counts) {
    for (const [reason, count] of Object.entries(one)) sum[reason] = (sum[reason] ?? 0) + count;
  }
  return sum;
}

async function unprocessedEvents(log: EventLog): Promise<number> {
  const committed = await log.committed(PROCESSOR_GROUP, RAW_EVENTS);
  const bounds = await log.bounds(RAW_EVENTS);
  return bounds.reduce(
    (sum, { partition, first, next }) => sum + next - Math.max(committed.get(partition) ?? 0, first),
    0,
  );
}
