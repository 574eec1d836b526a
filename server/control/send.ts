/** A test event through one integration: it travels as every other does, and its way is told step by step. */
import {
  canonicalEventName,
  type Clock,
  type ConfigSnapshot,
  type IntegrationConfig,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type LaneConfig,
  type ProcessedTrace,
  requiredConsent,
  sampleEvent,
  type SentTrace,
  type SnapshotSource,
  type TraceRecord,
} from "@datafly-signal/core";
import type { Injected, Injection } from "@datafly-signal/gateway";
import type { IntegrationStatus, Management } from "@datafly-signal/management-api";
import { ControlError } from "./control-server.ts";
import { namedIntegration, namedPipeline, textArgument } from "./named.ts";
import {
  filteredResult,
  givenUpResult,
  heldUp,
  type SendResult,
  sentResult,
  setAsideResult,
  unfinishedResult,
} from "./send-result.ts";
import { pause } from "./waiting.ts";

export interface SendParts {
  management: Pick<Management, "integrations" | "status" | "traces">;
  snapshots: SnapshotSource;
  clock: Clock;
  ids: { uuidV4(): string; uuidV7(): string };
  inject(injection: Injection): Promise<Injected>;
}

type Lane = ProcessedTrace["lanes"][number];

export type SendStep =
  | { kind: "accepted"; message_id: string; integration: string; pipeline: string; event: JsonObject }
  | { kind: "mapped"; vendor_event_name: string | null; payload: unknown; revision: number }
  | {
      kind: "attempt";
      attempt: number;
      request: SentTrace["request"];
      response: SentTrace["response"];
      outcome: SentTrace["outcome"];
      reason: string | null;
      duration_ms: number;
    }
  /** Said once, while it goes on waiting. */
  | { kind: "waiting"; waits_for: string }
  | ({ kind: "result" } & SendResult);

const DEFAULT_TIMEOUT_MS = 30_000;
const LONGEST_TIMEOUT_MS = 600_000;
const LOOK_EVERY_MS = 50;
/** What holds an event up is asked for this often. */
const ASK_EVERY_MS = 1000;
/** What the live traces have left out is looked up this often. */
const LOOK_UP_EVERY_MS = 1000;

/** @throws {ControlError} when nothing can be sent, in words with the cure */
export async function* sendTestEvent(parts: SendParts, args: JsonObject, gone: AbortSignal): AsyncGenerator<SendStep> {
  const { integration, lane, pipelineName } = await target(parts, args);
  const event = eventOf(parts, args, { integration, lane });
  const watch = watchTraces(parts, { messageId: String(event["messageId"]), lane });
  try {
    const integrations = { All: false, [integration.id]: true };
    const injected = await parts.inject({ pipelineId: lane.pipelineId, event, integrations });
    if (!injected.ok) {
      const code = injected.code === "invalid_event" ? "bad_request" : "refused";
      throw new ControlError(code, `The event was not accepted (${injected.code}): ${injected.message}`);
    }
    const { messageId } = injected;
    yield { kind: "accepted", message_id: messageId, integration: integration.name, pipeline: pipelineName, event };
    const end = parts.clock.monotonic() + timeoutOf(args);
    let last: SentTrace | null = null;
    let mapped = false;
    let askAt = parts.clock.monotonic() + ASK_EVERY_MS;
    let told = false;
    while (!gone.aborted && parts.clock.monotonic() < end) {
      for (const record of await watch.take()) {
        const step = stepOf(record, lane.id);
        if (step === null) continue;
        if (step.kind === "mapped") mapped = true;
        yield step;
        const result = record.stage === "sent" ? sentResult(record) : null;
        if (result !== null) yield { kind: "result", ...result };
        if (result !== null || step.kind === "result") return;
        if (record.stage === "sent") last = record;
      }
      if (!told && last === null && parts.clock.monotonic() >= askAt) {
        const held = heldUp(integration.name, await circuitOf(parts, integration.id));
        if (held !== null) yield { kind: "waiting", waits_for: held };
        told = held !== null;
        askAt = parts.clock.monotonic() + ASK_EVERY_MS;
      }
      await pause(parts.clock, LOOK_EVERY_MS, gone);
    }
    const { events } = await parts.management.status();
    const circuit = await circuitOf(parts, integration.id);
    const facts = { integration: integration.name, last, mapped, unprocessed: events.unprocessed, circuit };
    yield { kind: "result", ...unfinishedResult(facts) };
  } finally {
    watch.end();
  }
}

async function circuitOf({ management }: SendParts, id: string): Promise<IntegrationStatus | undefined> {
  const status = await management.status();
  return status.integrations.find((one) => one.id === id);
}

