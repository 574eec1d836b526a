import type { Position } from "@datafly-signal/core";
import type { Bytes, Environment } from "../../lmdb-environments.ts";
import type { StateValue, StateWrite } from "../state-store.ts";
import { type StoredState, mergeWrites, nextState, stateAt } from "../visitor-state.ts";
import { commitState } from "./state-commit.ts";
import { storageKey } from "./storage-key.ts";
import { POSITION_BYTES, readPosition, writePosition } from "./stored-position.ts";

/** Position, then 1 + length of the value u32, the value, and the previous value if the flag says so. */
const PREFIX_BYTES = POSITION_BYTES + 5;

export interface VisitorStates {
  read(keys: readonly string[], positions: readonly Position[]): StateValue[];
  write(entries: readonly StateWrite[]): void;
  close(): void;
}

/** @param staged writes wait for the thread's next transaction; see `LmdbStateOptions.staged` */
export function visitorStates(work: Environment, staged: boolean): VisitorStates {
  const table: Bytes = work.database("states");
  const waiting = new Map<string, StoredState>();
  const unstage = work.stage({
    apply() {
      for (const [text, state] of waiting) table.putSync(storageKey(text).key, encodeState(state));
    },
    applied: () => waiting.clear(),
  });

  function stored(text: string): StoredState | undefined {
    const state = waiting.get(text);
    if (state !== undefined) return state;
    const bytes = table.get(storageKey(text).key);
    return bytes === undefined ? undefined : decodeState(bytes);
  }

  return {
    read(keys, positions) {
      work.root.resetReadTxn();
      return keys.map((key, index) => {
        const position = positions[index];
        return position === undefined ? undefined : stateAt(stored(key), position);
      });
    },
    write(entries) {
      if (entries.length === 0) return;
      if (staged) {
        work.root.resetReadTxn();
        for (const [text, write] of mergeWrites(entries)) waiting.set(text, nextState(stored(text), write));
        return;
      }
      commitState(work, () => {
        for (const [text, write] of mergeWrites(entries)) {
          table.putSync(storageKey(text).key, encodeState(nextState(stored(text), write)));
        }
      });
    },
    close: unstage,
  };
}

function encodeState({ value, position, previous }: StoredState): Buffer {
  const bytes = Buffer.allocUnsafe(PREFIX_BYTES + value.byteLength + (previous?.byteLength ?? 0));
  writePosition(bytes, 0, position);
  bytes.writeUInt8(previous === undefined ? 0 : 1, POSITION_BYTES);
  bytes.writeUInt32BE(value.byteLength, POSITION_BYTES + 1);
  bytes.set(value, PREFIX_BYTES);
  if (previous !== undefined) bytes.set(previous, PREFIX_BYTES + value.byteLength);
  return bytes;
}

function decodeState(bytes: Buffer): StoredState {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const valueEnd = PREFIX_BYTES + view.readUInt32BE(POSITION_BYTES + 1);
  return {
    position: readPosition(view, 0),
    value: view.subarray(PREFIX_BYTES, valueEnd),
    previous: view.readUInt8(POSITION_BYTES) === 1 ? view.subarray(valueEnd) : undefined,
  };
}
