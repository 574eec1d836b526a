/** Asks a plan's preparation what it makes of every status and of bodies that no vendor should send. */
import assert from "node:assert/strict";
import type { PreparationPlan, PreparationStep, VendorResponse } from "@datafly-signal/core";
import { BODIES } from "./classify-suite.ts";

const FAILURES = new Set(["retry", "throttle", "refresh", "misconfigured"]);
/** Answers that lead on: what follows them is asked of every status too. */
const LEADING = [200, 404, 409, 412];
const MOST_STEPS = 3;

export function prepareAll(preparation: PreparationPlan, secrets: readonly string[]): void {
  const facts = { now: 0, token: "token-of-the-vendor" };
  assert.ok(preparation.key.length > 0);
  for (const secret of secrets) assert.ok(!preparation.key.includes(secret), "a secret in the key");
  const visit = (answers: readonly VendorResponse[]): void => {
    const step = preparation.next(answers, facts);
    assert.deepEqual(preparation.next(answers, facts), step, "the same answers make the same step");
    checkStep(step, secrets);
    if (!("send" in step) || answers.length === MOST_STEPS) return;
    for (const status of statuses()) {
      for (const body of [...BODIES, ...secrets.map((secret) => JSON.stringify({ error: { message: secret } }))]) {
        checkStep(preparation.next([...answers, { status, headers: {}, body }], facts), []);
      }
    }
    for (const status of LEADING) visit([...answers, { status, headers: {}, body: "{}" }]);
  };
  visit([]);
}

function statuses(): number[] {
  const few = [100, 199, 200, 201, 204, 299, 300, 302];
  return [...few, ...Array.from({ length: 60 }, (_, index) => 400 + index), 500, 502, 503, 504, 599];
}

function checkStep(step: PreparationStep, secrets: readonly string[]): void {
  if ("ready" in step) return assert.equal(step.ready, true);
  if ("kind" in step) {
    assert.ok(FAILURES.has(step.kind), step.kind);
    assert.ok(step.reason.length > 0 && step.reason.length <= 500);
    if ("retryAfterMs" in step) assert.ok(Number.isFinite(step.retryAfterMs) && (step.retryAfterMs ?? 0) >= 0);
    return;
  }
  const { url, headers, covers } = step.send;
  assert.deepEqual(covers, []);
  for (const secret of secrets) {
    assert.ok(!new URL(url).pathname.includes(encodeURIComponent(secret)), "a secret in the path of the URL");
    for (const name of Object.keys(headers)) assert.ok(!name.includes(secret));
  }
}
