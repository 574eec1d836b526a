/** The operations on dead letters: list, show, replay, discard, export (contracts §8). One changes things at a time. */
import {
  type Clock,
  type CompiledMapping,
  compileMapping,
  type DeadLetterRecord,
  type SnapshotSource,
} from "@datafly-signal/core";
import type { EventLog } from "@datafly-signal/ports/log";
import type { RecordTable } from "@datafly-signal/ports/state";
import {
  type DeadLetterFilter,
  type DeadLetterPage,
  followDeadLetters,
  listDeadLetters,
  type ListedDeadLetter,
  readDeadLetters,
} from "./dead-letter-index.ts";
import {
  discardDeadLetter,
  replayDeadLetter,
  type ReplayContext,
  type ReplayMode,
  type ReplayResult,
} from "./replay.ts";

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
  return {
    list: (filter, page) => list(parts, filter, page),
    async show(integrationId, id) {
      const found = await list(parts, { integrationId, ids: [id] }, { cursor: null, limit: 1 });
      return (await withRecords(parts.log, found.data))[0];
    },
    replay: (filter, options) => alone(() => replay(parts, filter, options)),
    discard: (filter, options) => alone(() => discard(parts, filter, options)),
    records: (filter) => pages(parts, filter),
    settled: () => tail.then(() => undefined),
  };
}

async function list(
  parts: Parts,
  filter: DeadLetterFilter,
  page: { cursor: string | null; limit: number },
): Promise<DeadLetterPage> {
  await followDeadLetters(parts.log, parts.records, filter.integrationId);
  return listDeadLetters({ log: parts.log, records: parts.records, filter, ...page });
}

async function withRecords(log: EventLog, entries: readonly ListedDeadLetter[]): Promise<ShownDeadLetter[]> {
  const records = await readDeadLetters(log, entries);
  return entries.map((entry, index) => ({ ...entry, record: records[index] ?? null }));
}

async function* pages(parts: Parts, filter: DeadLetterFilter): AsyncGenerator<ShownDeadLetter> {
  let cursor: string | null = null;
  do {
    const page: DeadLetterPage = await list(parts, filter, { cursor, limit: PAGE });
    yield* await withRecords(parts.log, page.data);
    cursor = page.nextCursor;
  } while (cursor !== null);
}

async function replay(
  parts: Parts,
  filter: DeadLetterFilter,
  options: { mode: ReplayMode; dryRun: boolean },
): Promise<ReplayResult> {
  const context = replayContext(parts);
  return change(parts, filter, async (letter, result) => {
    if (letter.record === null) return skip(result, "no_longer_kept");
    if (options.dryRun) {
      result.replayed += 1;
      return;
    }
    const done = await replayDeadLetter(letter.record, options.mode, context);
    if (done.replayed) result.replayed += 1;
    else skip(result, done.skipped);
  });
}

async function discard(parts: Parts, filter: DeadLetterFilter, options: { dryRun: boolean }): Promise<ReplayResult> {
  return change(parts, filter, async (letter, result) => {
    if (!options.dryRun) await discardDeadLetter(parts.log, letter.id, parts.clock.wall());
    result.discarded += 1;
  });
}

/** Runs over what is there now; what the change itself dead-letters again is not met a second time. */
async function change(
  parts: Parts,
  filter: DeadLetterFilter,
  work: (letter: ShownDeadLetter, result: ReplayResult) => Promise<void>,
): Promise<ReplayResult> {
  const result: ReplayResult = { replayed: 0, discarded: 0, skipped: {} };
  const until = new Date(parts.clock.wall() + 1).toISOString();
  const bounded = { ...filter, to: filter.to !== undefined && filter.to < until ? filter.to : until };
  for await (const letter of pages(parts, bounded)) {
    if (letter.state === "open") await work(letter, result);
    else skip(result, "not_open");
  }
  return result;
}

function skip(result: ReplayResult, reason: string): void {
  result.skipped[reason] = (result.skipped[reason] ?? 0) + 1;
}

function replayContext(parts: Parts): ReplayContext {
  const snapshot = parts.snapshots.current();
  const compiled = new Map<string, CompiledMapping | null>();
  return {
    log: parts.log,
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