async function target(
  { management, snapshots }: SendParts,
  args: JsonObject,
): Promise<{ integration: IntegrationConfig; lane: LaneConfig; pipelineName: string }> {
  const id = await namedIntegration(management, textArgument(args, "integration"));
  const snapshot = snapshots.current();
  const integration = snapshot.integrations.find((one) => one.id === id);
  if (integration === undefined) {
    throw new ControlError("not_found", "The integration was removed from the configuration: nothing is sent to it.");
  }
  const lane = laneOf(snapshot, integration, textArgument(args, "pipeline"));
  const pipelineName = snapshot.pipelines.find((one) => one.id === lane.pipelineId)?.name ?? lane.pipelineId;
  return { integration, lane, pipelineName };
}

/** The first pipeline where it is enabled, or the one that is named. */
function laneOf(snapshot: ConfigSnapshot, integration: IntegrationConfig, wanted: string | undefined): LaneConfig {
  const lanes = snapshot.lanes.filter((lane) => lane.integrationId === integration.id);
  if (wanted === undefined) {
    const lane = lanes.find(({ enabled }) => enabled) ?? lanes[0];
    if (lane !== undefined) return lane;
    throw new ControlError(
      "refused",
      `No pipeline has the integration ${integration.name}: add it to a pipeline's integrations in signal.yaml.`,
    );
  }
  const pipeline = namedPipeline(snapshot, wanted);
  const lane = lanes.find(({ pipelineId }) => pipelineId === pipeline.id);
  if (lane !== undefined) return lane;
  throw new ControlError(
    "not_found",
    `The pipeline ${pipeline.name} does not have the integration ${integration.name}: add it to its integrations in signal.yaml.`,
  );
}

/** The event that was given, or a sample; always a new one, so that it can be sent again and again. */
function eventOf(
  { ids, clock }: SendParts,
  args: JsonObject,
  { integration, lane }: { integration: IntegrationConfig; lane: LaneConfig },
): JsonObject {
  const messageId = ids.uuidV7();
  const given = args["event"];
  if (isJsonObject(given)) return { ...given, messageId };
  const name = textArgument(args, "eventName") ?? usualEvent(integration.revisions[lane.revision]?.mapping ?? null);
  return sampleEvent(name, {
    messageId,
    anonymousId: ids.uuidV4(),
    timestamp: new Date(clock.wall()).toISOString(),
    consent: requiredConsent(integration, lane.revision, lane.revision),
  });
}

/** A purchase, if the mapping has a section for it or takes everything; else what its first section is for. */
function usualEvent(mapping: JsonValue): string {
  const sections = isJsonObject(mapping) && isJsonObject(mapping["events"]) ? Object.keys(mapping["events"]) : [];
  const purchase = sections.find((name) => canonicalEventName(name) === "purchase");
  return purchase ?? sections[0] ?? "Order Completed";
}

function timeoutOf(args: JsonObject): number {
  const { timeoutMs } = args;
  return typeof timeoutMs === "number" && timeoutMs > 0 ? Math.min(timeoutMs, LONGEST_TIMEOUT_MS) : DEFAULT_TIMEOUT_MS;
}

/** The traces of one event in one lane, each once, in their order. */
function watchTraces(
  { management: { traces }, clock }: SendParts,
  { messageId, lane }: { messageId: string; lane: LaneConfig },
): { take(): Promise<TraceRecord[]>; end(): void } {
  const seen = new Set<string>();
  let found: TraceRecord[] = [];
  let lookedUp = clock.monotonic();
  const add = (record: TraceRecord): void => {
    if (record.messageId !== messageId || record.pipelineId !== lane.pipelineId) return;
    if (record.stage === "sent" && record.lane.pipelineIntegrationId !== lane.id) return;
    const key = record.stage === "sent" ? `sent ${record.attempt} ${record.at}` : "processed";
    if (seen.has(key)) return;
    seen.add(key);
    found.push(record);
  };
  const end = traces.follow(add);
  return {
    end,
    async take() {
      if (found.length === 0 && clock.monotonic() - lookedUp >= LOOK_UP_EVERY_MS) {
        lookedUp = clock.monotonic();
        for (const record of await traces.find({ messageId })) add(record);
      }
      const taken = found;
      found = [];
      return taken;
    },
  };
}

function stepOf(record: TraceRecord, laneId: string): SendStep | null {
  if (record.stage === "sent") {
    const { attempt, request, response, outcome, reason, durationMs } = record;
    return { kind: "attempt", attempt, request, response, outcome, reason, duration_ms: durationMs };
  }
  const { rejected } = record;
  if (rejected !== undefined) return { kind: "result", ...setAsideResult(rejected.error, rejected.details) };
  const lane: Lane | undefined = record.lanes.find(({ pipelineIntegrationId }) => pipelineIntegrationId === laneId);
  if (lane === undefined) return null;
  if (lane.outcome === "filtered") return { kind: "result", ...filteredResult(lane.reason) };
  if (lane.outcome === "dead_lettered") return { kind: "result", ...givenUpResult(lane.reason, lane.detail) };
  return { kind: "mapped", vendor_event_name: lane.vendorEventName, payload: lane.payload, revision: lane.revision };
}
