/** A newcomer with a browser: looks, buys, signs in and out, and watches it arrive. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { configuration } from "../harness/configuration.ts";
import { complaints, launchBrowser } from "../harness/browser.ts";
import { type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
let server: SignalServer;
let browser: Browser;
before(async () => {
  work = await workFolder();
  [server, browser] = await Promise.all([
    startSignal({ folder: work.folder, env: { SIGNAL_ALLOW_PRIVATE_ADDRESSES: "" } }),
    launchBrowser(),
  ]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
  await work?.remove();
});

interface Visit {
  context: BrowserContext;
  shop: Page;
  receiver: Page;
  said: string[];
}

/** Two tabs, the receiver cleared of what other tests sent. */
async function visit(options: { width?: number; colorScheme?: "light" | "dark" } = {}): Promise<Visit> {
  const { width = 1280, colorScheme = "light" } = options;
  const context = await browser.newContext({ viewport: { width, height: 860 }, colorScheme });
  const said = complaints(context);
  const [receiver, shop] = [await context.newPage(), await context.newPage()];
  await receiver.goto(`${server.management}/demo/receiver`);
  await receiver.getByText("● Live").waitFor();
  await receiver.getByRole("button", { name: "Clear" }).click();
  await shop.goto(`${server.management}/demo/shop`);
  return { context, shop, receiver, said };
}

/** The events that the receiver shows, oldest first. */
async function names(receiver: Page): Promise<string[]> {
  return (await receiver.locator(".row-name").allTextContents()).toReversed();
}

test("a purchase shows up with its four steps, and page views come from the history alone", async () => {
  const { context, shop, receiver, said } = await visit();
  await shop.getByRole("link", { name: /Wireless Headphones/ }).click();
  await shop.getByRole("heading", { name: "Wireless Headphones" }).waitFor();
  await shop.getByRole("button", { name: "Add to cart" }).click();
  await shop.getByRole("link", { name: "Cart, 1 item" }).click();
  await shop.getByRole("link", { name: "Checkout" }).click();
  await shop.getByRole("main").getByLabel("E-mail").fill("jane@example.com");
  await shop.getByRole("button", { name: /^Buy for/ }).click();
  await shop.getByRole("heading", { name: "Thank you!" }).waitFor();
  const expected = ["add_to_cart", "begin_checkout", "page", "page", "page", "page", "page", "purchase", "view_item"];
  await until(
    20_000,
    async () => (await names(receiver)).toSorted().join() === expected.join(),
    () => "the newcomer's events",
  );
  await until(20_000, async () => (await receiver.locator(".row[data-kind=delivered]").count()) === expected.length);
  const row = receiver.locator(".row", { has: receiver.getByText("purchase", { exact: true }) });
  assert.match((await row.locator(".state").textContent()) ?? "", /✓200 · \d+ ms/);
  assert.match((await row.locator(".row-hint").textContent()) ?? "", /79\.99 EUR · Wireless Headphones/);
  await row.getByRole("button").click();
  assert.deepEqual(await row.locator(".step h3").allTextContents(), ["1Received", "2Mapped", "3Request", "4Answer"]);
  const [received = "", mapped = "", request = "", answer = ""] = await row.locator(".step").allTextContents();
  assert.match(received, /"email": "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"/);
  assert.match(mapped, /moved: +"id": "SKU-1234", {2}← properties\.items\[0\]\.item_id/);
  assert.match(request, new RegExp(`POST ${server.management}/demo/receive`));
  for (const step of [received, mapped, request]) assert.doesNotMatch(step, /jane@example/);
  for (const later of [mapped, request]) {
    assert.match(later, /"em": "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"/);
  }
  assert.match(answer, /Try 1: 200, delivered.*"received": true/s);
  await shop.goBack();
  await until(10_000, async () => (await names(receiver)).length === expected.length + 1);
  assert.deepEqual(said, [], "nothing was refused by the policy");
  await context.close();
});

