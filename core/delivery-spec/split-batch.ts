/** Cuts a batch into requests: by group, in order, as many as fit. The same deliveries always make the same requests. */
import type { EventItems } from "./event-items.ts";

export interface RequestLimits {
  events: number;
  items: number;
  bytes: number;
}

/**
 * Each part is one request's deliveries, in their order. A part of one may be over the limits: it cannot be made smaller.
 * Whatever is tried again by itself is cut no further, as each part fits.
 */
export function splitBatch(all: readonly EventItems[], limits: RequestLimits): EventItems[][] {
  const groups = new Map<string, EventItems[]>();
  for (const one of all) {
    const group = groups.get(one.group);
    if (group === undefined) groups.set(one.group, [one]);
    else group.push(one);
  }
  return [...groups.values()].flatMap((group) => parts(group, limits));
}

function parts(group: readonly EventItems[], limits: RequestLimits): EventItems[][] {
  const cut: EventItems[][] = [];
  let open: EventItems[] = [];
  let [items, bytes] = [0, 0];
  for (const one of group) {
    if (one.bytes > limits.bytes) {
      // It fits nowhere, and is not to part those around it.
      cut.push([one]);
      continue;
    }
    const count = itemsOf(one);
    const isFull = open.length + 1 > limits.events || items + count > limits.items || bytes + one.bytes > limits.bytes;
    if (isFull && open.length > 0) {
      cut.push(open);
      [open, items, bytes] = [[], 0, 0];
    }
    open.push(one);
    items += count;
    bytes += one.bytes;
  }
  if (open.length > 0) cut.push(open);
  return cut;
}

/** Where an envelope collects lists, those are what the vendor counts. */
function itemsOf({ texts, collected }: EventItems): number {
  return collected.length === 0 ? texts.length : collected.reduce((sum, list) => sum + list.length, 0);
}
