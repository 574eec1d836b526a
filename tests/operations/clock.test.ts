/** A wall clock that jumps under load: nothing is lost or sent twice, retries keep their pace, limits go on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { configuration, KEY } from "../harness/configuration.ts";
import { arrivals, type Received, startReceiver } from "../harness/receiver.ts";
import { type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";
import { cleaning } from "./cleaning.ts";
import { startSenders } from "./event-senders.ts";
import { clockOptions, falseClock } from "./false-clock.ts";

const HOURS_2 = 7200;
const LATE_MS = 60_000;
/** The server's clock is looked up once a second. */
const NOTICED_MS = 2500;
const LIMITED = "    rate_limits: { rate_limit_rps: 20, rate_limit_burst: 5 }";

async function post(server: SignalServer, messageId: string): Promise<number> {
  const body = JSON.stringify({ type: "track", event: "Jump", messageId, anonymousId: messageId });
  const response = await fetch(`${server.gateway}/v1/t`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}` },
    body,
  });
  await response.text();
  return response.status;
}

function idOf(request: Received): string {
  return (JSON.parse(request.body) as { messageId: string }).messageId;
}

test("the clock jumps forward and back by two hours, twice", clockOptions(), async (t) => {
  const clean = cleaning(t);
  const work = await workFolder();
  clean(work.remove);
  const clock = falseClock(work.folder);
  const tries = new Map<string, number[]>();
  const receiver = await startReceiver((request, response) => {
    const id = idOf(request);
    if (request.path === "/flaky" && id.startsWith("retry")) {
      const times = [...(tries.get(id) ?? []), performance.now()];
      tries.set(id, times);
      response.statusCode = times.length < 3 ? 503 : 200;
    }
    response.end();
  });
  clean(receiver.close);
  const webhooks = [
    { name: "Orders", url: `${receiver.url}/orders` },
    { name: "Limited", url: `${receiver.url}/limited`, more: LIMITED },
    { name: "Flaky", url: `${receiver.url}/flaky` },
  ];
  const server = await startSignal({ folder: work.folder, config: configuration(webhooks), env: clock.env });
  clean(() => server.stop());
  const at = (path: string): Received[] => receiver.requests.filter((request) => request.path === path);
  const senders = startSenders({ gateway: server.gateway, senders: 2, bytes: 100, prefix: "clock", pauseMs: 150 });
  clean(senders.stop);
  await until(LATE_MS, () => at("/limited").length > 5);

  const offsets = [0, HOURS_2, 0, -HOURS_2, 0];
  for (const [turn, offset] of offsets.entries()) {
    // One retry begins before the jump and ends after it.
    assert.equal(await post(server, `retry-${turn}`), 200);
    await until(LATE_MS, () => tries.get(`retry-${turn}`));
    clock.set(offset);
    await new Promise((resolve) => setTimeout(resolve, NOTICED_MS));
    const [sent, limited] = [senders.accepted.size, at("/limited").length];
    await until(LATE_MS, () => senders.accepted.size > sent + 10);
    await until(
      LATE_MS,
      () => at("/limited").length > limited + 10,
      () => `the rate limit stands still at ${offset} s`,
    );
    assert.equal(await post(server, `retry-${turn}`), 200, "a duplicate is taken, and found by the processor");
    const probe = `probe-${turn}`;
    assert.equal(await post(server, probe), 200);
    const arrived = await until(LATE_MS, () => at("/orders").find((request) => idOf(request) === probe));
    const { timestamp } = JSON.parse(arrived.body) as { timestamp: string };
    const off = Date.parse(timestamp) - arrived.at - offset * 1000;
    assert.ok(Math.abs(off) < 10_000, `at ${offset} s the event is stamped ${timestamp}, ${off} ms off`);
  }
  await senders.stop();
  const wanted = [...senders.accepted, ...offsets.keys().map((turn) => `retry-${turn}`)];
  for (const path of ["/orders", "/limited", "/flaky"]) {
    const missing = (): string[] => {
      const there = arrivals(at(path));
      return wanted.filter((id) => !there.has(id));
    };
    await until(
      LATE_MS,
      () => missing().length === 0,
      () => `${path} lacks ${missing().length} of ${wanted.length}`,
    );
  }
  await until(LATE_MS, () => [...tries.values()].every((times) => times.length >= 3));
  for (const path of ["/orders", "/limited"]) {
    const twice = [...arrivals(at(path))].filter(([, count]) => count > 1);
    assert.deepEqual(twice, [], `sent twice to ${path}`);
  }
  for (const [id, [first = 0, second = 0, third = 0, ...more]] of tries) {
    assert.ok(second - first >= 990 && second - first < 60_000, `${id}: second try after ${second - first} ms`);
    assert.ok(third - second >= 3990 && third - second < 60_000, `${id}: third try after ${third - second} ms`);
    assert.deepEqual(more, [], id);
  }
  assert.deepEqual([...senders.answers.keys()], [200]);
  const { integrations } = JSON.parse((await server.cli("status", "--json")).stdout) as {
    integrations: { name: string; in_flight: number; filtered: Record<string, number> }[];
  };
  for (const { name, in_flight: inFlight, filtered } of integrations) {
    assert.deepEqual([name, inFlight, filtered], [name, 0, { duplicate: offsets.length }]);
  }
  assert.equal(await server.stop(), 0, server.output());
  assert.doesNotMatch(server.output(), /"level":"(warn|error)"/);
});
