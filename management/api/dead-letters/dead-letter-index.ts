/** The index of dead letters: follows the topics, answers lists by integration, reason, time and state. */
import {
  DEAD_LETTER_STATES,
  type DeadLetterReason,
  type DeadLetterRecord,
  type DeadLetterState,
  deadLetterTopic,
  type Position,
} from "@datafly-signal/core";
import type { EventLog, LogRecord } from "@datafly-signal/ports/log";
import type { RecordTable } from "@datafly-signal/ports/state";

const BATCH = { maxRecords: 500, maxBytes: 8_388_608 };
const PAGE = 500;

export interface DeadLetterEntry {
  id: string;
  integrationId: string;
  pipelineIntegrationId: string;
  messageId: string;
  event: string;
  reason: DeadLetterReason;
  detail: string | null;
  lastStatus: number | null;
  tries: number;
  firstTriedAt: string | null;
  lastTriedAt: string | null;
  deadLetteredAt: string;
  replayOf: string | null;
  /** Where it stands on the integration's dead letter topic. */
  position: Position;
}

export type DeadLetterStatus = "open" | DeadLetterState["state"];

export interface ListedDeadLetter extends DeadLetterEntry {
  state: DeadLetterStatus;
}

export interface DeadLetterFilter {
  integrationId: string;
  ids?: readonly string[];
  reason?: string;
  event?: string;
  state?: DeadLetterStatus;
  /** ISO times of `deadLetteredAt`: from inclusive, to exclusive. */
  from?: string;
  to?: string;
}

export interface DeadLetterPage {
  data: ListedDeadLetter[];
  nextCursor: string | null;
}

/** Brings the index of one integration up to date with its topic and forgets what the topic no longer keeps. */
export async function followDeadLetters(log: EventLog, records: RecordTable, integrationId: string): Promise<void> {
  const topic = deadLetterTopic(integrationId);
  for (const { partition, first } of await log.bounds(topic)) {
    const key = `dead-letter-offset/${integrationId}/${partition}`;
    const stored = await records.get(key);
    let offset = Math.max(stored === undefined ? 0 : Number(text(stored)), first);
    for (;;) {
      const batch = await log.read({ topic, partition, from: { offset }, ...BATCH });
      const last = batch.at(-1);
      if (last === undefined) break;
      offset = last.offset + 1;
      await records.put([...batch.map(entryOf), [key, Buffer.from(String(offset))]]);
    }
    await forgetBefore({ log, records, integrationId, partition, first });
  }
}

function entryOf(record: LogRecord): [string, Uint8Array] {
  const letter = JSON.parse(text(record.value)) as DeadLetterRecord;
  const entry: DeadLetterEntry = {
    id: letter.id,
    integrationId: letter.integrationId,
    pipelineIntegrationId: letter.pipelineIntegrationId,
    messageId: letter.messageId,
    event: letter.eventName,
    reason: letter.reason,
    detail: letter.detail,
    lastStatus: letter.lastStatus,
    tries: letter.tries,
    firstTriedAt: letter.firstTriedAt,
    lastTriedAt: letter.lastTriedAt,
    deadLetteredAt: letter.deadLetteredAt,
    replayOf: letter.delivery?.replayOf ?? null,
    position: { partition: record.partition, offset: record.offset },
  };
  return [entryKey(entry.integrationId, entry.position), Buffer.from(JSON.stringify(entry))];
}

function entryKey(integrationId: string, position: Position): string {
  return `dead-letter/${integrationId}/${position.partition}/${String(position.offset).padStart(16, "0")}`;
}

