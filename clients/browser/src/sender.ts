/** Sends what is in the queue: soon, in order, again when it failed, and at once when the page is about to end. */
import { backoffMs, judge, type Answer, type Refusal } from "./answer.ts";
import type { Entry, Queue } from "./queue.ts";
import { byteLength, isUnsettling, MAX_OUTLIVING_BYTES, nextChunk, requestBody } from "./request-body.ts";
import type { SendingTurn } from "./sending-turn.ts";
import type { Store } from "./store.ts";
import type { VisitorKeeper } from "./visitor.ts";
import type { Warn } from "./warn.ts";

export interface OutgoingRequest {
  /** Under the endpoint. */
  path: string;
  body: string;
  /** Nothing but the request is left of the page soon. */
  isLeaving: boolean;
  /** Small enough to be finished without the page. */
  outlives: boolean;
}

/** Sends one request; resolves with status 0 when it failed, never when its answer cannot be seen. */
export type Post = (request: OutgoingRequest) => Promise<Answer>;

export interface SenderOptions {
  writeKey: string;
  queue: Queue;
  visitor: VisitorKeeper;
  store: Store;
  /** Where all tabs find until when the gateway asked them to wait. */
  pauseKey: string;
  turn: SendingTurn;
  post: Post;
  warn: Warn;
  /** Epoch milliseconds. */
  now(): number;
  /** Calls back after so many milliseconds; gives the way to call it off. */
  after(ms: number, then: () => void): () => void;
  /** At least 0, below 1. */
  random(): number;
}

export interface Sender {
  /** An event was pushed. */
  added(): void;
  /** Sends now, also what failed a moment ago. */
  flush(): void;
  /** Another tab has something to send: looks after it, in case that tab ends. */
  watch(): void;
  /** The page may end at any moment: what is not under way goes out now. */
  leave(): void;
}

const BATCH_SIZE = 10;
const FLUSH_INTERVAL_MS = 1_000;
const WATCH_MS = 6_000;
const MAX_EVENTS = 500;
const MAX_PAUSE_MS = 3_660_000;
/** A tab that was frozen while it was sending keeps its turn: the others go on with what is theirs. */
const MAX_LOST_TURNS = 10;

export function sender(options: SenderOptions): Sender {
  const { queue, visitor, store, pauseKey, warn, now, random } = options;
  /** By key; null for what would end with the page. */
  const underWay = new Map<string, Entry | null>();
  let failures = 0;
  let lostTurns = 0;
  let isSending = false;
  let most = MAX_EVENTS;
  let pausedUntil = 0;
  let timer: { at: number; cancel(): void } | null = null;

  const schedule = (ms: number): void => {
    const at = now() + ms;
    if (timer && timer.at <= at) return;
    timer?.cancel();
    const cancel = options.after(ms, () => {
      timer = null;
      void run();
    });
    timer = { at, cancel };
  };

  const later = (): void => {
    if (queue.size() > underWay.size) schedule(failures > 0 ? backoffMs(failures, random()) : FLUSH_INTERVAL_MS);
  };

  /** How long the gateway still wants to be left alone, by this page or another one. */
  const pauseLeft = (): number => {
    const left = Math.max(pausedUntil, Number(store.get(pauseKey))) - now();
    return left > 0 && left <= MAX_PAUSE_MS ? left : 0;
  };

  const next = (entries: readonly Entry[]): Entry[] =>
    nextChunk(
      entries.filter(({ key }) => !underWay.has(key)),
      most,
    );

  const fail = (chunk: readonly Entry[], waitMs: number | null): void => {
    failures += 1;
    // The answer was seen: they did not arrive.
    queue.mark(chunk, 0);
    if (waitMs === null) return;
    pausedUntil = now() + waitMs + Math.round(random() * 1_000);
    store.set(pauseKey, String(pausedUntil));
  };

  const finish = (chunk: readonly Entry[], refused: readonly Refusal[]): void => {
    const last = chunk.length - 1;
    let settled = chunk[last]?.turn;
    for (const { index, error, message } of refused) {
      warn(error, `events were refused (${error}): ${message}`);
      if (index === null || index === last) settled = undefined;
    }
    if (settled) visitor.settle(settled);
    queue.remove(chunk);
  };

  /** True when the next ones may follow. Up to the request it runs at once: a page that ends does not wait. */
  const deliver = async (chunk: readonly Entry[], isLeaving: boolean): Promise<boolean> => {
    const known = visitor.current();
    const sentAt = new Date(now()).toISOString();
    const request = requestBody(chunk, { visitor: known, writeKey: options.writeKey, sentAt });
    if (isUnsettling(chunk, known)) visitor.settle(0);
    const outlives = byteLength(request.body) <= MAX_OUTLIVING_BYTES;
    for (const entry of chunk) underWay.set(entry.key, outlives ? entry : null);
    const answer = await options.post({ ...request, isLeaving, outlives });
    for (const { key } of chunk) underWay.delete(key);
    const verdict = judge(answer, chunk.length, now());
    if (verdict.kind === "retry") {
      fail(chunk, verdict.waitMs);
      return false;
    }
    failures = 0;
    most = verdict.kind === "split" ? Math.ceil(chunk.length / 2) : MAX_EVENTS;
    if (verdict.kind === "done") finish(chunk, verdict.refused);
    return true;
  };

  const sendAll = async (entries: () => Entry[]): Promise<void> => {
    for (;;) {
      const chunk = next(entries());
      if (chunk.length === 0 || !(await deliver(chunk, false))) return;
    }
  };

  const takeTurn = async (): Promise<void> => {
    if (next(queue.due()).length === 0) return;
    const hadTurn = await options.turn(() => sendAll(queue.due));
    lostTurns = hadTurn ? 0 : lostTurns + 1;
    if (lostTurns <= MAX_LOST_TURNS) return;
    lostTurns = 0;
    await sendAll(queue.own);
  };

  const run = async (): Promise<void> => {
    const pause = pauseLeft();
    if (isSending || pause > 0) return schedule(Math.max(pause, FLUSH_INTERVAL_MS));
    isSending = true;
    try {
      await takeTurn();
    } catch (error) {
      failures += 1;
      warn("fault", String(error));
    }
    isSending = false;
    later();
  };

  return {
    added() {
      if (failures === 0 && queue.own().length >= BATCH_SIZE) void run();
      else later();
    },
    flush() {
      failures = 0;
      void run();
    },
    watch: () => schedule(WATCH_MS),
    leave() {
      if (pauseLeft() > 0) return;
      const chunk = next(queue.own());
      if (chunk.length > 0) void deliver(chunk, true).then(later, later);
      queue.mark(
        [...underWay.values()].filter((entry) => entry !== null),
        now(),
      );
    },
  };
}
