/** Asks a plan what it makes of every status and of bodies that no vendor should send. */
import assert from "node:assert/strict";
import type { DeliveryPlan, VendorRequest } from "@datafly-signal/core";

const OUTCOMES = new Set(["delivered", "retry", "throttle", "refresh", "prepare", "reject", "misconfigured"]);

/** Bodies that no vendor should send, and may. */
export const BODIES = [
  "",
  "{",
  "null",
  "[]",
  '{"errors":[]}',
  '{"errors":[{"index":0},{"index":99},{"index":-1},{"index":"x"},null,1,[]]}',
  '{"error":{"code":"__proto__","message":{}}}',
  '{"__proto__":{"error":1},"constructor":1}',
  '"text"',
  "<html>",
  "<Error><Code>NoSuchBucket</Code></Error>",
  "\u0000\uffff",
  "x".repeat(65_536),
  "[".repeat(10_000),
  '{"a":'.repeat(5_000),
];

const HEADERS: Record<string, string>[] = [
  {},
  { "retry-after": "1" },
  { "retry-after": "soon" },
  { "retry-after": "9".repeat(400) },
  { "content-type": "" },
];

export function classifyAll(plan: DeliveryPlan, request: VendorRequest, secrets: readonly string[]): void {
  for (const covers of [[0], [0, 1, 2]]) {
    for (let status = 100; status <= 599; status += 1) {
      for (const [index, body] of BODIES.entries()) {
        const response = { status, headers: HEADERS[index % HEADERS.length] ?? {}, body };
        const outcomes = plan.classify(response, { ...request, covers }, { now: 0 });
        checkOutcomes(outcomes, { plan, count: covers.length, status });
      }
    }
  }
  // A vendor may say our own secrets back to us.
  for (const secret of secrets.filter((one) => one.length >= 8)) {
    for (const status of [200, 400, 401, 403, 404, 409, 422, 429, 500]) {
      for (const body of [
        secret,
        JSON.stringify({ error: { message: secret }, message: secret, errors: [{ message: secret, index: 0 }] }),
      ]) {
        const outcomes = plan.classify({ status, headers: {}, body }, request, { now: 0 });
        for (const outcome of outcomes)
          assert.ok(
            outcome.kind === "delivered" || !outcome.reason.includes(secret),
            `${status}: a secret in the reason`,
          );
      }
    }
  }
}

function checkOutcomes(
  outcomes: ReturnType<DeliveryPlan["classify"]>,
  { plan, count, status }: { plan: DeliveryPlan; count: number; status: number },
): void {
  assert.equal(outcomes.length, count);
  for (const outcome of outcomes) {
    assert.ok(OUTCOMES.has(outcome.kind), `${status}: ${outcome.kind}`);
    if (outcome.kind === "prepare") assert.ok(plan.preparation, `${status}: the plan can prepare nothing`);
    if (outcome.kind !== "delivered") assert.ok(outcome.reason.length > 0 && outcome.reason.length <= 500);
    if ("retryAfterMs" in outcome) assert.ok(Number.isFinite(outcome.retryAfterMs) && (outcome.retryAfterMs ?? 0) >= 0);
  }
}
