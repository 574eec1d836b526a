/** Receivers that fail in every way: each event ends where it should, the sum holds, and a healthy neighbour is not slowed. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { configuration, KEY } from "../harness/configuration.ts";
import { type Answer, arrivals, type Receiver, startReceiver } from "../harness/receiver.ts";
import { type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

const EVENTS = 30;

interface Case {
  name: string;
  answer: Answer;
  config?: string;
  expect: { delivered?: number; dead_lettered?: Record<string, number>; circuit?: string };
}

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(code, headers);
    response.end(`{"error":"status ${code}"}`);
  };

const cases: Case[] = [
  { name: "healthy", answer: status(200), expect: { delivered: EVENTS, circuit: "healthy" } },
  { name: "rejects", answer: status(400), expect: { dead_lettered: { rejected: EVENTS }, circuit: "healthy" } },
  {
    name: "server-error",
    answer: status(500),
    config: "retry_enabled: false",
    expect: { dead_lettered: { retries_exhausted: EVENTS } },
  },
  {
    name: "closes",
    answer: (_request, response) => response.destroy(),
    config: "retry_enabled: false",
    expect: { dead_lettered: { retries_exhausted: EVENTS } },
  },
  {
    name: "garbage",
    answer: (_request, response) => response.socket?.end("\x00\x01 not http at all\r\n\r\n"),
    config: "retry_enabled: false",
    expect: { dead_lettered: { retries_exhausted: EVENTS } },
  },
  {
    name: "hangs",
    answer: () => undefined,
    config: "retry_enabled: false, timeout_ms: 1000",
    expect: { dead_lettered: { retries_exhausted: EVENTS } },
  },
  {
    name: "recovers",
    answer: (_request, response, count) => status(count <= 3 ? 503 : 200)(_request, response, count),
    expect: { delivered: EVENTS },
  },
  {
    name: "throttles",
    answer: (_request, response, count) =>
      status(count === 1 ? 429 : 200, { "retry-after": "1" })(_request, response, count),
    expect: { delivered: EVENTS },
  },
];

let work: Awaited<ReturnType<typeof workFolder>>;
let server: SignalServer;
const receivers = new Map<string, Receiver>();

before(async () => {
  work = await workFolder();
  for (const one of cases) receivers.set(one.name, await startReceiver(one.answer));
  const webhooks = cases.map((one) => ({
    name: one.name,
    url: receivers.get(one.name)?.url ?? "",
    ...(one.config === undefined ? {} : { config: one.config }),
  }));
  server = await startSignal({ folder: work.folder, config: configuration(webhooks) });
  const batch = Array.from({ length: EVENTS }, (_, index) => ({ type: "track", event: "E", messageId: `e-${index}` }));
  const response = await fetch(`${server.gateway}/v1/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}` },
    body: JSON.stringify({ batch }),
  });
  assert.deepEqual(await response.json(), { success: true, accepted: EVENTS, rejected: 0, errors: [] });
});

after(async () => {
  await server.stop();
  for (const receiver of receivers.values()) await receiver.close();
  await work.remove();
});

interface IntegrationStatus {
  name: string;
  accepted: number;
  delivered: number;
  retried: number;
  in_flight: number;
  filtered: Record<string, number>;
  dead_lettered: Record<string, number>;
  circuit: string;
}

async function statusOf(name: string): Promise<IntegrationStatus> {
  const { stdout } = await server.cli("status", "--json");
  const all = JSON.parse(stdout).integrations as IntegrationStatus[];
  const found = all.find((one) => one.name === name);
  assert.ok(found !== undefined, name);
  return found;
}

test("a healthy integration is served while its neighbours hang and fail", async () => {
  const healthy = receivers.get("healthy");
  await until(3000, () => healthy?.requests.length === EVENTS);
});

for (const one of cases) {
  test(`${one.name}: every event ends where it should`, async () => {
    const sum = (counts: Record<string, number>): number =>
      Object.values(counts).reduce((left, right) => left + right, 0);
    let last: IntegrationStatus | undefined;
    const settled = await until(
      60_000,
      async () => {
        last = await statusOf(one.name);
        assert.equal(last.accepted, EVENTS);
        assert.equal(last.accepted, last.delivered + sum(last.filtered) + sum(last.dead_lettered) + last.in_flight);
        return last.in_flight === 0 ? last : null;
      },
      () => JSON.stringify(last),
    );
    assert.equal(settled.delivered, one.expect.delivered ?? 0);
    assert.deepEqual(settled.dead_lettered, one.expect.dead_lettered ?? {});
    if (one.expect.circuit !== undefined) assert.equal(settled.circuit, one.expect.circuit);
  });
}

test("a wrong credential opens the circuit; mended, what waits is delivered and what was given up is replayed", async () => {
  let code = 401;
  const vendor = await startReceiver((request, response, count) => status(code)(request, response, count));
  const folder = await workFolder();
  const config = configuration([{ name: "guarded", url: vendor.url }]);
  const guarded = await startSignal({ folder: folder.folder, config });
  try {
    for (let index = 0; index < 5; index += 1) {
      const response = await fetch(`${guarded.gateway}/v1/t`, {
        method: "POST",
        headers: { authorization: `Bearer ${KEY}` },
        body: JSON.stringify({ type: "track", event: "E", messageId: `g-${index}` }),
      });
      assert.equal(response.status, 200);
    }
    const open = await until(10_000, async () => {
      const one = JSON.parse((await guarded.cli("status", "--json")).stdout).integrations[0];
      return one.circuit === "open" ? one : null;
    });
    assert.ok(open.dead_lettered.misconfigured >= 1);
    code = 200;
    await writeFile(`${folder.folder}/signal.yaml`, config.replace(vendor.url, `${vendor.url}/mended`));
    await until(20_000, async () => {
      const one = JSON.parse((await guarded.cli("status", "--json")).stdout).integrations[0];
      return one.in_flight === 0;
    });
    const dry = JSON.parse((await guarded.cli("dlq", "replay", "guarded", "--dry-run", "--json")).stdout);
    assert.equal(dry.replayed, open.dead_lettered.misconfigured);
    const replay = JSON.parse((await guarded.cli("dlq", "replay", "guarded", "--json")).stdout);
    assert.equal(replay.replayed, dry.replayed);
    const done = await until(20_000, async () => {
      const one = JSON.parse((await guarded.cli("status", "--json")).stdout).integrations[0];
      return one.delivered === 5 && one.in_flight === 0 ? one : null;
    });
    assert.deepEqual(done.dead_lettered, {});
    assert.equal(done.replayed, replay.replayed);
    const mended = vendor.requests.filter((request) => request.path === "/mended");
    assert.equal(arrivals(mended).size, 5);
    const again = JSON.parse((await guarded.cli("dlq", "replay", "guarded", "--json")).stdout);
    assert.equal(again.replayed, 0);
    assert.equal((await guarded.cli("dlq", "export", "guarded")).stdout.trim().split("\n").length, dry.replayed);
  } finally {
    await guarded.stop();
    await vendor.close();
    await folder.remove();
  }
});
