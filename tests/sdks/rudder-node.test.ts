/** `@rudderstack/rudder-sdk-node`, as it is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import Analytics from "@rudderstack/rudder-sdk-node";
import { KEY } from "../harness/configuration.ts";
import { aroundKill, assertEachOnce, assertNoneLost, assertShape, EVENTS, onTrial } from "./trial.ts";

interface Sdk {
  track(index: number): void;
  failures: unknown[];
}

/** It has no way to close it: its timer ends by itself, a moment after the last event. */
function sdk(dataPlaneUrl: string, options: { retryCount?: number } = {}): Sdk {
  const failures: unknown[] = [];
  const analytics = new Analytics(KEY, {
    dataPlaneUrl,
    flushInterval: 200,
    logLevel: "none",
    errorHandler: (error: unknown) => failures.push(error),
    ...options,
  });
  return {
    track(index) {
      analytics.track({
        userId: `user-${index % 10}`,
        anonymousId: `anon-${index % 10}`,
        event: "Order Completed",
        properties: { index },
        context: { ip: "192.0.2.1" },
        integrations: { All: true },
      });
    },
    failures,
  };
}

test("1,000 events of @rudderstack/rudder-sdk-node are each delivered once, as they were sent", () =>
  onTrial(async (trial) => {
    const { track, failures } = sdk(trial.gateway);
    for (let index = 0; index < EVENTS; index += 1) track(index);
    // Its flush() resolves with the first batch: what counts is what arrives.
    const event = (await assertEachOnce(trial)).get(7);
    assert.deepEqual(failures, []);
    assertShape(event, {
      type: "track",
      event: "Order Completed",
      userId: "user-7",
      anonymousId: "anon-7",
      properties: { index: 7 },
      integrations: { All: true },
      channel: "server",
      context: { ip: "192.0.2.1", library: { name: "analytics-node", version: "3.0.13" } },
    });
    const apart = Date.parse(String(event?.["timestamp"])) - Date.parse(String(event?.["originalTimestamp"]));
    assert.ok(Math.abs(apart) < 5_000, "one clock on one machine");
  }));

test("nothing of @rudderstack/rudder-sdk-node is lost when the server is killed in the middle", (context) =>
  onTrial(async (trial) => {
    // Three tries, its default, are over after two seconds.
    const { track, failures } = sdk(trial.gateway, { retryCount: 8 });
    await aroundKill(trial, track);
    const twice = await assertNoneLost(trial);
    assert.deepEqual(failures, []);
    context.diagnostic(`sent to the vendor twice: ${twice}`);
  }));
