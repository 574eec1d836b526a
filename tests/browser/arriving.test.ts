/** datafly.js in Chromium: what was called arrives, once, whatever happens to the tab, the network or the gateway. */
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { call, type SeenEvent } from "../harness/browser.ts";
import { type ShopRig, startShopRig } from "./shop-rig.ts";

const CLOSED_TABS = 50;

let rig: ShopRig;
before(async () => {
  rig = await startShopRig();
});
afterEach(() => rig.forget());
after(() => rig.close());

/** How often each tracked name has arrived. */
function counted(events: readonly SeenEvent[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const event of events) {
    if (event.type !== "track") continue;
    const name = String(event["event"]);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

/** Each name once. */
function once(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name) => [name, 1]));
}

function sorted(counts: Map<string, number>): [string, number][] {
  return [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function assertOnce(events: readonly SeenEvent[], names: readonly string[]): void {
  assert.deepEqual(sorted(counted(events)), sorted(once(names)));
  assert.equal(new Set(events.map(({ messageId }) => messageId)).size, events.length);
}

test(`${CLOSED_TABS} tabs, each closed right after a call: everything arrives, once`, async (context) => {
  const { context: visitor } = await rig.visitor();
  const names: string[] = [];
  for (let tab = 0; tab < CLOSED_TABS; tab += 1) {
    const page = await visitor.newPage();
    await page.goto(`${rig.shop.url}/tab/${tab}`, { waitUntil: "commit" });
    await page.waitForFunction("window.datafly");
    names.push(`Closed ${tab}`);
    await call(page, "track", `Closed ${tab}`);
    await page.close({ runBeforeUnload: tab % 2 === 0 });
  }
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const alone = counted(rig.events()).size;
  context.diagnostic(`${alone} of ${CLOSED_TABS} arrived without a tab that stayed`);
  const page = await visitor.newPage();
  await page.goto(`${rig.shop.url}/back`);
  await page.waitForTimeout(8_000);
  const events = await rig.arrived(CLOSED_TABS * 2 + 1);
  assertOnce(events, names);
  assert.equal(events.filter(({ type }) => type === "page").length, CLOSED_TABS + 1);
  assert.equal(new Set(events.map(({ anonymousId }) => anonymousId)).size, 1);
  assert.ok(alone >= CLOSED_TABS - 1, `${alone} arrived without a tab that stayed`);
  await visitor.close();
});

for (const way of ["fetch", "sendBeacon"] as const) {
  test(`${CLOSED_TABS} calls in a tab that is closed right after, by ${way}: everything arrives, once`, async () => {
    const { context: visitor } = await rig.visitor();
    // Browsers whose fetch ends with its page say so by not knowing keepalive.
    if (way === "sendBeacon") await visitor.addInitScript("delete Request.prototype.keepalive");
    const page = await visitor.newPage();
    await page.goto(`${rig.shop.url}/all`, { waitUntil: "commit" });
    await page.waitForFunction("window.datafly");
    const names = Array.from({ length: CLOSED_TABS }, (_, index) => `All ${index}`);
    await page.evaluate(`${JSON.stringify(names)}.forEach((name) => window.datafly.track(name))`);
    await page.close();
    const events = await rig.arrived(CLOSED_TABS + 1);
    assertOnce(events, names);
    await visitor.close();
  });
}

test("two tabs at once: nothing is lost, nothing arrives twice, and it is one visitor", async () => {
  const { context: visitor, page: first } = await rig.visitor();
  const second = await visitor.newPage();
  await Promise.all([first.goto(`${rig.shop.url}/1`), second.goto(`${rig.shop.url}/2`)]);
  const names = Array.from({ length: 60 }, (_, index) => `Tabs ${index}`);
  await Promise.all(names.map((name, index) => call(index % 2 === 0 ? first : second, "track", name)));
  const events = await rig.arrived(names.length + 2);
  assertOnce(events, names);
  assert.equal(new Set(events.map(({ anonymousId }) => anonymousId)).size, 1);
  assert.equal(await first.evaluate("Object.keys(localStorage).filter((key) => key.includes('queue')).length"), 0);
  await visitor.close();
});

test("the gateway goes down while events are made, pages change, and it comes back", async () => {
  const { context: visitor, page } = await rig.visitor();
  await page.goto(`${rig.shop.url}/`);
  const names: string[] = [];
  const make = async (count: number): Promise<void> => {
    for (let one = 0; one < count; one += 1) {
      names.push(`Restart ${names.length}`);
      await call(page, "track", names.at(-1));
    }
  };
  await make(15);
  // A crash may repeat a delivery to a vendor; an orderly stop shows what the collector itself does.
  const stopped = rig.server.stop();
  await make(15);
  await stopped;
  await make(15);
  await page.waitForTimeout(2_500);
  // The page that made them ends, and one comes up that finds no script either.
  await page.goto(`${rig.shop.url}/down`);
  await rig.restart();
  await page.goto(`${rig.shop.url}/up`);
  await make(5);
  const events = await rig.arrived(names.length + 2);
  assertOnce(events, names);
  await visitor.close();
});

test("without a network it waits, and goes out when the network is back", async () => {
  const { context: visitor, page } = await rig.visitor();
  await page.goto(`${rig.shop.url}/`);
  await rig.arrived(1);
  await visitor.setOffline(true);
  const names = Array.from({ length: 12 }, (_, index) => `Offline ${index}`);
  for (const name of names) await call(page, "track", name);
  await page.waitForTimeout(3_000);
  assert.equal(rig.events().length, 1);
  await visitor.setOffline(false);
  assertOnce(await rig.arrived(13), names);
  await visitor.close();
});

test("a tab that ends without a network leaves its events to the next one", async () => {
  const { context: visitor, page } = await rig.visitor();
  await page.goto(`${rig.shop.url}/`);
  await rig.arrived(1);
  await visitor.setOffline(true);
  await call(page, "track", "Left behind");
  await page.close();
  await visitor.setOffline(false);
  const next = await visitor.newPage();
  await next.goto(`${rig.shop.url}/next`);
  const events = await rig.arrived(3);
  assertOnce(events, ["Left behind"]);
  await visitor.close();
});

/** What leaves no room for a single character. */
const FILL = `for (let n = 20; n >= 0; n -= 1) {
  try { for (let i = 0; i < 20; i += 1) localStorage.setItem(n + "." + i, "x".repeat(2 ** n)); } catch {}
}`;
const BLOCK = `Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("no", "SecurityError"); },
})`;

const STORAGES: [what: string, script: string][] = [
  ["blocked", BLOCK],
  ["missing", 'Object.defineProperty(window, "localStorage", { value: null })'],
  ["full", FILL],
  ["cleared by the page", "setInterval(() => localStorage.clear(), 20)"],
];

for (const [what, script] of STORAGES) {
  test(`localStorage ${what}: events arrive all the same`, async () => {
    const { context: visitor, page, said } = await rig.visitor();
    await page.addInitScript(script);
    await page.goto(`${rig.shop.url}/`);
    await call(page, "identify", "user_1");
    const names = Array.from({ length: 25 }, (_, index) => `${what} ${index}`);
    for (const name of names) await call(page, "track", name);
    await call(page, "track", "last");
    await page.close({ runBeforeUnload: true });
    const events = await rig.arrived(names.length + 3);
    assertOnce(events, [...names, "last"]);
    assert.equal(new Set(events.map(({ anonymousId }) => anonymousId)).size, 1);
    assert.deepEqual(said, []);
    await visitor.close();
  });
}
