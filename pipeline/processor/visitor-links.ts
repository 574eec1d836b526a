/** The identity links of a batch's visitors: read once, seen by each other's events in order, written once. */
import { type IdentityLink, type Position, decodeLink, encodeLink, isNewerLink, linkFrom } from "@datafly-signal/core";
import type { StateStore, StateWrite } from "@datafly-signal/ports/state";
import { type Incoming, positionOf } from "./read-records.ts";

interface Held {
  link: IdentityLink | undefined;
  /** The last record of the batch that changed it, and the offset of the first of them in the same partition. */
  changed?: { position: Position; since: number };
}

export interface VisitorLinks {
  /** Gives an event without a user the one its visitor was identified as. */
  carry(incoming: Incoming): void;
  /** Remembers what an identify event links; the batch's later events see it. */
  note(incoming: Incoming): void;
  /** What changed, for the state store. */
  writes(): StateWrite[];
}

/** Reads every link that the events carry or make, as the first event that touches it must see it. */
export async function readVisitorLinks(state: StateStore, events: readonly Incoming[]): Promise<VisitorLinks> {
  const held = new Map<string, Held>();
  const partitions = new Map<number, { keys: string[]; positions: Position[] }>();
  for (const incoming of events) {
    if (incoming.carries !== undefined) touch(incoming.carries, incoming);
    for (const key of incoming.links) touch(key, incoming);
  }
  await Promise.all([...partitions.values()].map(readPartition));

  function touch(key: string, incoming: Incoming): void {
    if (held.has(key)) return;
    held.set(key, { link: undefined });
    const position = positionOf(incoming);
    const asked = partitions.get(position.partition) ?? { keys: [], positions: [] };
    partitions.set(position.partition, asked);
    asked.keys.push(key);
    asked.positions.push(position);
  }
  async function readPartition({ keys, positions }: { keys: string[]; positions: Position[] }): Promise<void> {
    const values = await state.read(keys, positions);
    keys.forEach((key, index) => held.set(key, { link: decodeLink(values[index]) }));
  }
  return {
    carry({ carries, event }) {
      const link = carries === undefined ? undefined : held.get(carries)?.link;
      if (link !== undefined) event["userId"] = link.userId;
    },
    note: (incoming) => incoming.links.forEach((key) => noteLink(held.get(key), incoming)),
    writes: () => [...held].flatMap(([key, entry]) => writeOf(key, entry)),
  };
}

function noteLink(held: Held | undefined, incoming: Incoming): void {
  const link = linkFrom(incoming.event);
  if (held === undefined || !isNewerLink(link, held.link)) return;
  const position = positionOf(incoming);
  const earlier = held.changed;
  const since = earlier?.position.partition === position.partition ? earlier.since : position.offset;
  held.link = link;
  held.changed = { position, since };
}

function writeOf(key: string, { link, changed }: Held): StateWrite[] {
  return link === undefined || changed === undefined ? [] : [{ key, value: encodeLink(link), ...changed }];
}
