/** datafly.js in Chromium, from the page to a webhook: page views, the methods, the snippet, the names. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { call, scriptTag } from "../harness/browser.ts";
import { KEY } from "../harness/configuration.ts";
import { PROJECT } from "../harness/signal-server.ts";
import { type ShopRig, startShopRig } from "./shop-rig.ts";

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

let rig: ShopRig;
before(async () => {
  rig = await startShopRig();
});
afterEach(() => {
  rig.forget();
  rig.shop.head = scriptTag(rig.gateway);
});
after(() => rig.close());

/** The block of the README that people copy, for this gateway. */
function snippet(): string {
  const readme = readFileSync(join(PROJECT, "clients/browser/README.md"), "utf8");
  const [, text = ""] = /```html\n(<script>[^]*?)```/.exec(readme) ?? [];
  assert.match(text, /data-pipeline-key/);
  return text.replaceAll("https://data.example.com", rig.gateway).replaceAll(/dk_live_[\w…]+/g, KEY);
}

test("a load is a page view, with everything that the page says about itself", async () => {
  const { context, page, said } = await rig.visitor();
  await page.goto(`${rig.shop.url}/category`);
  const search = "?color=black&utm_source=news&utm_medium=email&utm_campaign=spring";
  await page.evaluate(`location.href = "/products/headphones${search}"`);
  const [first, second] = await rig.arrived(2);
  const described = {
    url: `${rig.shop.url}/products/headphones${search}`,
    title: "Shop /products/headphones",
    referrer: `${rig.shop.url}/category`,
    path: "/products/headphones",
    search,
  };
  assert.equal(first?.context.page.referrer, "");
  assert.deepEqual(second?.properties, described);
  assert.deepEqual(second?.context.page, described);
  assert.deepEqual(second?.context["campaign"], { source: "news", medium: "email", name: "spring" });
  assert.equal(second?.context["locale"], await page.evaluate(() => navigator.language));
  assert.equal(second?.context["userAgent"], await page.evaluate(() => navigator.userAgent));
  assert.match(String(second?.context["timezone"]), /^\w+/);
  const { version } = JSON.parse(readFileSync(join(PROJECT, "clients/browser/package.json"), "utf8"));
  assert.deepEqual(second?.context["library"], { name: "@datafly/collector", version });
  for (const event of [first, second]) {
    assert.equal(event?.type, "page");
    assert.match(event?.messageId ?? "", UUID_V4);
    assert.ok(Math.abs(Date.parse(String(event?.["timestamp"])) - Date.now()) < 60_000);
    assert.ok(!("anonymousIdHint" in event!) && !("writeKey" in event));
  }
  assert.equal(rig.events().length, 2);
  assert.equal(first?.anonymousId, second?.anonymousId);
  assert.deepEqual(said, []);
  await context.close();
});

test("a navigation within the page is a page view, a change that leaves path and search as they were is none", async () => {
  const { context, page, said } = await rig.visitor();
  await page.goto(`${rig.shop.url}/`);
  const steps: [step: string, path: string | null][] = [
    ["history.pushState({}, '', '/products?page=2')", "/products?page=2"],
    ["history.pushState({ open: true }, '', '/products?page=2')", null],
    ["history.replaceState({}, '', '/products?page=2#reviews')", null],
    ["location.hash = '#top'", null],
    ["history.replaceState({}, '', '/products?page=3')", "/products?page=3"],
    ["history.pushState({}, '', '/cart')", "/cart"],
    ["history.back()", "/products?page=3"],
    ["location.hash = '#/help'", "/products?page=3#/help"],
    ["location.hash = '#/help/returns'", "/products?page=3#/help/returns"],
  ];
  const expected = ["/"];
  for (const [step, path] of steps) {
    await page.evaluate(step);
    await page.waitForTimeout(150);
    if (path !== null) expected.push(path);
  }
  const events = await rig.arrived(expected.length);
  const addresses = events.map(({ context }) => context.page.url?.slice(rig.shop.url.length));
  assert.deepEqual(addresses, expected);
  assert.equal(events[1]?.context.page.referrer, `${rig.shop.url}/`);
  assert.equal(events[1]?.properties?.["search"], "?page=2");
  assert.deepEqual(said, []);
  await context.close();
});

