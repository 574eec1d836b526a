import assert from "node:assert/strict";
import { test } from "node:test";
import type { CollectedEvent } from "./collected-event.ts";
import type { Entry } from "./queue.ts";
import { byteLength, isUnsettling, nextChunk, requestBody } from "./request-body.ts";

const frame = { writeKey: "dk_test_1", sentAt: "2026-02-25T14:30:00.000Z" };

function entry(turn: number, more: Partial<CollectedEvent> = {}): Entry {
  const event: CollectedEvent = {
    type: "track",
    timestamp: "t",
    messageId: "m",
    anonymousIdHint: `hint ${turn}`,
    ...more,
  };
  return { key: `${turn}`, turn, event, sent: 0 };
}

const claims: [
  what: string,
  turn: number,
  visitor: { turn: number; settled: number },
  claim: object,
  unsettling: boolean,
][] = [
  ["the first visitor", 1, { turn: 1, settled: 1 }, { anonymousIdHint: "now" }, false],
  ["after a reset", 2, { turn: 2, settled: 1 }, { anonymousIdHint: "now", anonymousIdReset: true }, true],
  [
    "after a reset that may have arrived",
    2,
    { turn: 2, settled: 0 },
    { anonymousIdHint: "now", anonymousIdReset: true },
    true,
  ],
  ["after a reset that has arrived", 2, { turn: 2, settled: 2 }, { anonymousIdHint: "now" }, false],
  ["made before the reset, cookie still theirs", 1, { turn: 2, settled: 1 }, { anonymousIdHint: "hint 1" }, false],
  ["made before the reset, cookie unknown", 1, { turn: 2, settled: 0 }, { anonymousId: "hint 1" }, true],
  ["made before the reset, cookie the next one's", 1, { turn: 2, settled: 2 }, { anonymousId: "hint 1" }, true],
  ["made between two resets", 2, { turn: 3, settled: 1 }, { anonymousId: "hint 2" }, true],
];

for (const [what, turn, visitor, claim, unsettling] of claims) {
  test(`${what}: what the event says about its visitor`, () => {
    const now = { id: "now", ...visitor };
    const { path, body } = requestBody([entry(turn)], { visitor: now, ...frame });
    assert.equal(path, "/v1/t");
    assert.deepEqual(JSON.parse(body), { type: "track", timestamp: "t", messageId: "m", ...claim, ...frame });
    assert.equal(isUnsettling([entry(turn)], now), unsettling);
  });
}

test("one event goes to the endpoint of its type, more go as a batch", () => {
  const visitor = { id: "now", turn: 1, settled: 1 };
  const paths = (["track", "page", "identify", "group"] as const).map(
    (type) => requestBody([entry(1, { type })], { visitor, ...frame }).path,
  );
  assert.deepEqual(paths, ["/v1/t", "/v1/p", "/v1/i", "/v1/g"]);
  const { path, body } = requestBody([entry(1), entry(1)], { visitor, ...frame });
  assert.equal(path, "/v1/batch");
  const { batch, ...rest } = JSON.parse(body) as { batch: object[] };
  assert.equal(batch.length, 2);
  assert.deepEqual(rest, frame);
});

test("a chunk is as much as fits, counted in bytes, and one event at least", () => {
  const visitor = { id: "00000000-0000-4000-8000-000000000000", turn: 2, settled: 1 };
  for (const text of ["x".repeat(100), "ä".repeat(1_000), "😀".repeat(3_000), '"'.repeat(7_000)]) {
    let rest = Array.from({ length: 200 }, () => entry(2, { text }));
    while (rest.length > 0) {
      const chunk = nextChunk(rest, 100);
      assert.ok(chunk.length > 0 && chunk.length <= 100);
      const { body } = requestBody(chunk, { visitor, ...frame });
      assert.ok(chunk.length === 1 || byteLength(body) <= 60_000, `${byteLength(body)} bytes`);
      rest = rest.slice(chunk.length);
    }
  }
  assert.equal(nextChunk([entry(1, { text: "x".repeat(500_000) }), entry(1)], 100).length, 1);
  assert.deepEqual(nextChunk([], 100), []);
});
