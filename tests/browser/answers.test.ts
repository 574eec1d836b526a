/** datafly.js in Chromium against a gateway that answers as the test says: waiting, repeating, giving up, request forms. */
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { call, complaints, launchBrowser, scriptTag, startShop } from "../harness/browser.ts";
import { configuration, KEY } from "../harness/configuration.ts";
import { type FakeAnswer, type FakeGateway, startFakeGateway } from "../harness/fake-gateway.ts";
import { startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

let browser: Browser;
let script: string;
before(async () => {
  const work = await workFolder();
  const server = await startSignal({ folder: work.folder, config: configuration([]) });
  script = await (await fetch(`${server.gateway}/datafly.js`)).text();
  await server.stop();
  await work.remove();
  browser = await launchBrowser();
});
after(() => browser.close());

interface Visit {
  gateway: FakeGateway;
  page: Page;
  said: string[];
  url: string;
}

async function visit(answer: FakeAnswer | undefined, during: (visit: Visit) => Promise<void>): Promise<void> {
  const gateway = await startFakeGateway(script, answer);
  const shop = await startShop(scriptTag(gateway.url));
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const said = complaints(context);
    await page.goto(shop.url);
    await during({ gateway, page, said, url: shop.url });
  } finally {
    await context.close();
    await Promise.all([gateway.close(), shop.close()]);
  }
}

function refuse(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.statusCode = status;
  response.end(JSON.stringify(body));
}

const eventsOf = ({ sent }: FakeGateway): string[] =>
  sent.flatMap(({ events }) => events.map((one) => String(one["event"] ?? one["type"])));

test("requests are simple ones, one event to its own endpoint, more as a batch, and none above 60 kB", async () => {
  await visit(undefined, async ({ gateway, page, said }) => {
    await until(30_000, () => gateway.sent.length === 1);
    await call(page, "track", "One");
    await until(30_000, () => gateway.sent.length === 2);
    for (let n = 0; n < 9; n += 1) await call(page, "track", "Large", { text: "ä".repeat(10_000) });
    await until(30_000, () => eventsOf(gateway).filter((name) => name === "Large").length === 9);
    const [first, second] = gateway.sent;
    assert.deepEqual([first?.path, second?.path], ["/v1/p", "/v1/t"]);
    assert.ok(gateway.sent.some(({ path }) => path === "/v1/batch"));
    for (const { method, contentType, bytes, events } of gateway.sent) {
      assert.equal(method, "POST");
      assert.match(contentType, /^text\/plain/);
      assert.ok(bytes <= 60_000, `${bytes} bytes`);
      assert.ok(events.every((event) => event["writeKey"] === KEY && typeof event["sentAt"] === "string"));
    }
    assert.deepEqual(said, []);
  });
});

test("Retry-After is waited for, by the next page too, and nothing is lost or sent twice", async () => {
  const answer: FakeAnswer = (_sent, response, count) =>
    count === 1
      ? refuse(response, 429, { error: "rate_limited" }, { "Retry-After": "4" })
      : response.end('{"success":true}');
  await visit(answer, async ({ gateway, page, url }) => {
    await until(30_000, () => gateway.sent.length === 1);
    await call(page, "track", "Waiting");
    await call(page, "flush");
    await page.goto(`${url}/next`);
    await call(page, "track", "Next page");
    await call(page, "flush");
    await until(30_000, () => eventsOf(gateway).length >= 5);
    const [first, second] = gateway.sent;
    assert.ok(second!.at - first!.at >= 3_900, `${second!.at - first!.at} ms`);
    const accepted = gateway.sent.slice(1).flatMap(({ events }) => events.map(({ messageId }) => messageId));
    assert.equal(new Set(accepted).size, 4);
    assert.equal(accepted.length, 4);
    assert.ok(accepted.includes(first!.events[0]!.messageId));
  });
});

test("overload is met with growing pauses, and the same events", async () => {
  const answer: FakeAnswer = (_sent, response, count) =>
    count <= 3 ? refuse(response, 503, { error: "overloaded" }) : response.end('{"success":true}');
  await visit(answer, async ({ gateway, said }) => {
    await until(30_000, () => gateway.sent.length === 4);
    const at = gateway.sent.map((one) => one.at);
    const pauses = at.slice(1).map((time, index) => time - at[index]!);
    assert.ok(pauses[0]! >= 950 && pauses[1]! >= 1_950 && pauses[2]! >= 3_950, String(pauses));
    assert.equal(new Set(gateway.sent.map(({ events }) => events[0]?.messageId)).size, 1);
    assert.ok(said.every((text) => !text.startsWith("datafly")));
  });
});