test("a router that sets the title late and forwards at once makes one page view of it", async () => {
  const { context, page } = await rig.visitor();
  await page.goto(`${rig.shop.url}/`);
  const steps = ["history.pushState({}, '', '/account')", "history.replaceState({}, '', '/login')"];
  await page.evaluate([...steps, "document.title = 'Log in'"].join(";"));
  const events = await rig.arrived(2);
  assert.deepEqual(
    events.map(({ context }) => [context.page.path, context.page.title]),
    [
      ["/", "Shop /"],
      ["/login", "Log in"],
    ],
  );
  await context.close();
});

test("track, page, identify and group arrive, and what identify and group said goes on", async () => {
  const { context, page, said } = await rig.visitor();
  await page.goto(`${rig.shop.url}/`);
  await call(page, "track", "Before", {});
  await call(page, "identify", "user_98765", { email: "jane@example.com", plan: "free" });
  await call(page, "identify", "user_98765", { plan: "premium" });
  await call(page, "group", 555, { name: "Example Shop" });
  await call(page, "page", "Checkout", { step: 2 });
  await call(page, "track", "Order Completed", { revenue: 79.99, items: [{ item_id: "SKU-1234" }] });
  await call(page, "flush");
  const [load, before, first, second, group, checkout, order] = await rig.arrived(7);
  assert.equal(load?.["userId"], undefined);
  assert.equal(before?.["userId"], undefined);
  assert.deepEqual([first?.type, first?.["userId"]], ["identify", "user_98765"]);
  assert.deepEqual(first?.["traits"], { email: "jane@example.com", plan: "free" });
  assert.deepEqual(second?.["traits"], { email: "jane@example.com", plan: "premium" });
  assert.deepEqual([group?.type, group?.["groupId"], group?.["userId"]], ["group", "555", "user_98765"]);
  assert.deepEqual(group?.["traits"], { name: "Example Shop" });
  assert.deepEqual([checkout?.type, checkout?.["name"], checkout?.["groupId"]], ["page", "Checkout", "555"]);
  assert.equal(checkout?.properties?.["step"], 2);
  assert.equal(checkout?.properties?.["path"], "/");
  assert.deepEqual(order?.properties, { revenue: 79.99, items: [{ item_id: "SKU-1234" }] });
  assert.deepEqual([order?.["event"], order?.["userId"], order?.["groupId"]], ["Order Completed", "user_98765", "555"]);
  assert.deepEqual(order?.context["traits"], { email: "jane@example.com", plan: "premium" });
  assert.equal(new Set(rig.events().map(({ anonymousId }) => anonymousId)).size, 1);
  assert.deepEqual(said, []);
  await context.close();
});

test("garbage never throws into the page, and is named in the console once", async () => {
  const { context, page, said } = await rig.visitor();
  await page.goto(`${rig.shop.url}/`);
  const thrown = await page.evaluate(() => {
    const { datafly } = globalThis as unknown as { datafly: Record<string, (...args: unknown[]) => void> };
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    const calls: [string, ...unknown[]][] = [
      ["track"],
      ["track", ""],
      ["track", { event: "Object" }],
      ["track", "Circular", circular],
      ["track", "Big", { count: 1n }],
      ["track", "List", [1, 2]],
      ["track", "Null", null],
      ["identify"],
      ["identify", {}],
      ["group", ""],
      ["page", null, null],
    ];
    return calls.filter(([method, ...args]) => {
      try {
        datafly[method]?.(...args);
        return false;
      } catch {
        return true;
      }
    });
  });
  assert.deepEqual(thrown, []);
  const events = await rig.arrived(4);
  assert.deepEqual(
    events.map((event) => event["event"] ?? event.type),
    ["page", "List", "Null", "page"],
  );
  assert.equal(said.filter((text) => text.includes("track()")).length, 1);
  assert.ok(said.every((text) => text.startsWith("datafly: ")));
  await context.close();
});

