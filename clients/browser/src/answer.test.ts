import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs, judge, type Answer, type Verdict } from "./answer.ts";

const NOW = Date.parse("2026-02-25T14:30:00Z");
const item = { index: 1, error: "invalid_event", message: "Bad." };
const whole = (error: string, message: string): Verdict => ({
  kind: "done",
  refused: [{ index: null, error, message }],
});
const retry = (waitMs: number | null): Verdict => ({ kind: "retry", waitMs });

const cases: [what: string, answer: Answer, count: number, verdict: Verdict][] = [
  ["accepted", { status: 200, body: { success: true } }, 1, { kind: "done", refused: [] }],
  ["accepted but one", { status: 200, body: { success: true, errors: [item] } }, 2, { kind: "done", refused: [item] }],
  [
    "none accepted",
    { status: 400, body: { error: "no_event_accepted", errors: [item] } },
    2,
    { kind: "done", refused: [item] },
  ],
  ["200 of somebody else", { status: 200, body: null }, 1, retry(null)],
  ["200 of another API", { status: 200, body: { ok: true } }, 1, retry(null)],
  ["200 with text", { status: 200, body: "ok" }, 1, retry(null)],
  ["204", { status: 204, body: null }, 1, retry(null)],
  ["no answer", { status: 0 }, 3, retry(null)],
  ["a redirect", { status: 302, body: null }, 1, retry(null)],
  [
    "malformed, alone",
    { status: 400, body: { error: "invalid_json", message: "No." } },
    1,
    whole("invalid_json", "No."),
  ],
  ["malformed, among others", { status: 400, body: { error: "invalid_json" } }, 4, { kind: "split" }],
  ["too large, alone", { status: 413, body: null }, 1, whole("413", "the gateway answered 413")],
  ["too large, with others", { status: 413, body: null }, 2, { kind: "split" }],
  [
    "wrong key",
    { status: 401, body: { error: "invalid_pipeline_key", message: "No." } },
    9,
    whole("invalid_pipeline_key", "No."),
  ],
  [
    "wrong origin",
    { status: 403, body: { error: "origin_not_allowed", message: "No." } },
    9,
    whole("origin_not_allowed", "No."),
  ],
  ["nothing there", { status: 404, body: null }, 2, whole("404", "the gateway answered 404")],
  ["timeout", { status: 408, body: { error: "request_timeout" } }, 1, retry(null)],
  ["rate", { status: 429, body: null, retryAfter: "2" }, 1, retry(2_000)],
  ["rate, no time given", { status: 429, body: null, retryAfter: null }, 1, retry(null)],
  ["rate, a date", { status: 429, body: null, retryAfter: "Wed, 25 Feb 2026 14:30:30 GMT" }, 1, retry(30_000)],
  ["rate, a date gone by", { status: 429, body: null, retryAfter: "Wed, 25 Feb 2026 14:00:00 GMT" }, 1, retry(null)],
  ["rate, at once", { status: 429, body: null, retryAfter: "0" }, 1, retry(0)],
  ["rate, forever", { status: 429, body: null, retryAfter: "999999999" }, 1, retry(3_600_000)],
  ["rate, nonsense", { status: 429, body: null, retryAfter: "soon" }, 1, retry(null)],
  ["rate, negative", { status: 429, body: null, retryAfter: "-5" }, 1, retry(null)],
  ["fault", { status: 500, body: { error: "internal_error" } }, 1, retry(null)],
  ["overload", { status: 503, body: null, retryAfter: "1" }, 5, retry(1_000)],
  ["proxy", { status: 502, body: null }, 1, retry(null)],
];

for (const [what, answer, count, verdict] of cases) {
  test(what, () => assert.deepEqual(judge(answer, count, NOW), verdict));
}

test("pauses double from a second to a minute, each plus up to half of it", () => {
  const pauses = Array.from({ length: 10 }, (_, index) => backoffMs(index + 1, 0));
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
  assert.equal(backoffMs(1, 0.5), 1_250);
  assert.equal(backoffMs(10_000, 0), 60_000);
});
