/** Puts the records of requests that arrive together into one append, so that the log is asked once for all of them. */
import { LogError, type EventLog, type NewRecord } from "@datafly-signal/ports/log";

/** Called once: null when the records are durable, else why none of them was kept. */
type Appended = (error: unknown) => void;

export interface AppendQueue {
  /** The records of one request are kept together or not at all. */
  push(records: readonly NewRecord[], bytes: number, done: Appended): void;
}

interface Waiting {
  records: readonly NewRecord[];
  done: Appended;
}

/** A full group does not wait for the rest of the event loop's turn. */
const MAX_GROUP_RECORDS = 1_000;
const MAX_GROUP_BYTES = 2_097_152;

export function appendQueue(log: Pick<EventLog, "append">): AppendQueue {
  let group: Waiting[] = [];
  let records = 0;
  let bytes = 0;
  let scheduled = false;

  const flush = (): void => {
    scheduled = false;
    if (group.length === 0) return;
    const leaving = group;
    group = [];
    records = 0;
    bytes = 0;
    void appendGroup(log, leaving);
  };

  return {
    push(added, addedBytes, done) {
      const full = records + added.length > MAX_GROUP_RECORDS || bytes + addedBytes > MAX_GROUP_BYTES;
      if (full) flush();
      group.push({ records: added, done });
      records += added.length;
      bytes += addedBytes;
      if (scheduled) return;
      scheduled = true;
      setImmediate(flush);
    },
  };
}

async function appendGroup(log: Pick<EventLog, "append">, group: readonly Waiting[]): Promise<void> {
  const error = await appended(log, group.length === 1 ? (group[0]?.records ?? []) : group.flatMap(recordsOf));
  const blamesOne = error instanceof LogError && error.code === "record_too_large";
  if (!blamesOne || group.length === 1) {
    for (const { done } of group) done(error);
    return;
  }
  // One request's record is at fault: the others must not pay for it.
  for (const { records, done } of group) done(await appended(log, records));
}

function recordsOf(waiting: Waiting): readonly NewRecord[] {
  return waiting.records;
}

/** Null, or what went wrong. */
async function appended(log: Pick<EventLog, "append">, records: readonly NewRecord[]): Promise<unknown> {
  try {
    await log.append(records);
    return null;
  } catch (error) {
    return error ?? new Error("the log gave no reason");
  }
}
