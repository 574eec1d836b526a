/** Live events: read from the end of the log, and shown with what became of them. */
import { type Clock, RAW_EVENTS, type SnapshotSource } from "@datafly-signal/core";
import type { Traces } from "@datafly-signal/management-api";
import type { EventLog } from "@datafly-signal/ports/log";
import {
  parseRawEvent,
  type TailEvent,
  type TailLate,
  type TailOutcome,
  type TailWindow,
  tailWindow,
} from "./tail-window.ts";
import { pause } from "./waiting.ts";

export interface TailFilter {
  pipelineId: string | null;
  integrationId: string | null;
  /** In lower case. */
  event: string | null;
  /** A userId or an anonymousId. */
  user: string | null;
  failed: boolean;
}

export interface TailParts {
  log: Pick<EventLog, "bounds" | "read">;
  snapshots: SnapshotSource;
  traces: Pick<Traces, "follow">;
  clock: Clock;
  traceShare: number;
}

/** `skipped`: events and outcomes that came faster than they could be read or taken. */
export type TailItem =
  | { kind: "start"; trace_share: number }
  | TailEvent
  | TailLate
  | { kind: "skipped"; count: number };

const LOOK_EVERY_MS = 100;
const LOOK = { maxRecords: 250, maxBytes: 1_048_576 };
/** Behind by more than this, it goes on from the end. */
const FAR_BEHIND = 1000;
const FAILED: ReadonlySet<TailOutcome["outcome"]> = new Set([
  "retry",
  "throttle",
  "refresh",
  "prepare",
  "reject",
  "misconfigured",
  "dead_lettered",
]);

/** Nothing is read while the reader does not take: what it could not take is skipped, and counted. */
export async function* tail(parts: TailParts, filter: TailFilter, gone: AbortSignal): AsyncGenerator<TailItem> {
  const { snapshots, traces, clock, traceShare } = parts;
  const window = tailWindow({ snapshot: () => snapshots.current(), traceShare, now: () => clock.monotonic() });
  const reader = await endReader(parts.log);
  const unfollow = traces.follow((record) => window.addTrace(record));
  try {
    yield { kind: "start", trace_share: traceShare };
    while (!gone.aborted) {
      const skipped = (await reader.readInto(window)) + window.takeSkipped();
      if (skipped > 0) yield { kind: "skipped", count: skipped };
      for (const item of window.take()) {
        const shown = chosen(item, filter, parts);
        if (shown !== null) yield shown;
      }
      await pause(clock, LOOK_EVERY_MS, gone);
    }
  } finally {
    unfollow();
  }
}

/** Reads what comes after the log's end as it is now. */
async function endReader(log: TailParts["log"]): Promise<{ readInto(window: TailWindow): Promise<number> }> {
  const offsets = new Map((await log.bounds(RAW_EVENTS)).map(({ partition, next }) => [partition, next]));
  return {
    async readInto(window) {
      let skipped = 0;
      const found = [];
      for (const { partition, next } of await log.bounds(RAW_EVENTS)) {
        let offset = offsets.get(partition) ?? 0;
        if (next - offset > FAR_BEHIND) {
          skipped += next - LOOK.maxRecords - offset;
          offset = next - LOOK.maxRecords;
        }
        const records = await log.read({ topic: RAW_EVENTS, partition, from: { offset }, ...LOOK });
        offsets.set(partition, (records.at(-1)?.offset ?? offset - 1) + 1);
        found.push(...records);
      }
      for (const { value } of found.toSorted((a, b) => a.timestamp - b.timestamp)) {
        const raw = parseRawEvent(value);
        if (raw !== undefined) window.addEvent(raw);
      }
      return skipped;
    },
  };
}

/** The item as the filter leaves it, null when it leaves nothing. */
function chosen(item: TailEvent | TailLate, filter: TailFilter, parts: TailParts): TailEvent | TailLate | null {
  if (filter.pipelineId !== null && item.pipeline_id !== filter.pipelineId) return null;
  if (filter.user !== null && item.user_id !== filter.user && item.anonymous_id !== filter.user) return null;
  if (filter.event !== null && !isNamed(item, filter.event)) return null;
  if (item.kind === "outcome") return isWanted(item, filter) ? item : null;
  if (item.kind === "rejected" || item.rejected !== undefined) {
    return filter.integrationId === null || goesTo(item, filter.integrationId, parts) ? item : null;
  }
  if (filter.integrationId === null && !filter.failed) return item;
  const outcomes = item.outcomes.filter((outcome) => isWanted(outcome, filter));
  if (outcomes.length > 0) return { ...item, outcomes };
  const mayFollow = !filter.failed && item.outcomes.length === 0 && goesTo(item, filter.integrationId, parts);
  return mayFollow ? { ...item, outcomes } : null;
}

function isNamed(item: TailEvent | TailLate, name: string): boolean {
  return item.event.toLowerCase() === name || (item.kind === "event" && item.type === name);
}

function isWanted(outcome: TailOutcome, filter: TailFilter): boolean {
  if (filter.integrationId !== null && outcome.integration_id !== filter.integrationId) return false;
  return !filter.failed || FAILED.has(outcome.outcome);
}

/** Or would have gone there. */
function goesTo(item: TailEvent | TailLate, integrationId: string | null, { snapshots }: TailParts): boolean {
  return snapshots
    .current()
    .lanes.some((lane) => lane.pipelineId === item.pipeline_id && lane.integrationId === integrationId && lane.enabled);
}
