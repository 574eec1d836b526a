/** The events that became no delivery at all: list, show, export, and send them again. */
import {
  type Clock,
  deadLetterId,
  DLQ_EVENTS,
  isJsonObject,
  type JsonObject,
  openEnvelope,
  type RejectedEventRecord,
  type SnapshotSource,
} from "@datafly-signal/core";
import type { EventLog, LogRecord } from "@datafly-signal/ports/log";
import type { RecordTable } from "@datafly-signal/ports/state";
import { type ListedSetAside, readEntry, type SetAsideState, type ShownSetAside } from "./entry.ts";
import { forgetMarksBefore, markReplayed, replayedAt, replayedCounts } from "./marks.ts";
import { eventAt, eventsBackwards, eventsForwards, keptEvents } from "./read-events.ts";

export interface SetAsideFilter {
  error?: string;
  /** A track event's name or a type, exactly. */
  event?: string;
  messageId?: string;
  pipelineId?: string;
  state?: SetAsideState;
  /** ISO times of `setAsideAt`: from inclusive, to exclusive. */
  from?: string;
  to?: string;
}

export interface SetAsidePage {
  /** Newest first. */
  data: ListedSetAside[];
  nextCursor: string | null;
}

/** What became of an event that was offered to the gateway again. */
type Readmitted = { ok: true } | { ok: false; code: string; message: string };

/** Puts an event on `raw-events` again as it stood there; `replayOf` keeps it from being taken for a duplicate. */
export type Readmit = (event: JsonObject, replayOf: string) => Promise<Readmitted>;

export interface SetAsideReplay {
  replayed: number;
  /** Left as they were, by reason: `already_replayed`, `too_large_to_keep`, `not_an_event`, `pipeline_gone`, `refused`. */
  skipped: Record<string, number>;
  /** Why it ended before its end; the rest is as it was. Null when it did not. */
  stopped: string | null;
}

export interface SetAsideSummary {
  /** Ever replayed, by error. */
  replayed: Record<string, number>;
  /** The newest that waits to be looked at; null when there is none among the last thousand. */
  newest: ListedSetAside | null;
}

export interface SetAside {
  list(filter: SetAsideFilter, page: { cursor: number | null; limit: number }): Promise<SetAsidePage>;
  /** By position, or the newest of a messageId; undefined when none is kept. */
  show(wanted: { position: number } | { messageId: string }): Promise<ShownSetAside | undefined>;
  /** Everything that the filter finds, oldest first. */
  records(filter: SetAsideFilter): AsyncGenerator<ShownSetAside>;
  /** Sends what the filter finds once more, in its order; with `dryRun` only counts. What is set aside again meanwhile is not met. */
  replay(filter: SetAsideFilter, options: { dryRun: boolean; readmit: Readmit }): Promise<SetAsideReplay>;
  summary(): Promise<SetAsideSummary>;
  /** Resolves when the replay under way is done. */
  settled(): Promise<void>;
}

interface Parts {
  log: Pick<EventLog, "bounds" | "read" | "readAt">;
  records: RecordTable;
  snapshots: Pick<SnapshotSource, "current">;
  clock: Pick<Clock, "wall">;
}

/** Offered to the gateway together; marked as soon as they are on the log. */
const TOGETHER = 50;
const SUMMARY_LOOK = 1000;
/** The gateway takes nothing at present: what follows would be refused too. */
const STOPPING: ReadonlySet<string> = new Set(["overloaded", "internal_error"]);

export function openSetAside(parts: Parts): SetAside {
  let tail: Promise<unknown> = Promise.resolve();
  return {
    list: (filter, page) => list(parts, filter, page),
    async show(wanted) {
      if ("position" in wanted) {
        const record = await eventAt(parts.log, wanted.position);
        return record === undefined ? undefined : shown(parts, record);
      }
      const { data } = await list(parts, wanted, { cursor: null, limit: 1 });
      const found = data[0] === undefined ? undefined : await eventAt(parts.log, data[0].position);
      return found === undefined ? undefined : shown(parts, found);
    },
    records: (filter) => matching(parts, filter),
    replay(filter, options) {
      const result = tail.then(() => replay(parts, filter, options));
      tail = result.catch(() => undefined);
      return result;
    },
    async summary() {
      const kept = await keptEvents(parts.log);
      const last = { ...kept, first: Math.max(kept.first, kept.next - SUMMARY_LOOK) };
      const replayed = await replayedCounts(parts.records);
      for await (const { entry } of eventsBackwards(parts.log, last, readEntry)) {
        const listed = await withState(parts, entry);
        if (listed.state === "open") return { replayed, newest: listed };
      }
      return { replayed, newest: null };
    },
    settled: () => tail.then(() => undefined),
  };
}

