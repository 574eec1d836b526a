import assert from "node:assert/strict";
import { test } from "node:test";
import { afterLook, FIRST_WINDOW, openSlots, type SendWindow, widensAt, type WindowFacts } from "./send-window.ts";

const LIMIT = 64;

function look(window: SendWindow, facts: Partial<WindowFacts>): SendWindow {
  return afterLook(window, { now: 0, underWay: openSlots(window, LIMIT), waiting: true, limit: LIMIT, ...facts });
}

test("what one look makes of a window", () => {
  const wide: SendWindow = { slots: 32, fullSince: 1_000, lasting: true };
  const full: SendWindow = { slots: 8, fullSince: 1_000, lasting: false };
  const cases: [name: string, window: SendWindow, facts: Partial<WindowFacts>, after: SendWindow][] = [
    ["a first full look counts from now", FIRST_WINDOW, { now: 1_000 }, full],
    ["full, but not for long", full, { now: 1_999 }, full],
    ["full for long enough", full, { now: 2_000 }, { slots: 16, fullSince: null, lasting: true }],
    ["one slot free", full, { now: 2_000, underWay: 7 }, FIRST_WINDOW],
    ["one slot free of many", wide, { now: 2_000, underWay: 31 }, { ...wide, fullSince: null }],
    ["the limit is not a power of two", wide, { now: 2_000, limit: 50 }, { slots: 50, fullSince: null, lasting: true }],
    ["at the limit", wide, { now: 9_000, limit: 32 }, wide],
    ["the limit was lowered", wide, { now: 9_000, limit: 4 }, wide],
    ["a limit below the start: it lasts all the same", full, { now: 2_000, limit: 3 }, { ...full, lasting: true }],
    ["nothing waits, nothing is under way", wide, { waiting: false, underWay: 0 }, FIRST_WINDOW],
    ["nothing waits", wide, { waiting: false, underWay: 20 }, { slots: 20, fullSince: null, lasting: false }],
    ["nothing waits, few under way", wide, { waiting: false, underWay: 3 }, FIRST_WINDOW],
    ["nothing can be sent", wide, { underWay: 0 }, FIRST_WINDOW],
    ["nothing waits, more under way than slots", full, { waiting: false, underWay: 40 }, FIRST_WINDOW],
  ];
  for (const [name, window, facts, after] of cases) assert.deepEqual(look(window, facts), after, name);
});

test("a backlog that lasts opens every slot in 3 s, one that does not opens none", () => {
  const sizes = (pauseAt: number): number[] => {
    let window = FIRST_WINDOW;
    const seen: number[] = [];
    for (let now = 0; now <= 4_000; now += 50) {
      window = look(window, { now, waiting: now % pauseAt !== 0 || now === 0 });
      // It grew: the new slots are filled, and the lane is looked at again.
      window = look(window, { now });
      if (seen.at(-1) !== window.slots) seen.push(window.slots);
    }
    return seen;
  };
  assert.deepEqual(sizes(100_000), [8, 16, 32, 64]);
  assert.deepEqual(sizes(450), [8]);
});

test("the lane is looked at again when it may grow by time alone", () => {
  const full: SendWindow = { slots: 8, fullSince: 1_000, lasting: false };
  assert.equal(widensAt(full, LIMIT), 2_000);
  assert.equal(widensAt(full, 8), null);
  assert.equal(widensAt(full, 2), null);
  assert.equal(widensAt(FIRST_WINDOW, LIMIT), null);
});

test("an unchanged window is the same object", () => {
  const drained: SendWindow = { slots: 20, fullSince: null, lasting: false };
  assert.equal(look(FIRST_WINDOW, { waiting: false, underWay: 2 }), FIRST_WINDOW);
  assert.equal(look(FIRST_WINDOW, { underWay: 2 }), FIRST_WINDOW);
  assert.equal(look(drained, { waiting: false, underWay: 20 }), drained);
});
