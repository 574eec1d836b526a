/** The states of a batch's visitors: read once, seen by each other's events in order, written once. */
import type { Position } from "@datafly-signal/core";
import type { StateStore, StateWrite } from "@datafly-signal/ports/state";

/** A state that an event will ask for. */
export interface Touch {
  key: string;
  position: Position;
}

export interface BatchStates {
  /** As the events before left it. */
  get(key: string): Uint8Array | undefined;
  /** @param position of the event that changes it */
  set(key: string, value: Uint8Array, position: Position): void;
  /** What changed, for the state store. */
  writes(): StateWrite[];
}

interface Held {
  value: Uint8Array | undefined;
  /** The last record of the batch that changed it, and the offset of the first of them in the same partition. */
  changed?: { position: Position; since: number };
}

/** Reads every state that the batch touches, as the first event that touches it must see it. */
export async function readBatchStates(state: StateStore, touches: Iterable<Touch>): Promise<BatchStates> {
  const held = new Map<string, Held>();
  const partitions = new Map<number, { keys: string[]; positions: Position[] }>();
  for (const { key, position } of touches) {
    if (held.has(key)) continue;
    held.set(key, { value: undefined });
    const asked = partitions.get(position.partition) ?? { keys: [], positions: [] };
    partitions.set(position.partition, asked);
    asked.keys.push(key);
    asked.positions.push(position);
  }
  await Promise.all(
    [...partitions.values()].map(async ({ keys, positions }) => {
      const values = await state.read(keys, positions);
      keys.forEach((key, index) => held.set(key, { value: values[index] }));
    }),
  );
  return {
    get: (key) => held.get(key)?.value,
    set(key, value, position) {
      const earlier = held.get(key)?.changed;
      const since = earlier?.position.partition === position.partition ? earlier.since : position.offset;
      held.set(key, { value, changed: { position, since } });
    },
    writes: () =>
      [...held].flatMap(([key, { value, changed }]) =>
        value === undefined || changed === undefined ? [] : [{ key, value, ...changed }],
      ),
  };
}