const FINAL: [status: number, error: string][] = [
  [400, "invalid_event"],
  [401, "invalid_pipeline_key"],
  [403, "origin_not_allowed"],
  [413, "payload_too_large"],
];

for (const [status, error] of FINAL) {
  test(`${status} is final: the event is given up, the console says so once, what follows is sent`, async () => {
    const answer: FakeAnswer = ({ events }, response) =>
      events.some((event) => event["event"] === "Bad")
        ? refuse(response, status, { error, message: "Because." })
        : response.end('{"success":true}');
    await visit(answer, async ({ gateway, page, said }) => {
      await until(30_000, () => gateway.sent.length === 1);
      await call(page, "track", "Bad");
      await until(30_000, () => eventsOf(gateway).includes("Bad"));
      await call(page, "track", "Bad");
      await until(30_000, () => eventsOf(gateway).filter((name) => name === "Bad").length === 2);
      await call(page, "track", "Good");
      await until(30_000, () => eventsOf(gateway).includes("Good"));
      await page.waitForTimeout(2_000);
      assert.equal(eventsOf(gateway).filter((name) => name === "Bad").length, 2);
      const warnings = said.filter((text) => text.startsWith("datafly: "));
      assert.deepEqual(warnings, [`datafly: events were refused (${error}): Because.`]);
      assert.equal(await page.evaluate("Object.keys(localStorage).filter((key) => key.includes('queue')).length"), 0);
    });
  });
}

test("a batch that is too large is sent in halves; one bad event takes no other with it", async () => {
  const answer: FakeAnswer = ({ events }, response) => {
    if (events.length > 3) return refuse(response, 413, { error: "payload_too_large", message: "Split." });
    const errors = events.flatMap((event, index) =>
      event["event"] === "Bad" ? [{ index, messageId: event.messageId, error: "invalid_event", message: "Bad." }] : [],
    );
    return response.end(JSON.stringify({ success: true, accepted: events.length - errors.length, errors }));
  };
  await visit(answer, async ({ gateway, page, said }) => {
    await page.evaluate("for (let n = 0; n < 9; n += 1) datafly.track(n === 4 ? 'Bad' : 'Good ' + n)");
    const accepted = (): string[] =>
      gateway.sent
        .filter(({ events }) => events.length <= 3)
        .flatMap(({ events }) => events.map(({ messageId }) => messageId));
    await until(30_000, () => accepted().length >= 10);
    await page.waitForTimeout(2_000);
    assert.equal(accepted().length, 10);
    assert.equal(new Set(accepted()).size, 10);
    assert.equal(said.filter((text) => text.includes("(invalid_event): Bad.")).length, 1);
  });
});

test("what is not the gateway's own answer counts for nothing: a sign-in page, a proxy", async () => {
  const answer: FakeAnswer = (_sent, response, count) =>
    response.end(count === 1 ? "<html>Please sign in</html>" : count === 2 ? "{}" : '{"success":true}');
  await visit(answer, async ({ gateway }) => {
    await until(30_000, () => gateway.sent.length === 3);
    assert.equal(new Set(gateway.sent.map(({ events }) => events[0]?.messageId)).size, 1);
  });
});

test("two tabs with one backlog send it once", async () => {
  let isUp = false;
  const answer: FakeAnswer = (_sent, response) =>
    isUp ? response.end('{"success":true}') : refuse(response, 503, { error: "overloaded" });
  await visit(answer, async ({ gateway, page, url }) => {
    const other = await page.context().newPage();
    await other.goto(`${url}/other`);
    for (const tab of [page, other]) {
      await tab.evaluate("for (let n = 0; n < 20; n += 1) datafly.track('Backlog ' + n)");
    }
    await page.waitForTimeout(7_000);
    isUp = true;
    const from = gateway.sent.length;
    await Promise.all([call(page, "flush"), call(other, "flush")]);
    const accepted = (): string[] =>
      gateway.sent.slice(from).flatMap(({ events }) => events.map(({ messageId }) => messageId));
    await until(30_000, () => new Set(accepted()).size === 42);
    await page.waitForTimeout(2_000);
    assert.equal(accepted().length, 42);
  });
});
