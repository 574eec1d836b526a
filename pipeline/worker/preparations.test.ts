import assert from "node:assert/strict";
import { test } from "node:test";
import type { PreparationStep } from "@datafly-signal/core";
import { openPreparations, type PreparationResult } from "./preparations.ts";
import { TestClock } from "./testing/test-clock.ts";
import { answer, testConnector, testSender } from "./testing/test-vendor.ts";
import { quietLogger } from "./testing/trial.ts";

function rig(steps: (() => PreparationStep)[]) {
  const clock = new TestClock();
  const sender = testSender(
    () => clock.monotonic(),
    () => answer(200),
  );
  const results: string[] = [];
  const onResult = (result: string): void => void results.push(result);
  const preparations = openPreparations({ sender, clock, logger: quietLogger, onResult });
  const plan = testConnector().plan({ parameters: {}, secrets: {}, batch: {}, environment: "development" });
  assert.ok(!Array.isArray(plan));
  const last: PreparationStep = { ready: true };
  const prepare = (key = "events", revision = "1"): Promise<PreparationResult> =>
    preparations.prepare({
      ...{ name: "lane", token: undefined, hidden: [] },
      plan: { key: revision, plan: { ...plan, preparation: { key, next: () => steps.shift()?.() ?? last } } },
    });
  return { clock, preparations, prepare, results };
}

test("a result holds for a while, and is forgotten then", async () => {
  const wait = (kind: "retry" | "throttle", retryAfterMs?: number) => (): PreparationStep => ({
    ...{ kind, reason: "Not now." },
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
  const cases: [name: string, step: () => PreparationStep, heldMs: number][] = [
    ["ready", () => ({ ready: true }), 10_000],
    ["misconfigured", () => ({ kind: "misconfigured", reason: "It may not." }), 10_000],
    ["retry", wait("retry"), 10_000],
    ["throttle", wait("throttle", 90_000), 90_000],
    ["throttle", wait("throttle", 9e9), 3_600_000],
    ["throttle", wait("throttle", -5), 10_000],
    ["refresh", () => ({ kind: "refresh", reason: "Another token." }), 0],
  ];
  for (const [name, step, heldMs] of cases) {
    const { clock, preparations, prepare, results } = rig([step, step]);
    const first = await prepare();
    assert.equal(preparations.size, heldMs === 0 ? 0 : 1, name);
    if (heldMs > 0) {
      await clock.advance(heldMs - 1);
      assert.equal(await prepare(), first, name);
      await clock.advance(1);
    }
    assert.equal(preparations.size, 0, name);
    assert.notEqual(await prepare(), first, name);
    assert.deepEqual(results, [name, name]);
    preparations.close();
  }
});

test("a failure is not remembered for settings that have changed since", async () => {
  const refuse = (): PreparationStep => ({ kind: "misconfigured", reason: "It may not." });
  const { prepare, preparations, results } = rig([refuse, refuse]);
  const first = await prepare("events", "1");
  assert.equal(await prepare("events", "1"), first);
  const second = await prepare("events", "2");
  assert.notEqual(second, first);
  assert.equal(await prepare("events", "1"), second, "it was run for the first plan too");
  assert.deepEqual(await prepare("events", "3"), { kind: "ready", requests: 0 });
  assert.deepEqual(await prepare("events", "1"), { kind: "ready", requests: 0 });
  assert.deepEqual(results, ["misconfigured", "misconfigured", "ready"]);
  assert.equal(preparations.size, 1);
  preparations.close();
});

test("keys are apart", async () => {
  const { prepare, preparations, results } = rig([() => ({ kind: "retry", reason: "Not now." })]);
  assert.equal((await prepare("one")).kind, "failed");
  assert.equal((await prepare("two")).kind, "ready");
  assert.deepEqual([preparations.size, results], [2, ["retry", "ready"]]);
  preparations.close();
  assert.equal(preparations.size, 0);
  assert.deepEqual(await prepare("one"), { kind: "closed" });
});