test("who signs in is known from then on, and whoever comes after signing out is somebody else", async () => {
  const { context, shop, receiver, said } = await visit();
  await shop.getByRole("button", { name: "Sign in" }).click();
  await shop.getByRole("dialog").getByLabel("E-mail").fill("jane@example.com");
  await shop.getByRole("dialog").getByRole("button", { name: "Sign in" }).click();
  const add = shop.getByRole("button", { name: "Add Stoneware Mug to the cart" });
  await add.click();
  await until(20_000, async () => (await names(receiver)).includes("add_to_cart"));
  await shop.getByRole("button", { name: "Sign out" }).click();
  await add.click();
  const carts = receiver.locator(".row", { has: receiver.getByText("add_to_cart", { exact: true }) });
  await until(20_000, async () => (await carts.count()) === 2);
  const events = [];
  for (const row of (await carts.all()).toReversed()) {
    await row.getByRole("button").click();
    events.push(await row.locator(".step").first().textContent());
  }
  assert.doesNotMatch((await receiver.locator("#rows").textContent()) ?? "", /jane/i);
  const [signedIn = "", signedOut = ""] = events.map((text) => text ?? "");
  const visitor = (text: string): string | undefined => /"anonymousId": "([0-9a-f-]{36})"/.exec(text)?.[1];
  assert.match(signedIn, /"userId": "user_\d+"/);
  assert.doesNotMatch(signedOut, /user_\d+/);
  assert.notEqual(visitor(signedIn), undefined);
  assert.notEqual(visitor(signedIn), visitor(signedOut));
  assert.deepEqual(said, []);
  await context.close();
});

test("an event cannot bring markup or a script into the receiver", async () => {
  const { context, receiver, said } = await visit();
  const hostile = `<img src=x onerror="window.harmed = 1"></pre><script>window.harmed = 1</script>`;
  const key = /key (dk_test_\w+)/.exec(server.output())?.[1];
  const event = {
    type: "track",
    event: hostile,
    userId: hostile,
    properties: { [hostile]: hostile, value: hostile, currency: hostile, items: [{ item_name: hostile }], toString: 1 },
    context: { page: { url: "javascript:window.harmed = 1", path: hostile } },
  };
  const response = await fetch(`${server.gateway}/v1/t`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify(event),
  });
  assert.equal(response.status, 200);
  const row = receiver.locator(".row", { has: receiver.getByText(hostile, { exact: true }) });
  await row.getByRole("button").click();
  await row.locator(".json").first().waitFor();
  assert.equal(await row.locator(".row-name").textContent(), hostile);
  assert.equal(await row.locator("img, script, a").count(), 0);
  assert.equal(await receiver.evaluate("window.harmed"), undefined);
  assert.deepEqual(said, [], "nothing was even tried");
  await context.close();
});

test("pausing keeps the list still and counts on, going on shows what came", async () => {
  const { context, shop, receiver } = await visit();
  await until(20_000, async () => (await names(receiver)).includes("page"));
  await receiver.getByRole("button", { name: "Pause" }).click();
  const { length } = await names(receiver);
  await shop.getByRole("button", { name: "Add Stoneware Mug to the cart" }).click();
  await receiver.getByRole("button", { name: /^Go on \(\d+ new\)/ }).waitFor();
  assert.equal((await names(receiver)).length, length);
  await receiver.getByRole("button", { name: /^Go on/ }).click();
  await until(20_000, async () => (await names(receiver)).includes("add_to_cart"));
  await receiver.getByRole("button", { name: "Clear" }).click();
  await receiver.getByText("Nothing has arrived yet.").waitFor();
  await receiver.getByRole("button", { name: "Refuse one (400)" }).click();
  await receiver.getByText("The vendor refuses once more (400).").waitFor();
  await shop.getByRole("button", { name: "Add Stoneware Mug to the cart" }).click();
  await receiver.getByText("400 · dead letter").waitFor();
  const dead = receiver.locator(".row[data-kind=dead]");
  await dead.getByText("The endpoint refused the request (400).").waitFor();
  await dead.getByRole("button", { name: "Replay", exact: true }).click();
  const replayed = receiver.locator(".row", { has: receiver.getByText("after a replay") });
  await replayed.getByRole("button").first().click();
  const answer = (await replayed.locator(".step").last().textContent()) ?? "";
  assert.match(answer, /Try 1: 400, reject.*Replay, try 1: 200, delivered/s);
  assert.equal(
    await receiver.getByRole("button", { name: "Replay", exact: true }).count(),
    0,
    "there is nothing left to replay",
  );
  await context.close();
});

