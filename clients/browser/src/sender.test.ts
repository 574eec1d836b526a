import assert from "node:assert/strict";
import { test } from "node:test";
import type { Answer } from "./answer.ts";
import { eventQueue, type Queue } from "./queue.ts";
import { sender, type OutgoingRequest, type Sender } from "./sender.ts";
import { leasedTurn } from "./sending-turn.ts";
import { fakeStorage, type FakeStorage } from "./storage-fixture.ts";
import { safeStore } from "./store.ts";
import { visitorKeeper, type VisitorKeeper } from "./visitor.ts";

const ACCEPTED: Answer = { status: 200, body: { success: true } };

/** A time that moves only when it is told to, for all pages of a test. */
function time(): { now: number; after(ms: number, then: () => void): () => void; pass(ms: number): Promise<void> } {
  let timers: { at: number; run: () => void }[] = [];
  const made = {
    now: 1_795_000_000_000,
    after(ms: number, then: () => void) {
      const timer = { at: made.now + ms, run: then };
      timers.push(timer);
      return () => void (timers = timers.filter((one) => one !== timer));
    },
    async pass(ms: number) {
      const end = made.now + ms;
      for (;;) {
        await new Promise(setImmediate);
        const [next] = [...timers].sort((a, b) => a.at - b.at);
        if (next === undefined || next.at > end) break;
        timers = timers.filter((one) => one !== next);
        made.now = Math.max(made.now, next.at);
        next.run();
      }
      made.now = end;
    },
  };
  return made;
}

interface Page {
  queue: Queue;
  visitor: VisitorKeeper;
  sending: Sender;
  sent: (OutgoingRequest & { at: number; names: string[] })[];
  warned: string[];
  /** Taken one by one; the last one stays. `never` gives no answer. */
  answers: (Answer | "never")[];
  track(name: string, more?: object): void;
}

let ids = 0;

function page(clock: ReturnType<typeof time>, storage: FakeStorage): Page {
  const store = safeStore(() => storage);
  const now = (): number => clock.now;
  const newId = (): string => `00000000-0000-4000-8000-${String((ids += 1)).padStart(12, "0")}`;
  const visitor = visitorKeeper({ store, key: "visitor", newId, onReset: () => undefined, onCleared: () => undefined });
  const queue = eventQueue({ store, prefix: "queue.", now, onLook: visitor.current, onFull: () => undefined });
  const made: Page = {
    queue,
    visitor,
    sent: [],
    warned: [],
    answers: [ACCEPTED],
    track(name, more = {}) {
      const { id, turn } = visitor.current();
      queue.push({ type: "track", event: name, timestamp: "", messageId: newId(), anonymousIdHint: id, ...more }, turn);
      made.sending.added();
    },
    sending: sender({
      writeKey: "dk_test_1",
      queue,
      visitor,
      store,
      pauseKey: "pause",
      turn: leasedTurn(store, "turn", now),
      post(request) {
        const { batch, event } = JSON.parse(request.body) as { batch?: { event: string }[]; event?: string };
        const names = batch?.map((one) => one.event) ?? [event ?? ""];
        made.sent.push({ ...request, at: clock.now, names });
        const answer = (made.answers.length > 1 ? made.answers.shift() : made.answers[0]) ?? ACCEPTED;
        return answer === "never" ? new Promise(() => undefined) : Promise.resolve(answer);
      },
      warn: (about) => made.warned.push(about),
      now,
      after: clock.after,
      random: () => 0,
    }),
  };
  return made;
}

const names = ({ sent }: Page): string[][] => sent.map((one) => one.names);

test("events wait for others, a second at most, or until there are ten", async () => {
  const clock = time();
  const one = page(clock, fakeStorage());
  one.track("a");
  one.track("b");
  await clock.pass(999);
  assert.deepEqual(names(one), []);
  await clock.pass(1);
  assert.deepEqual(names(one), [["a", "b"]]);
  const ten = Array.from({ length: 10 }, (_, index) => `n${index}`);
  for (const name of ten) one.track(name);
  await clock.pass(0);
  assert.deepEqual(names(one)[1], ten);
  assert.equal(one.queue.size(), 0);
});

test("flush sends now", async () => {
  const clock = time();
  const one = page(clock, fakeStorage());
  one.track("a");
  one.sending.flush();
  await clock.pass(0);
  assert.deepEqual(names(one), [["a"]]);
});

