import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeStorage, type FakeStorage } from "./storage-fixture.ts";
import { safeStore } from "./store.ts";
import { visitorKeeper, type VisitorKeeper } from "./visitor.ts";

const KEY = "datafly.visitor.https://data.example.com";
let ids = 0;

interface Tab extends VisitorKeeper {
  resets: number;
  cleared: number;
}

function tab(storage: FakeStorage): Tab {
  const keeper = visitorKeeper({
    store: safeStore(() => storage),
    key: KEY,
    newId: () => `00000000-0000-4000-8000-${String((ids += 1)).padStart(12, "0")}`,
    onReset: () => (made.resets += 1),
    onCleared: () => (made.cleared += 1),
  });
  const made: Tab = { ...keeper, resets: 0, cleared: 0 };
  return made;
}

test("the first visitor is settled, and the same for every tab and later page", () => {
  const storage = fakeStorage();
  const first = tab(storage).current();
  assert.deepEqual([first.turn, first.settled], [1, 1]);
  assert.deepEqual(tab(storage).current(), first);
});

test("two tabs that begin in the same moment agree", () => {
  const storage = fakeStorage();
  const [one, other] = [tab(storage), tab(storage)];
  one.current();
  // The other one had read before this was written.
  storage.removeItem(KEY);
  other.current();
  assert.deepEqual(one.current(), other.current());
  assert.equal(one.resets, 0);
});

test("a reset makes somebody else, for all tabs, who is settled by an answer to one of their events", () => {
  const storage = fakeStorage();
  const [one, other] = [tab(storage), tab(storage)];
  const { id } = one.current();
  other.current();
  one.reset();
  const next = one.current();
  assert.notEqual(next.id, id);
  assert.deepEqual([next.turn, next.settled], [2, 1]);
  assert.deepEqual([other.current().id, other.resets, one.resets], [next.id, 1, 0]);
  one.settle(0);
  assert.equal(other.current().settled, 0);
  one.settle(1);
  assert.equal(one.current().settled, 0);
  other.settle(2);
  assert.equal(one.current().settled, 2);
});

test("a storage that the page clears is written again, and said", () => {
  const storage = fakeStorage();
  const one = tab(storage);
  one.reset();
  const visitor = one.current();
  storage.clear();
  assert.deepEqual(one.current(), visitor);
  assert.equal(one.cleared, 1);
  assert.deepEqual(tab(storage).current(), visitor);
});

test("a reset is not undone by another tab that writes what it knew", () => {
  const storage = fakeStorage();
  const one = tab(storage);
  one.current();
  const before = storage.getItem(KEY) ?? "";
  one.reset();
  const { id } = one.current();
  storage.setItem(KEY, before);
  assert.equal(one.current().id, id);
  assert.equal(tab(storage).current().id, id);
});

test("without storage the visitor lives in memory", () => {
  const storage = Object.assign(fakeStorage(), { isBlocked: true });
  const one = tab(storage);
  const { id } = one.current();
  assert.equal(one.current().id, id);
  one.reset();
  assert.notEqual(one.current().id, id);
  assert.deepEqual([one.current().turn, one.cleared, one.resets], [2, 0, 0]);
});

test("in a full storage a reset still replaces what was there", () => {
  const storage = fakeStorage();
  const one = tab(storage);
  one.current();
  storage.room = KEY.length + (storage.getItem(KEY) ?? "").length;
  one.reset();
  one.settle(0);
  one.settle(2);
  assert.deepEqual(tab(storage).current(), one.current());
  assert.equal(one.current().turn, 2);
});

test("a reset that could not be written is kept in memory, and written when there is room", () => {
  const storage = fakeStorage();
  const one = tab(storage);
  const { id } = one.current();
  storage.room = 0;
  one.reset();
  const next = one.current();
  assert.notEqual(next.id, id);
  storage.room = Infinity;
  assert.deepEqual(one.current(), next);
  assert.deepEqual(tab(storage).current(), next);
});

for (const garbage of ["", "x", "null", "[]", "{}", '{"id":"short","turn":1,"settled":1}', '{"id":5,"turn":1}']) {
  test(`garbage in the storage is replaced: ${garbage}`, () => {
    const storage = fakeStorage();
    storage.setItem(KEY, garbage);
    const visitor = tab(storage).current();
    assert.equal(visitor.id.length, 36);
    assert.deepEqual(tab(storage).current(), visitor);
  });
}
