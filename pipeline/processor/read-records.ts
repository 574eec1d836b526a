/** Reads a batch of `raw-events` records: opens the events, finds their pipelines, and marks duplicates. */
import { hash } from "node:crypto";
import { type EventInput, type SignalEvent, openEnvelope } from "@datafly-signal/core";
import type { LogRecord } from "@datafly-signal/ports/log";
import type { StateStore } from "@datafly-signal/ports/state";
import type { Rejection } from "./rejected.ts";

/** An event of the batch. */
export interface Incoming {
  record: LogRecord;
  event: SignalEvent;
  pipelineId: string;
  /** The operator's own event: it is traced whatever the share. */
  test: boolean;
  /** The request came from a page. */
  browser: boolean;
  input: EventInput;
  duplicate: boolean;
}

/** A record of the batch that is no event. */
interface Unreadable {
  record: LogRecord;
  rejection: Rejection;
}

export type ReadRecord = Incoming | Unreadable;

const DEDUPE_KEY_BYTES = 12;
/** What a replay names; any other `replayOf` is a field of the client's own. */
const DEAD_LETTER_ID = /^dl_[0-9a-z]{26}$/;

export function isIncoming(read: ReadRecord): read is Incoming {
  return "event" in read;
}

export function readRecord(record: LogRecord): ReadRecord {
  let value: unknown;
  try {
    const { buffer, byteOffset, byteLength } = record.value;
    value = JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString());
  } catch {
    return { record, rejection: { error: "unreadable_record", details: null } };
  }
  const opened = openEnvelope(value);
  if ("field" in opened) {
    const details =
      opened.field === "" ? "The record is not an object." : `The field ${opened.field} is not as it must be.`;
    return { record, rejection: { error: "invalid_envelope", details } };
  }
  return { record, ...opened, duplicate: false };
}

/** Sets `duplicate` on events seen before within the window; replays are not asked for. */
export async function markDuplicates(state: StateStore, events: readonly Incoming[], now: number): Promise<void> {
  const asked = events.filter(
    ({ event: { replayOf } }) => typeof replayOf !== "string" || !DEAD_LETTER_ID.test(replayOf),
  );
  if (asked.length === 0) return;
  const keys = asked.map(({ event, pipelineId }) => dedupeKey(pipelineId, event.messageId));
  const first = await state.firstSeen(keys, asked.map(positionOf), now);
  asked.forEach((incoming, index) => {
    incoming.duplicate = first[index] === false;
  });
}

function dedupeKey(pipelineId: string, messageId: string): Uint8Array {
  return hash("sha256", `${pipelineId}\0${messageId}`, "buffer").subarray(0, DEDUPE_KEY_BYTES);
}

export function positionOf({ record }: { record: LogRecord }): { partition: number; offset: number } {
  return { partition: record.partition, offset: record.offset };
}