async function list(
  parts: Parts,
  filter: SetAsideFilter,
  { cursor, limit }: { cursor: number | null; limit: number },
): Promise<SetAsidePage> {
  const { first, next } = await keptEvents(parts.log);
  const kept = { first, next: cursor === null ? next : Math.min(cursor, next) };
  const data: ListedSetAside[] = [];
  for await (const entry of eventsBackwards(parts.log, kept, (record) => readEntry(record).entry)) {
    // One more than the page shows that there is a next one.
    if (!fits(entry, filter)) continue;
    const listed = await withState(parts, entry);
    if (filter.state !== undefined && listed.state !== filter.state) continue;
    const last = data.at(-1);
    if (data.length === limit && last !== undefined) return { data, nextCursor: String(last.position) };
    data.push(listed);
  }
  return { data, nextCursor: null };
}

function fits(entry: ReturnType<typeof readEntry>["entry"], filter: SetAsideFilter): boolean {
  return (
    (filter.error === undefined || entry.error === filter.error) &&
    (filter.event === undefined || entry.event === filter.event || entry.type === filter.event) &&
    (filter.messageId === undefined || entry.messageId === filter.messageId) &&
    (filter.pipelineId === undefined || entry.pipelineId === filter.pipelineId) &&
    (filter.from === undefined || entry.setAsideAt >= filter.from) &&
    (filter.to === undefined || entry.setAsideAt < filter.to)
  );
}

async function withState(
  { records, snapshots }: Parts,
  entry: ReturnType<typeof readEntry>["entry"],
): Promise<ListedSetAside> {
  const at = await replayedAt(records, entry.position);
  const pipeline = snapshots.current().pipelines.find(({ id }) => id === entry.pipelineId)?.name ?? null;
  return { ...entry, pipeline, state: at === null ? "open" : "replayed", replayedAt: at };
}

async function shown(parts: Parts, log: LogRecord): Promise<ShownSetAside> {
  const { entry, record } = readEntry(log);
  const { original_event: original, original_base64: bytes } = record;
  const listed = await withState(parts, entry);
  return { ...listed, original, ...(bytes === undefined ? {} : { originalBase64: bytes }) };
}

async function* matching(parts: Parts, filter: SetAsideFilter): AsyncGenerator<ShownSetAside> {
  for await (const record of eventsForwards(parts.log, await keptEvents(parts.log))) {
    if (!fits(readEntry(record).entry, filter)) continue;
    const one = await shown(parts, record);
    if (filter.state === undefined || one.state === filter.state) yield one;
  }
}

async function replay(
  parts: Parts,
  filter: SetAsideFilter,
  { dryRun, readmit }: { dryRun: boolean; readmit: Readmit },
): Promise<SetAsideReplay> {
  const result: SetAsideReplay = { replayed: 0, skipped: {}, stopped: null };
  const offer = async (group: readonly Sendable[]): Promise<void> => {
    if (dryRun) result.replayed += group.length;
    else await offerAll(parts, { group, readmit, result });
  };
  await forgetMarksBefore(parts.records, (await keptEvents(parts.log)).first);
  let group: Sendable[] = [];
  for await (const one of matching(parts, filter)) {
    const made = sendable(parts, one);
    if ("skipped" in made) {
      result.skipped[made.skipped] = (result.skipped[made.skipped] ?? 0) + 1;
      continue;
    }
    group.push(made);
    if (group.length < TOGETHER) continue;
    await offer(group);
    group = [];
    if (result.stopped !== null) return result;
  }
  await offer(group);
  return result;
}

interface Sendable {
  position: number;
  error: RejectedEventRecord["error"];
  event: JsonObject;
  replayOf: string;
}

function sendable({ snapshots }: Parts, one: ShownSetAside): Sendable | { skipped: string } {
  if (one.state === "replayed") return { skipped: "already_replayed" };
  if (one.kept === "nothing") return { skipped: "too_large_to_keep" };
  const { original, position, error } = one;
  // Opening takes the record apart: it works on a copy.
  if (!isJsonObject(original) || "field" in openEnvelope(structuredClone(original))) return { skipped: "not_an_event" };
  if (!snapshots.current().pipelines.some(({ id }) => id === one.pipelineId)) return { skipped: "pipeline_gone" };
  const replayOf = deadLetterId(DLQ_EVENTS, { partition: 0, offset: position }, Date.parse(one.setAsideAt));
  return { position, error, event: original, replayOf };
}

async function offerAll(
  { records, clock }: Parts,
  { group, readmit, result }: { group: readonly Sendable[]; readmit: Readmit; result: SetAsideReplay },
): Promise<void> {
  const answers = await Promise.all(
    group.map(({ event, replayOf }) => readmit(event, replayOf).catch((error: unknown) => unanswered(error))),
  );
  const taken = group.filter((_, index) => answers[index]?.ok === true);
  await markReplayed(records, taken, new Date(clock.wall()).toISOString());
  result.replayed += taken.length;
  for (const answer of answers) {
    if (answer.ok) continue;
    if (STOPPING.has(answer.code)) result.stopped = answer.message;
    else result.skipped["refused"] = (result.skipped["refused"] ?? 0) + 1;
  }
}

/** What others of the group came to must be marked all the same. */
function unanswered(error: unknown): Readmitted {
  return { ok: false, code: "internal_error", message: `The gateway did not answer: ${String(error)}.` };
}