test("calls made before the script has loaded are made afterwards, with the time at which they were made", async () => {
  const { context, page, said } = await rig.visitor();
  rig.shop.head = snippet();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/datafly.js", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${rig.shop.url}/`, { waitUntil: "domcontentloaded" });
  const called = await page.evaluate(() => {
    const scope = globalThis as unknown as Record<string, Record<string, (...args: unknown[]) => void>>;
    scope["kept"] = scope["datafly"] ?? {};
    scope["datafly"]?.["identify"]?.("user_1", { plan: "free" });
    scope["datafly"]?.["track"]?.("Early", { n: 1 });
    return Date.now();
  });
  await page.waitForTimeout(1_000);
  release();
  await page.waitForFunction(() => !Array.isArray((globalThis as unknown as { kept: { q: unknown } }).kept.q));
  await page.evaluate(() => {
    const { kept } = globalThis as unknown as { kept: Record<string, (...args: unknown[]) => void> };
    kept["track"]?.("Late", {});
  });
  const events = await rig.arrived(4);
  const early = events.find((event) => event["event"] === "Early");
  assert.deepEqual([early?.["userId"], early?.properties], ["user_1", { n: 1 }]);
  assert.ok(Math.abs(Date.parse(String(early?.["timestamp"])) - called) < 900);
  assert.ok(events.some((event) => event["event"] === "Late"));
  assert.equal(events.filter(({ type }) => type === "page").length, 1);
  assert.deepEqual(said, []);
  await context.close();
});

test("names that the page uses itself stay as they are", async () => {
  const own = "<script>window.datafly = 'mine'; window._df = 'mine too';</script>";
  const cases: [head: string, taken: Record<string, string>, reachable: string | null, warned: boolean][] = [
    [scriptTag(rig.gateway), {}, "_df", false],
    [own + scriptTag(rig.gateway), { datafly: "mine", _df: "mine too" }, null, true],
    [
      own + scriptTag(rig.gateway, 'data-global="shopEvents"'),
      { datafly: "mine", _df: "mine too" },
      "shopEvents",
      true,
    ],
  ];
  for (const [head, taken, reachable, warned] of cases) {
    const { context, page, said } = await rig.visitor();
    rig.shop.head = head;
    await page.goto(`${rig.shop.url}/`);
    for (const [name, value] of Object.entries(taken)) {
      assert.equal(
        await page.evaluate((name) => (globalThis as unknown as Record<string, unknown>)[name], name),
        value,
      );
    }
    if (reachable !== null) {
      await page.evaluate((name) => {
        const scope = globalThis as unknown as Record<string, { track(event: string): void }>;
        scope[name]?.track("Reached");
      }, reachable);
    }
    const events = await rig.arrived(reachable === null ? 1 : 2);
    assert.equal(events.filter((event) => event["event"] === "Reached").length, reachable === null ? 0 : 1);
    assert.equal(
      said.some((text) => text.includes("window.datafly is taken")),
      warned,
    );
    rig.forget();
    await context.close();
  }
});

test("a script that is included twice counts once; data-auto-page leaves page views to the page", async () => {
  const { context, page } = await rig.visitor();
  rig.shop.head = scriptTag(rig.gateway) + scriptTag(rig.gateway).replace("datafly.js", "d.js");
  await page.goto(`${rig.shop.url}/twice`);
  await page.evaluate("history.pushState({}, '', '/twice/more')");
  const paths = (await rig.arrived(2)).map(({ context }) => context.page.path);
  assert.deepEqual(paths, ["/twice", "/twice/more"]);
  rig.forget();
  rig.shop.head = scriptTag(rig.gateway, 'data-auto-page="false"');
  await page.goto(`${rig.shop.url}/quiet`);
  await page.evaluate("history.pushState({}, '', '/quiet/more')");
  await call(page, "page", { own: true });
  const events = await rig.arrived(1);
  assert.deepEqual(
    events.map(({ type, properties }) => [type, properties?.["own"]]),
    [["page", true]],
  );
  await context.close();
});
