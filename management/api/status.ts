/** What `status` says: the sum by integration, and what stands before it. */
import { type ConfigSnapshot, type IntegrationConfig, PROCESSOR_GROUP, RAW_EVENTS } from "@datafly-signal/core";
import type { EventLog } from "@datafly-signal/ports/log";
import type { SetAsideSummary } from "./set-aside/set-aside.ts";
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
  /** "(removed)" when the configuration does not have it any more. */
  name: string;
  /** What it was called before it was removed. */
  former_name?: string;
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

/** A request that the gateway refused, as it noted it: without body, query or key. */
export interface RefusedRequestReport {
  /** ISO time. */
  at: string;
  code: string;
  status: number;
  /** What the client was told. */
  message: string;
  method: string;
  path: string;
  origin: string | null;
  ip: string;
  /** Null before the key is known. */
  pipelineId: string | null;
}

/** A changed configuration that the server does not take; the last good one stays. */
export interface RefusedChangeReport {
  /** ISO time. */
  since: string;
  /** Each with its place and its cure. */
  faults: readonly string[];
}

interface RefusedSample extends Omit<RefusedRequestReport, "pipelineId"> {
  /** The pipeline's name. */
  pipeline: string | null;
}

export interface Status {
  /** Events on the log: `accepted` is the sum of the other two. */
  events: { accepted: number; processed: number; unprocessed: number; unprocessable: Record<string, number> };
  /** Events that became no delivery at all (`unprocessable` counts them); `newest` is one that was not replayed yet. */
  set_aside: { replayed: Record<string, number>; newest: NewestSetAside | null };
  integrations: IntegrationStatus[];
  /** Requests refused by the gateway, by error code. */
  refused: Record<string, number>;
  /** The last of them, newest first. */
  refused_samples: RefusedSample[];
  configuration: { snapshot: number; refused: RefusedChangeReport | null };
}

interface NewestSetAside {
  /** As `dlq events show` takes it. */
  position: number;
  /** ISO time. */
  at: string;
  error: string;
  details: string | null;
  event: string | null;
  message_id: string | null;
  /** The pipeline's name. */
  pipeline: string | null;
}

const SHOWN_SAMPLES = 20;

/** Puts totals, configuration and the workers' reports together. Integrations that left the configuration stay while they have counts. */
export async function buildStatus(options: {
  log: EventLog;
  snapshot: ConfigSnapshot;
  totals: Totals;
  lanes: readonly LaneReport[];
  /** Oldest first. */
  refused: readonly RefusedRequestReport[];
  refusedChange: RefusedChangeReport | null;
  setAside: SetAsideSummary;
  formerName(integrationId: string): Promise<string | undefined>;
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
    set_aside: setAsideStatus(options.setAside),
    integrations: await Promise.all(
      [...ids].map(async (id) => {
        const facts = { totals, reports, snapshot, expired: await options.expired(id) };
        const integration = known.get(id);
        const formerName = integration === undefined ? await options.formerName(id) : undefined;
        const status = integrationStatus(id, integration, facts);
        return formerName === undefined ? status : { ...status, former_name: formerName };
      }),
    ),
    refused: totals.refused,
    refused_samples: options.refused.slice(-SHOWN_SAMPLES).toReversed().map(sampleOf(snapshot)),
    configuration: { snapshot: snapshot.number, refused: options.refusedChange },
  };
}

function setAsideStatus({ replayed, newest }: SetAsideSummary): Status["set_aside"] {
  if (newest === null) return { replayed, newest };
  const { position, setAsideAt, error, details, event, messageId, pipeline, pipelineId } = newest;
  const shown = { position, at: setAsideAt, error, details, event, message_id: messageId };
  return { replayed, newest: { ...shown, pipeline: pipeline ?? pipelineId } };
}

function sampleOf(snapshot: ConfigSnapshot): (report: RefusedRequestReport) => RefusedSample {
  const names = new Map(snapshot.pipelines.map(({ id, name }) => [id, name]));
  return ({ pipelineId, ...sample }) => ({
    ...sample,
    pipeline: pipelineId === null ? null : (names.get(pipelineId) ?? pipelineId),
  });
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
