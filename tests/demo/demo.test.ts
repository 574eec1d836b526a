/** The start without a configuration, as a newcomer meets it: a shop, a vendor, and an event's way between them. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { configuration, KEY } from "../harness/configuration.ts";
import { type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";
import { readTraces } from "./traces.ts";

/** As it is without the variable: the demo needs none. */
const GUARDED = { SIGNAL_ALLOW_PRIVATE_ADDRESSES: "" };

let work: Awaited<ReturnType<typeof workFolder>>;
beforeEach(async () => {
  work = await workFolder();
});
afterEach(() => work.remove());

async function keyOf(server: SignalServer): Promise<string> {
  return until(5000, () => /key (dk_test_\w+)/.exec(server.output())?.[1]);
}

async function purchase(server: SignalServer, key: string, messageId: string): Promise<number> {
  const properties = { transaction_id: "T-1", value: 18, currency: "EUR", email: "jane@example.com" };
  const response = await fetch(`${server.gateway}/v1/t`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ type: "track", event: "purchase", messageId, properties }),
  });
  await response.text();
  return response.status;
}

async function behave(server: SignalServer, answer: string, left: number): Promise<void> {
  const response = await fetch(`${server.management}/demo/behaviour`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ answer, left }),
  });
  assert.equal(response.status, 200);
}

interface Integration {
  name: string;
  delivered: number;
  in_flight: number;
  circuit: string;
  dead_lettered: Record<string, number>;
}

async function integrationOf(server: SignalServer, name: string): Promise<Integration | undefined> {
  const status = JSON.parse((await server.cli("status", "--json")).stdout) as { integrations: Integration[] };
  return status.integrations.find((integration) => integration.name === name);
}

test("a purchase travels to the demo's vendor, and its way can be watched", async () => {
  const server = await startSignal({ folder: work.folder, env: GUARDED });
  const key = await keyOf(server);
  assert.match(server.output(), new RegExp(`Shop +${server.management}/demo/shop`));
  assert.match(server.output(), new RegExp(`Receiver +${server.management}/demo/receiver`));
  assert.match(await (await fetch(`${server.management}/demo/shop`)).text(), new RegExp(`data-pipeline-key="${key}"`));
  const traces = await readTraces(server.management);
  assert.equal(await purchase(server, key, "bought"), 200);
  const processed = await traces.find(({ stage, messageId }) => stage === "processed" && messageId === "bought");
  assert.equal(processed.lanes?.[0]?.vendorEventName, "Purchase");
  const sent = await traces.find(({ stage, messageId }) => stage === "sent" && messageId === "bought");
  assert.deepEqual([sent.outcome, sent.response?.status], ["delivered", 200]);
  assert.equal(sent.request?.url, `${server.management}/demo/receive`);
  const body = JSON.parse(sent.request?.body ?? "{}") as { user_data?: { em: string } };
  assert.equal(body.user_data?.em, createHash("sha256").update("jane@example.com").digest("hex"));
  traces.close();
  assert.deepEqual(readdirSync(work.folder), ["data"], "it leaves nothing beside its data");
  assert.equal(await server.stop(), 0);
});

const EMAIL = "Jane.Doe+shop@Example.com";
const PERSONAL: [messageId: string, event: Record<string, unknown>][] = [
  ["signed in", { type: "identify", userId: "user_1", traits: { email: EMAIL } }],
  ["a page later", { type: "page", context: { traits: { email: ` ${EMAIL} ` } }, userId: "user_1" }],
  [
    "in an address",
    { type: "page", properties: { url: `http://shop.example.com/?mail=${encodeURIComponent(EMAIL)}` } },
  ],
  ["bought", { type: "track", event: "purchase", properties: { email: EMAIL, value: 18 } }],
  ["of a kind of its own", { type: "track", event: "asked", properties: { contact: [{ reply_to: EMAIL }] } }],
  ["in words", { type: "track", event: "wrote", properties: { text: `Write to ${EMAIL}.` } }],
];

