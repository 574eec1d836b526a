/** What is remembered of events that were set aside and have been replayed. */
import type { EventRejection } from "@datafly-signal/core";
import type { RecordTable } from "@datafly-signal/ports/state";

const MARKS = "set-aside-replayed/";
const COUNTS = "set-aside-replayed-counts";
const PAGE = 500;

function markKey(position: number): string {
  return MARKS + String(position).padStart(16, "0");
}

/** When the event at the position was replayed, as ISO time; null when it was not. */
export async function replayedAt(records: RecordTable, position: number): Promise<string | null> {
  const mark = await records.get(markKey(position));
  return mark === undefined ? null : Buffer.from(mark).toString("utf8");
}

/** Marks them and counts them in one write. */
export async function markReplayed(
  records: RecordTable,
  replayed: readonly { position: number; error: EventRejection }[],
  at: string,
): Promise<void> {
  if (replayed.length === 0) return;
  const counts = await replayedCounts(records);
  for (const { error } of replayed) counts[error] = (counts[error] ?? 0) + 1;
  await records.put([
    ...replayed.map(({ position }) => [markKey(position), Buffer.from(at)] as const),
    [COUNTS, Buffer.from(JSON.stringify(counts))],
  ]);
}

/** How many were ever replayed, by error. */
export async function replayedCounts(records: RecordTable): Promise<Record<string, number>> {
  const stored = await records.get(COUNTS);
  return stored === undefined ? {} : (JSON.parse(Buffer.from(stored).toString("utf8")) as Record<string, number>);
}

/** Forgets the marks of events that the log does not keep any more; the counts stay. */
export async function forgetMarksBefore(records: RecordTable, first: number): Promise<void> {
  for (;;) {
    const page = await records.list({ prefix: MARKS, limit: PAGE });
    const gone = page.filter(([key]) => key < markKey(first));
    if (gone.length > 0) await records.put(gone.map(([key]) => [key, null] as const));
    if (gone.length < PAGE) return;
  }
}