test("failures are repeated after 1, 2, 4 … 60 s, with what came meanwhile, in order", async () => {
  const clock = time();
  const one = page(clock, fakeStorage());
  one.answers = [{ status: 0 }];
  one.track("a");
  await clock.pass(1_000);
  const first = clock.now;
  one.track("b");
  await clock.pass(200_000);
  const pauses = one.sent.slice(1).map(({ at }, index) => at - (one.sent[index]?.at ?? 0));
  assert.deepEqual(pauses.slice(0, 8), [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  assert.equal(one.sent[0]?.at, first);
  one.answers = [ACCEPTED];
  await clock.pass(60_000);
  assert.deepEqual(names(one).pop(), ["a", "b"]);
  assert.equal(one.queue.size(), 0);
});

test("a network that comes back ends the pause, Retry-After does not end before its time, for no tab", async () => {
  const clock = time();
  const storage = fakeStorage();
  const one = page(clock, storage);
  one.answers = [{ status: 0 }, { status: 0 }, { status: 503, retryAfter: "30" }, ACCEPTED];
  one.track("a");
  await clock.pass(2_000);
  assert.equal(one.sent.length, 2);
  one.sending.flush();
  await clock.pass(0);
  assert.equal(one.sent.length, 3);
  const other = page(clock, storage);
  other.track("b");
  for (const { sending } of [one, other]) {
    sending.flush();
    sending.leave();
  }
  await clock.pass(29_000);
  assert.deepEqual([one.sent.length, other.sent.length], [3, 0]);
  await clock.pass(3_000);
  assert.deepEqual([...names(one).slice(3), ...names(other)].flat().sort(), ["a", "b"]);
});

test("a page that ends sends at once what is not under way, and notes it", async () => {
  const clock = time();
  const storage = fakeStorage();
  const one = page(clock, storage);
  one.answers = ["never"];
  one.track("under way");
  await clock.pass(1_000);
  one.track("new");
  one.sending.leave();
  assert.deepEqual(names(one), [["under way"], ["new"]]);
  assert.deepEqual(
    one.sent.map(({ isLeaving, outlives }) => [isLeaving, outlives]),
    [
      [false, true],
      [true, true],
    ],
  );
  one.sending.leave();
  assert.equal(one.sent.length, 2);
  // The lease of a page that has ended runs out.
  const next = page(clock, storage);
  next.sending.watch();
  await clock.pass(50_000);
  assert.deepEqual(names(next), [["under way", "new"]]);
});

test("what was sent unseen more than a day ago is not sent again", async () => {
  const clock = time();
  const storage = fakeStorage();
  const one = page(clock, storage);
  one.answers = ["never"];
  one.track("unseen");
  one.sending.leave();
  clock.now += 24 * 3_600_000;
  const next = page(clock, storage);
  next.sending.watch();
  await clock.pass(10_000);
  assert.deepEqual([names(next), next.queue.size()], [[], 0]);
});

test("a page that fails to send while it ends takes the note back", async () => {
  const clock = time();
  const storage = fakeStorage();
  const one = page(clock, storage);
  one.answers = [{ status: 0 }, "never"];
  one.track("refused");
  one.sending.leave();
  await clock.pass(0);
  clock.now += 24 * 3_600_000;
  const next = page(clock, storage);
  next.sending.watch();
  await clock.pass(60_000);
  assert.deepEqual(names(next), [["refused"]]);
});

test("while one tab is sending, another one waits; one that never ends is not waited for", async () => {
  const clock = time();
  const storage = fakeStorage();
  const stuck = page(clock, storage);
  stuck.answers = ["never"];
  stuck.track("stuck");
  await clock.pass(1_000);
  const other = page(clock, storage);
  other.track("own");
  await clock.pass(5_000);
  assert.deepEqual(names(other), []);
  await clock.pass(10_000);
  assert.deepEqual(names(other), [["own"]]);
});

test("too large a batch is halved until it fits, and what is refused alone is given up", async () => {
  const clock = time();
  const one = page(clock, fakeStorage());
  const tooLarge: Answer = { status: 413, body: { error: "payload_too_large", message: "No." } };
  one.answers = [tooLarge, tooLarge, tooLarge, ACCEPTED];
  for (const name of ["a", "b", "c", "d"]) one.track(name);
  await clock.pass(1_000);
  assert.deepEqual(names(one), [["a", "b", "c", "d"], ["a", "b"], ["a"], ["b", "c", "d"]]);
  assert.deepEqual([one.warned, one.queue.size()], [["payload_too_large"], 0]);
});

test("an event too large to outlive its page is sent by a request that need not", async () => {
  const clock = time();
  const one = page(clock, fakeStorage());
  one.track("large", { text: "x".repeat(70_000) });
  one.track("small");
  await clock.pass(1_000);
  assert.deepEqual(names(one), [["large"], ["small"]]);
  assert.deepEqual(
    one.sent.map(({ outlives }) => outlives),
    [false, true],
  );
});

test("a reset is said with every event until one is answered 200, and what came before keeps its visitor", async () => {
  const clock = time();
  const one = page(clock, fakeStorage());
  const claims = (index: number): unknown[] => {
    const body = JSON.parse(one.sent[index]?.body ?? "{}") as Record<string, unknown> & {
      batch?: Record<string, unknown>[];
    };
    return (body.batch ?? [body]).map((event) => [
      event["anonymousId"],
      event["anonymousIdHint"],
      event["anonymousIdReset"],
    ]);
  };
  const first = one.visitor.current().id;
  one.answers = [{ status: 0 }, ACCEPTED];
  one.track("before");
  one.visitor.reset();
  const second = one.visitor.current().id;
  one.track("after");
  await clock.pass(1_000);
  assert.deepEqual(claims(0), [
    [undefined, first, undefined],
    [undefined, second, true],
  ]);
  await clock.pass(1_000);
  // The first request may have arrived: the cookie may be the second visitor's already.
  assert.deepEqual(claims(1), [
    [first, undefined, undefined],
    [undefined, second, true],
  ]);
  one.track("later");
  await clock.pass(1_000);
  assert.deepEqual(claims(2), [[undefined, second, undefined]]);
});

test("a refused event settles no reset", async () => {
  const clock = time();
  const one = page(clock, fakeStorage());
  one.visitor.reset();
  one.answers = [{ status: 400, body: { error: "invalid_event", message: "No." } }, ACCEPTED];
  one.track("bad");
  await clock.pass(1_000);
  assert.equal(one.visitor.current().settled, 0);
  one.track("good");
  await clock.pass(1_000);
  assert.match(one.sent[1]?.body ?? "", /"anonymousIdReset":true/);
  assert.equal(one.visitor.current().settled, 2);
});
