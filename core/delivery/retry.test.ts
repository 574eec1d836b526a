import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_RETRY_AFTER_MS, retryDelay, throttlePause } from "./retry.ts";

test("the ladder, its jitter, its end and a vendor's own wish", () => {
  const cases: [
    name: string,
    given: { tries: number; maxRetries?: number; retryAfterMs?: number; random?: number },
    delay: number | null,
  ][] = [
    ["first retry", { tries: 1 }, 1_000],
    ["second retry", { tries: 2 }, 4_000],
    ["third retry", { tries: 3 }, 16_000],
    ["fourth retry", { tries: 4 }, 64_000],
    ["fifth retry", { tries: 5 }, 256_000],
    ["six tries and no more", { tries: 6 }, null],
    ["a shorter ladder ends earlier", { tries: 3, maxRetries: 2 }, null],
    ["no retries at all", { tries: 1, maxRetries: 0 }, null],
    ["more retries than rungs", { tries: 6, maxRetries: 50 }, null],
    ["half of the jitter", { tries: 2, random: 0.5 }, 4_500],
    ["almost all of the jitter", { tries: 1, random: 0.999 }, 1_249.75],
    ["a longer Retry-After wins", { tries: 1, retryAfterMs: 30_000, random: 0.9 }, 30_000],
    ["a shorter Retry-After does not", { tries: 3, retryAfterMs: 2_000 }, 16_000],
    ["Retry-After is obeyed for an hour", { tries: 1, retryAfterMs: 86_400_000 }, MAX_RETRY_AFTER_MS],
    ["Retry-After gives no further try", { tries: 6, retryAfterMs: 1_000 }, null],
    ["garbage in Retry-After", { tries: 1, retryAfterMs: NaN }, 1_000],
    ["a Retry-After in the past", { tries: 1, retryAfterMs: -5 }, 1_000],
  ];
  for (const [name, given, delay] of cases)
    assert.equal(retryDelay({ maxRetries: 5, random: 0, ...given }), delay, name);
});

test("a throttled lane rests as asked, else until the events' next try", () => {
  assert.equal(throttlePause(30_000, 1_000), 30_000);
  assert.equal(throttlePause(500, 1_000), 500);
  assert.equal(throttlePause(undefined, 4_000), 4_000);
  assert.equal(throttlePause(0, 4_000), 4_000);
  assert.equal(throttlePause(undefined, null), 256_000);
  assert.equal(throttlePause(1e12, null), MAX_RETRY_AFTER_MS);
});
