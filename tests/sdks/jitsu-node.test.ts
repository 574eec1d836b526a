/** `@jitsu/js` in Node, as it is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { jitsuAnalytics } from "@jitsu/js";
import { KEY } from "../harness/configuration.ts";
import { aroundKill, assertEachOnce, assertNoneLost, assertShape, EVENTS, onTrial, type Trial } from "./trial.ts";

interface Sdk {
  track(index: number): Promise<unknown>;
  failures: string[];
}

/** It asks for keys in the form `id:secret`; what it cannot send it reports to its error policy, and drops. */
function sdk({ gateway }: Trial, options: { s2s: boolean; fetch?: typeof fetch }): Sdk {
  const failures: string[] = [];
  const errorPolicy = (message: string): void => void failures.push(message);
  const analytics = jitsuAnalytics({ host: gateway, writeKey: `${KEY}:any`, errorPolicy, ...options });
  return {
    track: (index) =>
      analytics.track("Order Completed", { index, context: { ip: "192.0.2.1", traits: { plan: "pro" } } }),
    failures,
  };
}

/** The SDK does not try again, and takes a `fetch` of one's own: this one does, with the same body. */
const stubborn: typeof fetch = async (url, options) => {
  for (let pause = 50; ; pause = Math.min(pause * 2, 1_000)) {
    const response = await fetch(url, options).catch(() => null);
    if (response !== null && response.status < 500) return response;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
};

for (const s2s of [false, true]) {
  test(`1,000 events of @jitsu/js ${s2s ? "from a server" : "as of a client"} are each delivered once`, () =>
    onTrial(async (trial) => {
      const { track, failures } = sdk(trial, { s2s });
      for (let index = 0; index < EVENTS; index += 50) {
        await Promise.all(Array.from({ length: 50 }, (_, offset) => track(index + offset)));
      }
      const event = (await assertEachOnce(trial)).get(7);
      assert.deepEqual(failures, []);
      assertShape(event, { type: "track", event: "Order Completed", properties: { index: 7 } });
      const context = event?.["context"] as Record<string, unknown>;
      assert.deepEqual(context["library"], { name: "@jitsu/js", version: "1.11.0", env: "node" });
      assert.deepEqual([context["ip"], context["traits"]], ["192.0.2.1", { plan: "pro" }]);
    }));
}

test("nothing of @jitsu/js is lost when the server is killed in the middle and its fetch tries again", (context) =>
  onTrial(async (trial) => {
    const { track, failures } = sdk(trial, { s2s: true, fetch: stubborn });
    const calls: Promise<unknown>[] = [];
    await aroundKill(trial, (index) => calls.push(track(index)));
    await Promise.all(calls);
    const twice = await assertNoneLost(trial);
    assert.deepEqual(failures, []);
    context.diagnostic(`sent to the vendor twice: ${twice}`);
  }));