test("no event brings the vendor an e-mail address as it was typed", async () => {
  const server = await startSignal({ folder: work.folder, env: GUARDED });
  const key = await keyOf(server);
  const traces = await readTraces(server.management);
  for (const [messageId, event] of PERSONAL) {
    const response = await fetch(`${server.gateway}/v1/${String(event["type"])[0]}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ anonymousId: "visitor-1", ...event, messageId }),
    });
    assert.equal(response.status, 200, await response.text());
  }
  for (const [messageId] of PERSONAL) await traces.find((one) => one.messageId === messageId && one.stage === "sent");
  const shown = JSON.stringify(traces.records);
  assert.doesNotMatch(shown, /jane|(@|%40)example/i);
  const hash = createHash("sha256").update(EMAIL.toLowerCase()).digest("hex");
  for (const [messageId] of PERSONAL) {
    const sent = traces.records.find((one) => one.messageId === messageId && one.stage === "sent");
    assert.match(sent?.request?.body ?? "", new RegExp(hash), messageId);
  }
  traces.close();
  await server.stop();
});

test("a vendor that fails is asked again, and one that refuses makes a dead letter", async () => {
  const server = await startSignal({ folder: work.folder, env: GUARDED });
  const key = await keyOf(server);
  const traces = await readTraces(server.management);
  await behave(server, "fail", 1);
  await purchase(server, key, "second try");
  const failed = await traces.find(({ messageId, stage }) => messageId === "second try" && stage === "sent");
  assert.deepEqual([failed.outcome, failed.response?.status], ["retry", 500]);
  const again = await traces.find(({ messageId, attempt }) => messageId === "second try" && attempt === 2);
  assert.equal(again.outcome, "delivered");
  await behave(server, "refuse", 1);
  await purchase(server, key, "refused");
  const refused = await traces.find(({ messageId, stage }) => messageId === "refused" && stage === "sent");
  assert.deepEqual([refused.outcome, refused.response?.status], ["reject", 400]);
  await until(10_000, async () => {
    const receiver = await integrationOf(server, "Demo receiver");
    return receiver?.delivered === 1 && Object.values(receiver.dead_lettered).length === 1;
  });
  const replay = () =>
    fetch(`${server.management}/demo/replay`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ messageId: "refused" }),
    });
  assert.deepEqual(await (await replay()).json(), { replayed: 1, discarded: 0, skipped: {} });
  await traces.find(({ messageId, outcome }) => messageId === "refused" && outcome === "delivered");
  assert.equal((await replay()).status, 404, "once is enough");
  await until(10_000, async () => (await integrationOf(server, "Demo receiver"))?.delivered === 2);
  traces.close();
  await server.stop();
});

test("a first signal.yaml is taken although the demo's deliveries wait; then nothing of the demo is left open", async () => {
  const server = await startSignal({ folder: work.folder, env: GUARDED });
  const key = await keyOf(server);
  const traces = await readTraces(server.management);
  await behave(server, "fail", 10);
  for (const id of ["a", "b", "c"]) await purchase(server, key, id);
  await traces.find(({ outcome }) => outcome === "retry");
  const own = configuration([{ name: "mine", url: `${server.management}/demo/receive` }]);
  await writeFile(join(work.folder, "signal.yaml"), own);
  await until(10_000, async () => (await purchase(server, KEY, "to the demo's own address")) === 200);
  assert.doesNotMatch(server.output(), /was refused/);
  await until(
    10_000,
    () => traces.ended(),
    () => "the end of the stream",
  );
  for (const path of ["shop", "receiver", "traces"]) {
    const response = await fetch(`${server.management}/demo/${path}`);
    assert.equal(response.status, 404, path);
    assert.match(await response.text(), /only while the server has no signal\.yaml/);
  }
  const person = { headers: { accept: "text/html" }, redirect: "manual" } as const;
  assert.match(await (await fetch(`${server.management}/demo/shop`, person)).text(), /^<!doctype html>.*signal\.yaml/);
  assert.match(await (await fetch(`${server.management}/`, person)).text(), /href="\/ready"/);
  const mine = await until(20_000, async () => {
    const found = await integrationOf(server, "mine");
    const isTried = found !== undefined && (found.circuit !== "healthy" || Object.keys(found.dead_lettered).length > 0);
    return isTried ? found : null;
  });
  assert.equal(mine.delivered, 0, "a user's integration may not reach management's port");
  await until(10_000, async () => (await integrationOf(server, "(removed)"))?.in_flight === 0);
  assert.equal(await server.stop(), 0);
});

test("in production there is no demo", async () => {
  const server = await startSignal({ folder: work.folder, env: { ...GUARDED, SIGNAL_ENV: "production" } });
  await keyOf(server);
  assert.doesNotMatch(server.output(), /demo/);
  for (const path of ["", "/shop", "/receiver", "/traces", "/assets/shop.js"]) {
    assert.equal((await fetch(`${server.management}/demo${path}`)).status, 404, path);
  }
  assert.equal((await fetch(`${server.management}/demo/receive`, { method: "POST" })).status, 404);
  await server.stop();
});

test("on all interfaces the demo works, for this machine alone", async () => {
  const server = await startSignal({ folder: work.folder, env: { ...GUARDED, HOST: "0.0.0.0" } });
  const key = await keyOf(server);
  const { port } = new URL(server.management);
  const local = `http://127.0.0.1:${port}`;
  assert.match(server.output(), /demo\/shop.*on this machine only/);
  const traces = await readTraces(local);
  assert.equal(await purchase({ ...server, gateway: server.gateway.replace("0.0.0.0", "127.0.0.1") }, key, "one"), 200);
  await traces.find(({ outcome }) => outcome === "delivered");
  const outside = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  for (const { address, family, internal } of outside) {
    if (internal || family !== "IPv4") continue;
    assert.equal((await fetch(`http://${address}:${port}/demo/shop`)).status, 403, address);
  }
  traces.close();
  await server.stop();
});
