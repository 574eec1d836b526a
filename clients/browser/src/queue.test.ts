import assert from "node:assert/strict";
import { test } from "node:test";
import type { CollectedEvent } from "./collected-event.ts";
import { eventQueue, type Queue } from "./queue.ts";
import { fakeStorage, type FakeStorage } from "./storage-fixture.ts";
import { safeStore } from "./store.ts";

const PREFIX = "datafly.queue.dk_test_1.";
let ids = 0;

interface Page {
  queue: Queue;
  now: number;
  full: number;
}

function page(storage: FakeStorage, now = 1_795_000_000_000): Page {
  const made: Page = {
    now,
    full: 0,
    queue: eventQueue({
      store: safeStore(() => storage),
      prefix: PREFIX,
      now: () => made.now,
      onLook: () => undefined,
      onFull: () => (made.full += 1),
    }),
  };
  return made;
}

function event(name: string, more: object = {}): CollectedEvent {
  ids += 1;
  return { type: "track", event: name, timestamp: "", messageId: `m-${ids}`, anonymousIdHint: "", ...more };
}

const names = (entries: readonly { event: CollectedEvent }[]): unknown[] =>
  entries.map((entry) => entry.event["event"]);

test("events are stored before anything else, and keep their order within a millisecond", () => {
  const storage = fakeStorage();
  const { queue } = page(storage);
  const expected = Array.from({ length: 50 }, (_, index) => `e${index}`);
  for (const name of expected) queue.push(event(name), 1);
  assert.deepEqual(names(queue.due()), expected);
  assert.equal(Object.keys(storage).length, 50);
  queue.remove(queue.due().slice(0, 49));
  assert.deepEqual([names(queue.own()), queue.size(), Object.keys(storage).length], [["e49"], 1, 1]);
});

test("another page takes what was left behind, once it is five seconds old, in the order of making", () => {
  const storage = fakeStorage();
  const first = page(storage);
  first.queue.push(event("left 1"), 1);
  const second = page(storage, first.now + 1_000);
  second.queue.push(event("own"), 1);
  first.now += 2_000;
  first.queue.push(event("left 2"), 2);
  second.now = first.now + 4_000;
  assert.deepEqual(names(second.queue.due()), ["left 1", "own"]);
  second.now += 2_000;
  assert.deepEqual(names(second.queue.due()), ["left 1", "own", "left 2"]);
  assert.deepEqual(
    second.queue.due().map(({ turn }) => turn),
    [1, 1, 2],
  );
  assert.equal(second.queue.size(), 3);
});

test("what another page has sent is no longer this page's", () => {
  const storage = fakeStorage();
  const first = page(storage);
  first.queue.push(event("left"), 1);
  const second = page(storage, first.now + 6_000);
  second.queue.remove(second.queue.due());
  assert.deepEqual(first.queue.own(), []);
});

test("a clock that was set back does not keep what was left behind", () => {
  const storage = fakeStorage();
  page(storage).queue.push(event("left"), 1);
  const second = page(storage, 1_794_000_000_000);
  assert.deepEqual(names(second.queue.due()), ["left"]);
});

test("without storage, and beyond its room, events stay in memory", () => {
  const storage = fakeStorage();
  const { queue } = page(storage);
  queue.push(event("stored"), 1);
  storage.room = 0;
  queue.push(event("in memory"), 1);
  assert.deepEqual(names(queue.own()), ["stored", "in memory"]);
  storage.isBlocked = true;
  queue.push(event("blocked"), 1);
  storage.isBlocked = false;
  assert.deepEqual(names(queue.due()), ["stored", "in memory", "blocked"]);
  queue.remove(queue.due());
  assert.deepEqual(queue.due(), []);
});

test("at most a thousand events and a million characters are kept, the oldest are given up, and that is said", () => {
  const storage = fakeStorage();
  const many = page(storage);
  for (let n = 0; n < 1_005; n += 1) many.queue.push(event(`e${n}`), 1);
  assert.deepEqual([many.queue.size(), names(many.queue.due())[0], many.full], [1_000, "e5", 5]);
  const large = page(fakeStorage());
  for (let n = 0; n < 15; n += 1) large.queue.push(event(`l${n}`, { text: "x".repeat(90_000) }), 1);
  assert.equal(large.queue.size(), 11);
  assert.equal(names(large.queue.due())[10], "l14");
});

test("one huge event pushes out no other", () => {
  const { queue } = page(fakeStorage());
  queue.push(event("small"), 1);
  queue.push(event("huge", { text: "x".repeat(2_000_000) }), 1);
  assert.deepEqual(names(queue.due()), ["small", "huge"]);
});

test("what was sent unseen is sent again within a day, then taken for arrived", () => {
  const storage = fakeStorage();
  const first = page(storage);
  first.queue.push(event("unseen"), 1);
  first.queue.push(event("unsent"), 1);
  first.queue.mark(first.queue.own().slice(0, 1), first.now);
  const hours = (count: number): number => first.now + count * 3_600_000;
  assert.deepEqual(names(page(storage, hours(22)).queue.due()), ["unseen", "unsent"]);
  assert.deepEqual(names(page(storage, hours(24)).queue.due()), ["unsent"]);
  assert.equal(Object.keys(storage).length, 1);
});

test("a note that was taken back is none", () => {
  const storage = fakeStorage();
  const first = page(storage);
  first.queue.push(event("seen"), 1);
  first.queue.mark(first.queue.own(), first.now);
  first.queue.mark(first.queue.own(), 0);
  assert.deepEqual(names(page(storage, first.now + 100 * 3_600_000).queue.due()), ["seen"]);
});

test("what the page has cleared is written again", () => {
  const storage = fakeStorage();
  const first = page(storage);
  first.queue.push(event("kept"), 1);
  storage.clear();
  first.queue.restore();
  assert.deepEqual(names(page(storage, first.now + 6_000).queue.due()), ["kept"]);
});

for (const garbage of ["", "null", "{}", "[1]", '{"turn":1}', '{"turn":1,"event":{},"sent":0}', "\u0000"]) {
  test(`garbage is removed: ${JSON.stringify(garbage)}`, () => {
    const storage = fakeStorage();
    storage.setItem(`${PREFIX}abc.m`, garbage);
    const { queue } = page(storage);
    assert.deepEqual([queue.due(), queue.size()], [[], 0]);
  });
}
