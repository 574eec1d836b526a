/** datafly.js in Chromium: who the visitor is, at the first requests, over tabs and pages, and after a reset. */
import assert from "node:assert/strict";
import type { BrowserContext } from "playwright-core";
import { after, afterEach, before, test } from "node:test";
import { call, scriptTag, type SeenEvent } from "../harness/browser.ts";
import { type ShopRig, startShopRig } from "./shop-rig.ts";

const NAMED_SHOP = "shop.example.com";
const NAMED_GATEWAY = "data.shop.example.com";

let rig: ShopRig;
before(async () => {
  rig = await startShopRig([NAMED_SHOP, NAMED_GATEWAY]);
});
afterEach(() => {
  rig.forget();
  rig.shop.head = scriptTag(rig.gateway);
});
after(() => rig.close());

function visitorsOf(events: readonly SeenEvent[]): Set<string> {
  return new Set(events.map(({ anonymousId }) => anonymousId));
}

async function cookieOf(context: BrowserContext): Promise<string | undefined> {
  return (await context.cookies()).find(({ name }) => name === "_dfid")?.value;
}

test("four first tabs at once are one visitor, whose id the cookie keeps", async () => {
  const { context } = await rig.visitor();
  const pages = await Promise.all(Array.from({ length: 4 }, () => context.newPage()));
  await Promise.all(pages.map((page, index) => page.goto(`${rig.shop.url}/${index}`)));
  await Promise.all(pages.map((page) => call(page, "flush")));
  const events = await rig.arrived(4);
  assert.equal(visitorsOf(events).size, 1);
  assert.equal(await cookieOf(context), events[0]?.anonymousId);
  await context.close();
});

test("a visitor whose storage was emptied is known by the cookie", async () => {
  const { context, page } = await rig.visitor();
  await page.goto(`${rig.shop.url}/`);
  await rig.arrived(1);
  await page.evaluate("localStorage.clear()");
  await page.close();
  const next = await context.newPage();
  await next.addInitScript("localStorage.clear()");
  await next.goto(`${rig.shop.url}/`);
  assert.equal(visitorsOf(await rig.arrived(2)).size, 1);
  await context.close();
});

test("after identify and reset nothing carries the user, on this page, on the next and in another tab", async () => {
  const { context, page } = await rig.visitor();
  const other = await context.newPage();
  await page.goto(`${rig.shop.url}/a`);
  await other.goto(`${rig.shop.url}/other`);
  for (const tab of [page, other]) {
    await call(tab, "identify", "user_a", { email: "jane@example.com" });
    await call(tab, "group", "group_a", { plan: "premium" });
    await call(tab, "track", "As A");
  }
  await rig.arrived(8);
  await call(page, "track", "Last of A");
  await call(page, "reset");
  await call(page, "track", "Logged out");
  await call(other, "track", "Other tab");
  await page.goto(`${rig.shop.url}/b`);
  await call(page, "track", "Next page");
  const events = await rig.arrived(12);
  const named = (name: string): SeenEvent | undefined => events.find((event) => event["event"] === name);
  const a = events.filter((event) => ["As A", "Last of A"].includes(String(event["event"])));
  assert.equal(a.length, 3);
  assert.equal(visitorsOf(a).size, 1);
  assert.ok(a.every((event) => event["userId"] === "user_a" && event["groupId"] === "group_a"));
  const later = [named("Logged out"), named("Other tab"), named("Next page"), ...events.filter(isNextPage)];
  for (const event of later) {
    assert.ok(event !== undefined);
    assert.notEqual(event.anonymousId, a[0]?.anonymousId);
    assert.doesNotMatch(JSON.stringify(event), /user_a|group_a|jane@example\.com|premium/);
  }
  assert.equal(visitorsOf(later.filter((event) => event !== undefined)).size, 1);
  assert.equal(await cookieOf(context), named("Next page")?.anonymousId);
  rig.forget();
  await call(page, "identify", "user_b");
  await page.goto(`${rig.shop.url}/c`);
  const [, last] = await rig.arrived(2);
  assert.equal(last?.["userId"], "user_b");
  await context.close();
});

function isNextPage({ type, context }: SeenEvent): boolean {
  return type === "page" && context.page.path === "/b";
}

test("what was made before a reset keeps its user, however late it is sent; a reset is not lost with the network", async () => {
  const { context, page } = await rig.visitor();
  await page.goto(`${rig.shop.url}/a`);
  await call(page, "identify", "user_a");
  const [first] = await rig.arrived(2);
  await context.setOffline(true);
  await call(page, "track", "Before");
  await call(page, "reset");
  await call(page, "track", "Between");
  await call(page, "reset");
  await call(page, "track", "After");
  await page.waitForTimeout(1_500);
  await page.close();
  await context.setOffline(false);
  const next = await context.newPage();
  await next.goto(`${rig.shop.url}/b`);
  const events = await rig.arrived(6);
  const of = (name: string): SeenEvent | undefined => events.find((event) => event["event"] === name);
  assert.deepEqual([of("Before")?.["userId"], of("Before")?.anonymousId], ["user_a", first?.anonymousId]);
  assert.deepEqual([of("Between")?.["userId"], of("After")?.["userId"]], [undefined, undefined]);
  const ids = [of("Before"), of("Between"), of("After")].map((event) => event?.anonymousId);
  assert.equal(new Set(ids).size, 3);
  assert.equal(events.find(isNextPage)?.anonymousId, of("After")?.anonymousId);
  assert.equal(await cookieOf(context), of("After")?.anonymousId);
  await context.close();
});

test("a shop without https: no randomUUID, no locks and no cookie, and still one visitor over pages and tabs", async () => {
  const { context, page, said } = await rig.visitor();
  const { port } = new URL(rig.shop.url);
  const gateway = `http://${NAMED_GATEWAY}:${new URL(rig.gateway).port}`;
  rig.shop.head = scriptTag(gateway);
  await page.goto(`http://${NAMED_SHOP}:${port}/1`);
  assert.deepEqual(await page.evaluate("[typeof crypto.randomUUID, typeof navigator.locks]"), [
    "undefined",
    "undefined",
  ]);
  await call(page, "track", "Plain 1");
  await page.goto(`http://${NAMED_SHOP}:${port}/2`);
  const second = await context.newPage();
  await second.goto(`http://${NAMED_SHOP}:${port}/3`);
  await Promise.all([call(page, "track", "Plain 2"), call(second, "track", "Plain 3")]);
  await page.waitForTimeout(7_000);
  const events = await rig.arrived(6);
  assert.equal(await cookieOf(context), undefined);
  assert.equal(new Set(events.map(({ messageId }) => messageId)).size, 6);
  assert.equal(events.length, 6);
  assert.equal(visitorsOf(events).size, 1);
  await call(second, "reset");
  await call(page, "track", "Plain 4");
  const last = (await rig.arrived(7)).at(-1);
  assert.notEqual(last?.anonymousId, events[0]?.anonymousId);
  assert.deepEqual(said, []);
  await context.close();
});
