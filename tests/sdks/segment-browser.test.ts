/** `@segment/analytics-next`, as it is, in a browser: told the host it takes its settings from, and nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { AnalyticsBrowser } from "@segment/analytics-next";
import type { Page } from "playwright-core";
import { KEY } from "../harness/configuration.ts";
import { onPageWith } from "./sdk-page.ts";
import { aroundKill, assertEachOnce, assertNoneLost, assertShape, EVENTS, onTrial } from "./trial.ts";

const SDK = { package: "@segment/analytics-next", exports: ["AnalyticsBrowser"] };

/** What the page has. */
interface InPage {
  AnalyticsBrowser: typeof AnalyticsBrowser;
  analytics: AnalyticsBrowser;
  errors: string[];
}

function load(page: Page, options: { writeKey: string; cdnURL: string }): Promise<void> {
  return page.evaluate(async (settings) => {
    const held = globalThis as unknown as InPage;
    held.analytics = held.AnalyticsBrowser.load(settings);
    held.errors = [];
    held.analytics.on("error", (error) => held.errors.push(JSON.stringify(error)));
    await held.analytics.ready();
  }, options);
}

/** Makes calls without waiting for what comes of them. */
function track(page: Page, from: number, to: number): Promise<void> {
  return page.evaluate(
    ([first, last]) => {
      const { analytics } = globalThis as unknown as InPage;
      for (let index = first; index < last; index += 1) void analytics.track("Order Completed", { index });
    },
    [from, to] as const,
  );
}

function errorsOf(page: Page): Promise<string[]> {
  return page.evaluate(() => (globalThis as unknown as InPage).errors);
}

test("1,000 events of @segment/analytics-next in a browser are each delivered once, as they were sent", () =>
  onTrial((trial) =>
    onPageWith(SDK, async (page) => {
      const asked = new Set<string>();
      page.on("request", (request) => asked.add(new URL(request.url()).host));
      await load(page, { writeKey: KEY, cdnURL: trial.gateway });
      await track(page, 0, EVENTS);
      const event = (await assertEachOnce(trial)).get(7);
      assert.deepEqual(await errorsOf(page), []);
      assert.deepEqual([...asked], [new URL(trial.gateway).host], "nothing was asked of anybody else");
      assertShape(event, { type: "track", event: "Order Completed", properties: { index: 7 }, userId: null });
      const anonymousId = await page.evaluate(() => localStorage.getItem("ajs_anonymous_id"));
      assert.equal(JSON.stringify(event?.["anonymousId"]), anonymousId);
      const context = event?.["context"] as Record<string, Record<string, string>>;
      assert.deepEqual(context["library"], { name: "analytics.js", version: "npm:next-1.84.3" });
      assert.deepEqual(context["campaign"], { source: "mail", name: "spring" });
      assert.deepEqual([context["page"]?.["path"], context["page"]?.["title"]], ["/orders", "Shop /orders"]);
      assert.match(String(context["userAgent"]), /Chrome/);
      assert.equal(context["ip"], "127.0.0.1");
    }),
  ));

test("every call of @segment/analytics-next arrives as what it is", () =>
  onTrial((trial) =>
    onPageWith(SDK, async (page) => {
      await load(page, { writeKey: KEY, cdnURL: trial.gateway });
      const statuses: number[] = [];
      page.on("response", (response) => statuses.push(response.status()));
      await page.evaluate(async () => {
        const { analytics } = globalThis as unknown as InPage;
        await analytics.page("Orders");
        await analytics.identify("user-1", { email: "jane@example.com" });
        await analytics.group("org-1", { plan: "pro" });
        await analytics.screen("Home");
        await analytics.alias("user-2", "user-1");
      });
      assert.deepEqual([...new Set(statuses)], [200]);
      const types = await trial.types(5);
      assert.deepEqual(types, ["group", "identify", "identify", "page", "page"]);
    }),
  ));

test("nothing of @segment/analytics-next is lost when the server is killed in the middle", (context) =>
  onTrial((trial) =>
    onPageWith(SDK, async (page) => {
      await load(page, { writeKey: KEY, cdnURL: trial.gateway });
      await aroundKill(trial, (index) => (index % 10 === 0 ? track(page, index, index + 10) : undefined));
      const twice = await assertNoneLost(trial);
      assert.deepEqual(await errorsOf(page), []);
      context.diagnostic(`sent to the vendor twice: ${twice}`);
    }),
  ));
