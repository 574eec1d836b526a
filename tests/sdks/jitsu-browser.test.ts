/** `@jitsu/js`, as it is, in a browser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { jitsuAnalytics } from "@jitsu/js";
import { KEY } from "../harness/configuration.ts";
import { onPageWith } from "./sdk-page.ts";
import { assertEachOnce, assertShape, EVENTS, onTrial } from "./trial.ts";

interface InPage {
  jitsuAnalytics: typeof jitsuAnalytics;
}

test("1,000 events of @jitsu/js in a browser are each delivered once, without the visitor's whole address", () =>
  onTrial((trial) =>
    onPageWith({ package: "@jitsu/js", exports: ["jitsuAnalytics"] }, async (page) => {
      const failures = await page.evaluate(
        async ({ host, writeKey, events }) => {
          const failed: string[] = [];
          const analytics = (globalThis as unknown as InPage).jitsuAnalytics({
            host,
            writeKey,
            errorPolicy: (message: string) => void failed.push(message),
            privacy: { ipPolicy: "stripLastOctet" },
          });
          for (let index = 0; index < events; index += 20) {
            const calls = Array.from({ length: 20 }, (_, offset) =>
              analytics.track("Order Completed", { index: index + offset }),
            );
            await Promise.all(calls);
          }
          return failed;
        },
        { host: trial.gateway, writeKey: `${KEY}:any`, events: EVENTS },
      );
      assert.deepEqual(failures, []);
      const event = (await assertEachOnce(trial)).get(7);
      assertShape(event, { type: "track", event: "Order Completed", properties: { index: 7 } });
      const context = event?.["context"] as Record<string, Record<string, string>>;
      assert.deepEqual(context["library"], { name: "@jitsu/js", version: "1.11.0", env: "browser" });
      assert.deepEqual(context["campaign"], { source: "mail", name: "spring" });
      assert.deepEqual([context["page"]?.["path"], context["ip"]], ["/orders", "127.0.0.0"]);
    }),
  ));