test("what a page's mapping changed is in sight, and what it left is unfolded on demand", async () => {
  const { context, receiver } = await visit();
  const row = receiver.locator(".row", { has: receiver.getByText("page", { exact: true }) });
  await row.getByRole("button").first().click();
  const mapped = row.locator(".step").nth(1);
  await mapped.locator(".json-moved, .json-new, .json-changed").first().waitFor();
  const lines = await mapped.locator(".json-line:visible").count();
  const fold = mapped.getByRole("button", { name: /^… \d+ unchanged lines$/ }).first();
  const folded = Number(/\d+/.exec((await fold.textContent()) ?? "")?.[0]);
  await fold.click();
  assert.equal(await mapped.locator(".json-line:visible").count(), lines + folded);
  const wide = await mapped.locator("pre").evaluate((pre) => pre.scrollWidth - pre.clientWidth);
  assert.equal(wide, 0, "long lines are wrapped");
  await context.close();
});

test("a signal.yaml ends the demo, and its pages say so", async () => {
  const own = await workFolder();
  const served = await startSignal({ folder: own.folder, env: { SIGNAL_ALLOW_PRIVATE_ADDRESSES: "" } });
  const context = await browser.newContext();
  const [receiver, shop] = [await context.newPage(), await context.newPage()];
  await receiver.goto(`${served.management}/demo/receiver`);
  await receiver.getByText("● Live").waitFor();
  await shop.goto(served.management);
  assert.equal(new URL(shop.url()).pathname, "/demo");
  await shop.goto(`${served.management}/demo/shop`);
  await writeFile(join(own.folder, "signal.yaml"), configuration([]));
  await receiver.getByText("■ Ended").waitFor();
  await receiver.getByText(/The demo has ended: a signal\.yaml was found/).waitFor();
  assert.ok(await receiver.getByRole("button", { name: "Refuse one (400)" }).isDisabled());
  await shop.reload();
  await shop.getByRole("heading", { name: "No demo" }).waitFor();
  await context.close();
  await served.stop();
  await own.remove();
});

for (const width of [390, 1280]) {
  test(`no page is wider than ${width} pixels, in the dark too`, async () => {
    const { context, shop, said } = await visit({ width, colorScheme: "dark" });
    await shop.getByRole("button", { name: "Add Canvas Backpack to the cart" }).click();
    for (const path of ["shop", "shop/products/lamp", "shop/cart", "shop/checkout", "shop/thanks", "receiver", ""]) {
      await shop.goto(`${server.management}/demo/${path}`.replace(/\/$/, ""));
      await shop.getByRole("heading", { level: 1 }).first().waitFor({ state: "attached" });
      const [wide, background] = (await shop.evaluate(
        "[document.documentElement.scrollWidth, getComputedStyle(document.body).colorScheme]",
      )) as [number, string];
      assert.ok(wide <= width, `${path}: ${wide}`);
      assert.equal(background, "light dark");
      const nameless = await shop.locator("button, a").evaluateAll((all) =>
        all
          .filter((one) => (one.textContent ?? "").trim() === "" && one.getAttribute("aria-label") === null)
          .filter((one) => one.getAttribute("aria-hidden") !== "true")
          .map((one) => one.outerHTML),
      );
      assert.deepEqual(nameless, [], path);
    }
    assert.deepEqual(said, []);
    await context.close();
  });
}
