/** `@segment/analytics-node`, as it is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Analytics } from "@segment/analytics-node";
import { KEY } from "../harness/configuration.ts";
import { aroundKill, assertEachOnce, assertNoneLost, assertShape, onTrial, EVENTS } from "./trial.ts";

interface Sdk {
  track(index: number): void;
  failures: unknown[];
  close(): Promise<void>;
}

function sdk(host: string): Sdk {
  const analytics = new Analytics({ writeKey: KEY, host });
  const failures: unknown[] = [];
  analytics.on("error", (error) => failures.push(error));
  return {
    track(index) {
      const traits = { email: "jane@example.com" };
      analytics.track({
        userId: `user-${index % 10}`,
        event: "Order Completed",
        properties: { index, revenue: `${index}.50` },
        context: { traits },
        integrations: { "Some Vendor": false },
        timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, 0, index)),
      });
    },
    failures,
    close: () => analytics.closeAndFlush({ timeout: 60_000 }),
  };
}

test("1,000 events of @segment/analytics-node are each delivered once, as they were sent", () =>
  onTrial(async (trial) => {
    const { track, failures, close } = sdk(trial.gateway);
    for (let index = 0; index < EVENTS; index += 1) track(index);
    await close();
    assert.deepEqual(failures, []);
    const event = (await assertEachOnce(trial)).get(7);
    assert.ok(event);
    assertShape(event, {
      type: "track",
      event: "Order Completed",
      userId: "user-7",
      properties: { index: 7, revenue: "7.50" },
      integrations: { "Some Vendor": false },
      originalTimestamp: "2026-01-01T00:00:00.007Z",
      context: {
        library: { name: "@segment/analytics-node", version: "3.1.0" },
        traits: { email: "jane@example.com" },
      },
    });
    assert.match(String(event["messageId"]), /^node-next-/);
  }));

test("nothing of @segment/analytics-node is lost when the server is killed in the middle", (context) =>
  onTrial(async (trial) => {
    const { track, failures, close } = sdk(trial.gateway);
    await aroundKill(trial, track);
    await close();
    assert.deepEqual(failures, []);
    const twice = await assertNoneLost(trial);
    context.diagnostic(`sent to the vendor twice: ${twice}`);
  }));
