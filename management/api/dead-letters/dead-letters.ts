/** The operations on dead letters: list, show, replay, discard, export. One changes things at a time. */
import {
  type Clock,
  type CompiledMapping,
  compileMapping,
  type DeadLetterRecord,
  type SnapshotSource,
} from "@datafly-signal/core";
import type { EventLog, NewRecord } from "@datafly-signal/ports/log";
import type { RecordTable } from "@datafly-signal/ports/state";
import {
  type DeadLetterFilter,
  type DeadLetterPage,
  expiredDeadLetters,
  followDeadLetters,
  listDeadLetters,
  type ListedDeadLetter,
  readDeadLetters,
} from "./dead-letter-index.ts";
import { discardRecord, replayRecords, type ReplayContext, type ReplayMode, type ReplayResult } from "./replay.ts";

const PAGE = 200;

export interface ShownDeadLetter extends ListedDeadLetter {
  /** Null when retention has taken it. */
  record: DeadLetterRecord | null;
}

export interface DeadLetters {
  list(filter: DeadLetterFilter, page: { cursor: string | null; limit: number }): Promise<DeadLetterPage>;
  /** Undefined when no such dead letter is known. */
  show(integrationId: string, id: string): Promise<ShownDeadLetter | undefined>;
  /** Sends what the filter finds again; with `dryRun` only counts what would be. */
  replay(filter: DeadLetterFilter, options: { mode: ReplayMode; dryRun: boolean }): Promise<ReplayResult>;
  discard(filter: DeadLetterFilter, options: { dryRun: boolean }): Promise<ReplayResult>;
  /** Every record that the filter finds, in pages. */
  records(filter: DeadLetterFilter): AsyncGenerator<ShownDeadLetter>;
  /** Brings the index up to date, and forgets and counts what has passed its time. */
  follow(integrationId: string): Promise<void>;
  /** How many have passed their time. */
  expired(integrationId: string): Promise<number>;
  /** Resolves when the change under way is done. */
  settled(): Promise<void>;
}

interface Parts {
  log: EventLog;
  records: RecordTable;
  snapshots: SnapshotSource;
  clock: Clock;
}

export function openDeadLetters(parts: Parts): DeadLetters {
  let tail: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const result = tail.then(work);
    tail = result.catch(() => undefined);
    return result;
  };
  const follow = (integrationId: string): Promise<void> =>
    alone(() => followDeadLetters(parts.log, parts.records, integrationId));
  return {
    async list(filter, page) {
      await follow(filter.integrationId);
      return list(parts, filter, page);
    },
    async show(integrationId, id) {
      await follow(integrationId);
      const found = await list(parts, { integrationId, ids: [id] }, { cursor: null, limit: 1 });
      return (await withRecords(parts.log, found.data))[0];
    },
    async replay(filter, options) {
      await follow(filter.integrationId);
      return alone(() => replay(parts, filter, options));
    },
    async discard(filter, options) {
      await follow(filter.integrationId);
      return alone(() => discard(parts, filter, options));
    },
    async *records(filter) {
      await follow(filter.integrationId);
      for await (const page of pages(parts, filter)) yield* page;
    },
    follow,
    expired: (integrationId) => expiredDeadLetters(parts.records, integrationId),
    settled: () => tail.then(() => undefined),
  };
}

function list(
  parts: Parts,
  filter: DeadLetterFilter,
  page: { cursor: string | null; limit: number },
): Promise<DeadLetterPage> {
  return listDeadLetters({ log: parts.log, records: parts.records, filter, ...page });
}

async function withRecords(log: EventLog, entries: readonly ListedDeadLetter[]): Promise<ShownDeadLetter[]> {
  const records = await readDeadLetters(log, entries);
  return entries.map((entry, index) => ({ ...entry, record: records[index] ?? null }));
}

async function* pages(parts: Parts, filter: DeadLetterFilter): AsyncGenerator<ShownDeadLetter[]> {
  let cursor: string | null = null;
  do {
    const page: DeadLetterPage = await list(parts, filter, { cursor, limit: PAGE });
    yield await withRecords(parts.log, page.data);
    cursor = page.nextCursor;
  } while (cursor !== null);
}

function replay(
  parts: Parts,
  filter: DeadLetterFilter,
  options: { mode: ReplayMode; dryRun: boolean },
): Promise<ReplayResult> {
  const context = replayContext(parts);
  return change(parts, filter, (letter, result) => {
    if (letter.record === null) return skip(result, "no_longer_kept");
    const made = replayRecords(letter.record, options.mode, context);
    if ("skipped" in made) return skip(result, made.skipped);
    result.replayed += 1;
    return options.dryRun ? [] : made.append;
  });
}

function discard(parts: Parts, filter: DeadLetterFilter, options: { dryRun: boolean }): Promise<ReplayResult> {
  return change(parts, filter, (letter, result) => {
    result.discarded += 1;
    return options.dryRun ? [] : [discardRecord(letter.id, parts.clock.wall())];
  });
}

/**
 * Runs over what is there now, a page in one atomic append; what the change itself dead-letters again is not met a
 * second time.
 */
async function change(
  parts: Parts,
  filter: DeadLetterFilter,
  work: (letter: ShownDeadLetter, result: ReplayResult) => NewRecord[],
): Promise<ReplayResult> {
  const result: ReplayResult = { replayed: 0, discarded: 0, skipped: {} };
  const until = new Date(parts.clock.wall() + 1).toISOString();
  const bounded = { ...filter, to: filter.to !== undefined && filter.to < until ? filter.to : until };
  for await (const page of pages(parts, bounded)) {
    const append = page.flatMap((letter) =>
      letter.state === "open" ? work(letter, result) : skip(result, "not_open"),
    );
    if (append.length > 0) await parts.log.append(append);
  }
  return result;
}

function skip(result: ReplayResult, reason: string): [] {
  result.skipped[reason] = (result.skipped[reason] ?? 0) + 1;
  return [];
}

function replayContext(parts: Parts): ReplayContext {
  const snapshot = parts.snapshots.current();
  const compiled = new Map<string, CompiledMapping | null>();
  return {
    snapshot,
    now: parts.clock.wall(),
    mappingOf(integrationId, revision) {
      const key = `${integrationId}/${revision}`;
      const known = compiled.get(key);
      if (known !== undefined) return known;
      const integration = snapshot.integrations.find((candidate) => candidate.id === integrationId);
      const document = integration?.revisions[revision]?.mapping ?? null;
      const result = document === null ? null : compileMapping(document, {});
      const mapping = result !== null && "mapping" in result ? result.mapping : null;
      compiled.set(key, mapping);
      return mapping;
    },
  };
}
