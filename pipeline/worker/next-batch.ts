/** Which batch of a lane goes next, and whether there is one. */
import { type Batch, dequeue, type Entry, type Lane, type SendMode } from "./lane.ts";

/** `now` is of the monotonic clock; `full` when memory is: then nothing waits for company. */
export interface BatchFacts {
  now: number;
  full: boolean;
}

/** Whether there is a batch to send. */
export function isRipe(lane: Lane, mode: SendMode, facts: BatchFacts): boolean {
  if (lane.ready.length > 0) return true;
  const first = lane.queue.first();
  if (first === undefined || lane.plan === null) return false;
  const { size, bytes, intervalMs } = lane.plan.plan.batch;
  if (size <= 1 || mode === "probe" || facts.full) return true;
  return lane.queue.length >= size || lane.queueBytes >= bytes || facts.now - first.arrivedAt >= intervalMs;
}

/** Whether something could be sent if there were a slot. */
export function hasBacklog(lane: Lane, facts: BatchFacts): boolean {
  return lane.requests.length + lane.due.length + lane.held.length > 0 || isRipe(lane, "open", facts);
}

/** Requests that wait, those of batches to come among them. */
export function demandOf(lane: Lane): number {
  const size = Math.max(1, lane.plan?.plan.batch.size ?? 1);
  return lane.ready.length + lane.requests.length + Math.ceil(lane.queue.length / size);
}

/** The next batch: what goes as it is first, else fresh deliveries up to the limits on count and bytes. */
export function takeBatch(lane: Lane): Batch {
  const ready = lane.ready.shift();
  if (ready !== undefined) return ready;
  const entries: Entry[] = [];
  const { size = 1, bytes = 0 } = lane.plan?.plan.batch ?? {};
  let sum = 0;
  for (let next = lane.queue.first(); next !== undefined; next = lane.queue.first()) {
    sum += next.size;
    if (entries.length > 0 && (entries.length >= size || sum > bytes)) break;
    dequeue(lane);
    entries.push(next);
  }
  return { entries, refreshed: false, prepared: false };
}

/** One delivery; the rest of its batch stays ready. */
export function takeProbe(lane: Lane): Batch {
  const batch = lane.ready.shift();
  if (batch === undefined) {
    const entry = dequeue(lane);
    return { entries: entry === undefined ? [] : [entry], refreshed: false, prepared: false };
  }
  const [first, ...rest] = batch.entries;
  if (rest.length > 0) lane.ready.unshift({ ...batch, entries: rest });
  return { ...batch, entries: first === undefined ? [] : [first] };
}
