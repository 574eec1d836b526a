/** `kill -9` while accepting and delivering, ten times over: nothing accepted is lost, duplicates are counted, tries go on counting. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { configuration, KEY, SIMPLE_MAPPING } from "../harness/configuration.ts";
import { arrivals, startReceiver } from "../harness/receiver.ts";
import { freePort, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

const KILLS = 10;

/** Sends one event after the other on several connections, each until it is accepted. */
function startSending(gateway: string): { accepted: Set<string>; stop(): Promise<void> } {
  const accepted = new Set<string>();
  let next = 0;
  let running = true;
  const one = async (): Promise<void> => {
    while (running) {
      const ids = next % 5 === 0 ? Array.from({ length: 20 }, () => `kill-${next++}`) : [`kill-${next++}`];
      const events = ids.map((id) => ({ type: "track", event: "Order Completed", messageId: id, userId: "u-1" }));
      const [path, body] = ids.length === 1 ? ["/v1/t", events[0]] : ["/v1/batch", { batch: events }];
      for (;;) {
        const status = await post(`${gateway}${path}`, body);
        if (status === 200) break;
        if (!running) return;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      for (const id of ids) accepted.add(id);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const senders = Array.from({ length: 6 }, one);
  return {
    accepted,
    async stop() {
      running = false;
      await Promise.all(senders);
    },
  };
}

async function post(url: string, body: unknown): Promise<number> {
  try {
    const headers = { authorization: `Bearer ${KEY}` };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    await response.text();
    return response.status;
  } catch {
    return 0;
  }
}

test(`nothing accepted is lost over ${KILLS} kills`, async (context) => {
  const work = await workFolder();
  const receiver = await startReceiver();
  const port = await freePort();
  const config = configuration([{ name: "orders", url: receiver.url, more: SIMPLE_MAPPING }]);
  const options = { folder: work.folder, config, env: { GATEWAY_PORT: String(port) } };
  let server = await startSignal(options);
  const sending = startSending(server.gateway);
  const duplicates = (): number => [...arrivals(receiver.requests).values()].reduce((sum, count) => sum + count - 1, 0);
  const perKill: number[] = [];
  try {
    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = duplicates();
      const seen = receiver.requests.length;
      await until(20_000, () => receiver.requests.length > seen + 200);
      await server.kill();
      server = await startSignal(options);
      const after = receiver.requests.length;
      await until(20_000, () => receiver.requests.length > after + 50);
      perKill.push(duplicates() - before);
    }
    await sending.stop();
    const missing = (): string[] => {
      const counts = arrivals(receiver.requests);
      return [...sending.accepted].filter((id) => !counts.has(id));
    };
    await until(30_000, () => missing().length === 0).catch(() => undefined);
    assert.deepEqual(missing(), []);
    context.diagnostic(`accepted ${sending.accepted.size}, lost 0, duplicates per kill ${perKill.join(" ")}`);
    assert.ok(sending.accepted.size > KILLS * 100);
    const sums = await until(20_000, async () => {
      const { stdout } = await server.cli("status", "--json");
      const one = JSON.parse(stdout).integrations[0];
      return one?.in_flight === 0 ? one : null;
    });
    assert.equal(sums.accepted - (sums.filtered.duplicate ?? 0), sums.delivered);
    assert.equal(sums.delivered, arrivals(receiver.requests).size);
  } finally {
    await sending.stop();
    await server.stop();
    await receiver.close();
    await work.remove();
  }
});

test("tries go on counting over a kill", async () => {
  const work = await workFolder();
  const receiver = await startReceiver((_request, response) => {
    response.statusCode = 500;
    response.end("no");
  });
  const config = configuration([{ name: "orders", url: receiver.url, config: "max_retries: 2" }]);
  let server = await startSignal({ folder: work.folder, config });
  try {
    assert.equal(await post(`${server.gateway}/v1/t`, { type: "track", event: "Try", messageId: "try-1" }), 200);
    await until(10_000, () => receiver.requests.length === 2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await server.kill();
    server = await startSignal({ folder: work.folder });
    const letter = await until(20_000, async () => {
      const { stdout } = await server.cli("dlq", "list", "orders", "--json");
      return JSON.parse(stdout).data[0];
    });
    assert.equal(letter.tries, 3);
    assert.equal(letter.reason, "retries_exhausted");
    assert.equal(letter.lastStatus, 500);
    assert.equal(receiver.requests.length, 3);
  } finally {
    await server.stop();
    await receiver.close();
    await work.remove();
  }
});
