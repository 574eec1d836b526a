import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Deque } from "./deque.ts";
import { DueHeap } from "./due-heap.ts";
import { createLane } from "./lane.ts";
import { decodeLedger, encodeHead, encodeParked, headKey, type ParkedFacts, parkedKey } from "./ledger-format.ts";
import { Tally } from "./tally.ts";

const LANE = { pipelineId: "pip_a", integrationId: "tmpl_a", pipelineIntegrationId: "pi_a" };

test("a deque behaves like an array", () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("push" as const), value: fc.nat() }),
    fc.record({ kind: fc.constant("unshift" as const), value: fc.nat() }),
    fc.record({ kind: fc.constantFrom("shift" as const, "drain" as const), value: fc.constant(0) }),
    fc.record({ kind: fc.constant("shift" as const), value: fc.constant(0) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const deque = new Deque<number>();
      let model: number[] = [];
      for (const { kind, value } of steps) {
        if (kind === "push") model.push(value);
        if (kind === "unshift") model.unshift(value);
        const expected = kind === "shift" ? model.shift() : undefined;
        if (kind === "drain") model = [];
        const got = kind === "push" || kind === "unshift" ? deque[kind](value) : deque[kind]();
        if (kind === "shift") assert.equal(got, expected);
        assert.equal(deque.length, model.length);
        assert.equal(deque.first(), model[0]);
      }
      assert.deepEqual([...deque], model);
    }),
  );
});

test("a deque lets go of what it gave out over many thousands", () => {
  const deque = new Deque<number>();
  for (let index = 0; index < 50_000; index += 1) {
    deque.push(index);
    if (index >= 10) assert.equal(deque.shift(), index - 10);
  }
  assert.deepEqual(
    [...deque],
    Array.from({ length: 10 }, (_, index) => 49_990 + index),
  );
});

test("the heap gives batches in the order in which they are due", () => {
  const lane = createLane(LANE);
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 1_000 })), (moments) => {
      const heap = new DueHeap();
      for (const dueAt of moments) heap.push({ lane, members: [], dueAt });
      const popped: number[] = [];
      for (let item = heap.pop(); item !== undefined; item = heap.pop()) popped.push(item.dueAt);
      assert.deepEqual(
        popped,
        moments.toSorted((a, b) => a - b),
      );
    }),
  );
});

test("a ledger is read as it was written", () => {
  const facts: ParkedFacts = {
    laneId: "pi_a",
    tries: 4,
    dueAt: 1_000,
    lastStatus: 503,
    firstTriedAt: 10,
    lastTriedAt: 20,
    waitsSince: 5,
    timestamp: 4,
    group: { batchId: "b", place: 3 },
    doneParts: [0, 2],
  };
  const held: ParkedFacts = {
    ...facts,
    tries: 0,
    lastStatus: null,
    firstTriedAt: null,
    lastTriedAt: null,
    group: null,
    doneParts: [],
    waitsSince: NaN,
  };
  const unfinished = [1, 2, 3, 7, 9, 10];
  const group = "delivery-worker-tmpl_a";
  const loaded = decodeLedger(
    group,
    new Map([
      [parkedKey(group, 3, 5), encodeParked(facts)],
      [headKey(group, 3), encodeHead(11, unfinished)],
      [parkedKey(group, 3, 6), encodeParked(held)],
      [headKey(group, 12), encodeHead(0, [])],
    ]),
  );
  assert.deepEqual([...loaded.keys()], [3, 12]);
  assert.deepEqual(loaded.get(3), {
    high: 11,
    unfinished,
    parked: new Map([
      [5, facts],
      [6, held],
    ]),
  });
  assert.deepEqual(loaded.get(12), { high: 0, unfinished: [], parked: new Map() });
  assert.equal(Buffer.from(encodeHead(11, unfinished)).toString(), '{"v":1,"high":11,"unfinished":[1,3,7,1,9,2]}');
});

test("outcomes are one record a lane, minute, kind and reason, over all partitions of a commit", () => {
  const delivered = { kind: "delivered", reason: null } as const;
  const one = new Tally();
  one.add(LANE, delivered, 60_001);
  one.add(LANE, delivered, 119_999);
  one.add(LANE, { kind: "filtered", reason: "consent_denied" }, 119_999);
  one.add(LANE, delivered, 120_000);
  one.add({ ...LANE, pipelineIntegrationId: "pi_b" }, delivered, 120_000);
  const other = new Tally();
  other.add(LANE, delivered, 60_000);
  const total = new Tally();
  total.addAll(one);
  total.addAll(other);
  assert.deepEqual(
    total.records().map(({ lane, minute, kind, count }) => [lane?.pipelineIntegrationId, minute, kind, count]),
    [
      ["pi_a", 60_000, "delivered", 3],
      ["pi_a", 60_000, "filtered", 1],
      ["pi_a", 120_000, "delivered", 1],
      ["pi_b", 120_000, "delivered", 1],
    ],
  );
  assert.equal(one.records()[0]?.count, 2, "what is added up stays as it was, for a commit that goes again");
});
