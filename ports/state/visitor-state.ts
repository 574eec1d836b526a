import type { Position } from "@datafly-signal/core";
import type { StateValue, StateWrite } from "./state-store.ts";

/** A stored state: what it is now, which record made it, and what it was before that record's batch. */
export interface StoredState {
  value: Uint8Array;
  position: Position;
  previous: StateValue;
}

/** The state as the record at `position` must see it. */
export function stateAt(stored: StoredState | undefined, position: Position): StateValue {
  if (stored === undefined) return undefined;
  return isAtOrAfter(stored.position, position) ? stored.previous : stored.value;
}

/** One write per key: the last value, and the position of the first record that touched it. */
export function mergeWrites(entries: readonly StateWrite[]): Map<string, StateWrite & { since: number }> {
  const merged = new Map<string, StateWrite & { since: number }>();
  for (const entry of entries) {
    const earlier = merged.get(entry.key);
    const since = Math.min(entry.since ?? entry.position.offset, entry.position.offset, earlier?.since ?? Infinity);
    merged.set(entry.key, { ...entry, since });
  }
  return merged;
}

/**
 * What a write leaves: a batch worked again keeps what was there before its first try, so that a third try sees the
 * same as the first.
 */
export function nextState(stored: StoredState | undefined, write: StateWrite & { since: number }): StoredState {
  const { value, position, since } = write;
  const previous = stateAt(stored, { partition: position.partition, offset: since });
  return { value, position, previous };
}

function isAtOrAfter(stored: Position, position: Position): boolean {
  return stored.partition === position.partition && stored.offset >= position.offset;
}
