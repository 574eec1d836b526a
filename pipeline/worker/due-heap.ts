/** Parked batches by the moment they become due: a binary heap. */
import type { ParkedBatch } from "./lane.ts";

export class DueHeap {
  readonly #items: ParkedBatch[] = [];

  first(): ParkedBatch | undefined {
    return this.#items[0];
  }

  push(item: ParkedBatch): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const above = (at - 1) >>> 1;
      const parent = items[above];
      if (parent === undefined || parent.dueAt <= item.dueAt) break;
      items[at] = parent;
      at = above;
    }
    items[at] = item;
  }

  pop(): ParkedBatch | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (last !== undefined && items.length > 0) this.#sink(last);
    return top;
  }

  #sink(item: ParkedBatch): void {
    const items = this.#items;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if ((items[below + 1]?.dueAt ?? Infinity) < (items[below]?.dueAt ?? Infinity)) below += 1;
      const child = items[below];
      if (child === undefined || child.dueAt >= item.dueAt) break;
      items[at] = child;
      at = below;
    }
    items[at] = item;
  }
}
