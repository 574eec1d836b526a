/** A disk that fills up: events are refused before anything is lost, and everything goes on by itself when there is room. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { configuration, KEY, SIMPLE_MAPPING } from "../harness/configuration.ts";
import { arrivals, type Receiver, startReceiver } from "../harness/receiver.ts";
import { type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";
import { cleaning } from "./cleaning.ts";
import { type EventSenders, startSenders } from "./event-senders.ts";
import { diskOptions, smallDisk } from "./small-disk.ts";

const options = diskOptions();
const LATE_MS = 60_000;

interface Ready {
  status: number;
  reasons: string[];
}

async function ready(address: string): Promise<Ready> {
  const response = await fetch(`${address}/ready`);
  const { reasons = [] } = (await response.json()) as { reasons?: string[] };
  return { status: response.status, reasons };
}

function post(server: SignalServer): Promise<Response> {
  return fetch(`${server.gateway}/v1/t`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}` },
    body: JSON.stringify({ type: "track", event: "Probe", messageId: "probe" }),
  });
}

test("nearly full: 503 until there is room, through a crash, and nothing accepted is lost", options, async (t) => {
  const clean = cleaning(t);
  const work = await workFolder();
  clean(work.remove);
  const disk = smallDisk(96);
  clean(disk.remove);
  let answersVendor = false;
  const receiver = await startReceiver((_, response) => {
    response.statusCode = answersVendor ? 200 : 503;
    response.end();
  });
  clean(receiver.close);
  const env = { SIGNAL_DATA_DIR: join(disk.path, "data"), DISK_RESERVE: "32MiB" };
  const config = configuration([{ name: "Orders", url: receiver.url, more: SIMPLE_MAPPING }]);
  let server = await startSignal({ folder: work.folder, config, env });
  clean(() => server.stop());
  const senders = startSenders({ gateway: server.gateway, senders: 4, bytes: 50_000, prefix: "near" });
  clean(senders.stop);

  await refusals(senders, 20);
  const refused = await post(server);
  assert.equal(refused.status, 503);
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  assert.equal(((await refused.json()) as { error: string }).error, "overloaded");
  for (const address of [server.gateway, server.management]) {
    const { status, reasons } = await ready(address);
    assert.equal(status, 503);
    assert.match(reasons.join(), /disk of the data folder is nearly full .* 503 until there is space again/);
  }
  assert.equal((await fetch(`${server.gateway}/health`)).status, 200);
  assert.ok(disk.freeBytes() > 4_000_000, `the reserve is kept for the rest: ${disk.freeBytes()}`);

  await server.kill();
  server = await startSignal({ folder: work.folder, env });
  senders.gateway = server.gateway;
  assert.equal((await post(server)).status, 503);

  const before = senders.accepted.size;
  disk.resize(256);
  await until(
    LATE_MS,
    () => senders.accepted.size > before + 50,
    () => show(senders.answers),
  );
  assert.deepEqual(await ready(server.gateway), { status: 200, reasons: [] });
  await senders.stop();
  answersVendor = true;
  await allArrive(senders, { receiver, server });
});

test("no byte left: the server stays, answers 503, and goes on when there is room", options, async (t) => {
  const clean = cleaning(t);
  const work = await workFolder();
  clean(work.remove);
  const disk = smallDisk(128);
  clean(disk.remove);
  const receiver = await startReceiver();
  clean(receiver.close);
  const env = { SIGNAL_DATA_DIR: join(disk.path, "data"), DISK_RESERVE: "1MiB" };
  const config = configuration([{ name: "Orders", url: receiver.url, more: SIMPLE_MAPPING }]);
  const server = await startSignal({ folder: work.folder, config, env });
  clean(() => server.stop());
  const senders = startSenders({ gateway: server.gateway, senders: 4, bytes: 10_000, prefix: "full" });
  clean(senders.stop);

  await until(LATE_MS, () => senders.accepted.size > 100);
  for (let turn = 0; turn < 2; turn += 1) {
    const filled = setInterval(() => disk.fill(0), 100);
    clean(() => clearInterval(filled));
    await refusals(senders, 20);
    await until(LATE_MS, async () => (await ready(server.gateway)).status === 503);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    assert.equal(server.process.exitCode, null, server.output());
    clearInterval(filled);
    disk.empty();
    const accepted = senders.accepted.size;
    await until(
      LATE_MS,
      () => senders.accepted.size > accepted + 50,
      () => show(senders.answers),
    );
  }
  await senders.stop();
  await allArrive(senders, { receiver, server });
  assert.deepEqual([...senders.answers.keys()].toSorted(), [200, 503]);
  assert.equal(await server.stop(), 0, server.output());
});

async function refusals(senders: EventSenders, count: number): Promise<void> {
  const before = senders.answers.get(503) ?? 0;
  await until(
    LATE_MS,
    () => (senders.answers.get(503) ?? 0) > before + count,
    () => show(senders.answers),
  );
}

async function allArrive(senders: EventSenders, at: { receiver: Receiver; server: SignalServer }): Promise<void> {
  const missing = (): string[] => {
    const there = arrivals(at.receiver.requests);
    return [...senders.accepted].filter((id) => !there.has(id));
  };
  const what = (): string => `${missing().length} of ${senders.accepted.size} more\n${at.server.output().slice(-3000)}`;
  await until(LATE_MS, () => missing().length === 0, what);
}

function show(answers: ReadonlyMap<number, number>): string {
  return JSON.stringify([...answers]);
}

test("a budget keeps the data folder small: 503 at its bound, and more room with a larger one", async (t) => {
  const clean = cleaning(t);
  const work = await workFolder();
  clean(work.remove);
  let answersVendor = false;
  const receiver = await startReceiver((_, response) => {
    response.statusCode = answersVendor ? 200 : 503;
    response.end();
  });
  clean(receiver.close);
  const config = configuration([{ name: "Orders", url: receiver.url, more: SIMPLE_MAPPING }]);
  let server = await startSignal({ folder: work.folder, config, env: { DISK_BUDGET: "64MiB" } });
  clean(() => server.stop());
  const senders = startSenders({ gateway: server.gateway, senders: 4, bytes: 50_000, prefix: "budget" });
  clean(senders.stop);
  await refusals(senders, 20);
  assert.match((await ready(server.management)).reasons.join(), /nearly used up DISK_BUDGET.*Raise the budget/);
  const metrics = await (await fetch(`${server.management}/metrics`)).text();
  const folder = Number(/^signal_data_folder_bytes (\d+)/m.exec(metrics)?.[1]);
  assert.ok(folder > 40_000_000 && folder <= 67_108_864, `the folder takes ${folder} bytes`);
  assert.match(metrics, /^signal_disk_accepting 0$/m);
  assert.match(metrics, /^signal_disk_reserve_bytes 16777216$/m);
  await server.stop();
  server = await startSignal({ folder: work.folder, env: { DISK_BUDGET: "256MiB" } });
  senders.gateway = server.gateway;
  const before = senders.accepted.size;
  await until(
    LATE_MS,
    () => senders.accepted.size > before + 50,
    () => show(senders.answers),
  );
  await senders.stop();
  answersVendor = true;
  await allArrive(senders, { receiver, server });
});