async function forgetBefore(options: {
  log: EventLog;
  records: RecordTable;
  integrationId: string;
  partition: number;
  first: number;
}): Promise<void> {
  const { log, records, integrationId, partition, first } = options;
  const prefix = `dead-letter/${integrationId}/${partition}/`;
  for (;;) {
    const page = await records.list({ prefix, limit: PAGE });
    const gone = page.map(([key, value]) => ({ key, entry: parseEntry(value) })).filter(isBefore(first));
    if (gone.length === 0) return;
    await log.append(gone.map(({ entry }) => ({ topic: DEAD_LETTER_STATES, key: entry.id, value: null })));
    const expired = (await expiredDeadLetters(records, integrationId)) + gone.length;
    await records.put([
      ...gone.map(({ key }) => [key, null] as const),
      [expiredKey(integrationId), Buffer.from(String(expired))],
    ]);
    if (gone.length < PAGE) return;
  }
}

function expiredKey(integrationId: string): string {
  return `dead-letter-expired/${integrationId}`;
}

/** How many dead letters of an integration have passed their time; counted in the write that forgets them. */
export async function expiredDeadLetters(records: RecordTable, integrationId: string): Promise<number> {
  const stored = await records.get(expiredKey(integrationId));
  return stored === undefined ? 0 : Number(text(stored));
}

function isBefore(first: number): (item: { entry: DeadLetterEntry }) => boolean {
  return ({ entry }) => entry.position.offset < first;
}

/** One page of an integration's dead letters in the order they were written; the cursor is opaque. */
export async function listDeadLetters(options: {
  log: EventLog;
  records: RecordTable;
  filter: DeadLetterFilter;
  cursor: string | null;
  limit: number;
}): Promise<DeadLetterPage> {
  const { log, records, filter, limit } = options;
  const prefix = `dead-letter/${filter.integrationId}/`;
  const states = await deadLetterStates(log);
  const ids = filter.ids === undefined ? null : new Set(filter.ids);
  const data: ListedDeadLetter[] = [];
  let after = options.cursor === null ? undefined : prefix + options.cursor;
  for (;;) {
    const page = await records.list({ prefix, ...(after === undefined ? {} : { after }), limit: PAGE });
    for (const [key, value] of page) {
      const entry = parseEntry(value);
      const listed = { ...entry, state: states.get(entry.id) ?? ("open" as const) };
      after = key;
      if (!matches(listed, filter, ids)) continue;
      data.push(listed);
      if (data.length === limit) return { data, nextCursor: key.slice(prefix.length) };
    }
    if (page.length < PAGE) return { data, nextCursor: null };
  }
}

function matches(entry: ListedDeadLetter, filter: DeadLetterFilter, ids: ReadonlySet<string> | null): boolean {
  return (
    (ids === null || ids.has(entry.id)) &&
    (filter.reason === undefined || entry.reason === filter.reason) &&
    (filter.event === undefined || entry.event === filter.event) &&
    (filter.state === undefined || entry.state === filter.state) &&
    (filter.from === undefined || entry.deadLetteredAt >= filter.from) &&
    (filter.to === undefined || entry.deadLetteredAt < filter.to)
  );
}

async function deadLetterStates(log: EventLog): Promise<Map<string, DeadLetterState["state"]>> {
  const table = await log.table(DEAD_LETTER_STATES, "");
  const states = new Map<string, DeadLetterState["state"]>();
  for (const [id, value] of table) states.set(id, (JSON.parse(text(value)) as DeadLetterState).state);
  return states;
}

/** The full records behind index entries; undefined where retention has taken one. */
export async function readDeadLetters(
  log: EventLog,
  entries: readonly DeadLetterEntry[],
): Promise<(DeadLetterRecord | undefined)[]> {
  const positions = entries.map((entry) => ({ topic: deadLetterTopic(entry.integrationId), ...entry.position }));
  const found = await log.readAt(positions);
  return found.map((record) =>
    record === undefined ? undefined : (JSON.parse(text(record.value)) as DeadLetterRecord),
  );
}

function parseEntry(value: Uint8Array): DeadLetterEntry {
  return JSON.parse(text(value)) as DeadLetterEntry;
}

function text(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8");
}
