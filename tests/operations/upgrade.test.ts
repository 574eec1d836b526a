/** A data folder of the first format is upgraded by the start and delivers what waited in it; a newer one is refused. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { gunzipSync } from "node:zlib";
import { arrivals, type Receiver, startReceiver } from "../harness/receiver.ts";
import {
  environmentOf,
  PROJECT,
  runCli,
  type SignalServer,
  startSignal,
  workFolder,
} from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";
import { cleaning } from "./cleaning.ts";

const FIXTURE = new URL("format-1/", import.meta.url).pathname;
const IDS = Array.from({ length: 60 }, (_, index) => `format-1-${index}`);
const TOKEN = "planted-token-of-format-1";
const LATE_MS = 60_000;

interface Old {
  folder: string;
  receiver: Receiver;
  start(): Promise<SignalServer>;
}

/** The folder of the first format, in a place of its own. */
async function oldFolder(t: TestContext): Promise<Old> {
  const clean = cleaning(t);
  const { folder, remove } = await workFolder();
  clean(remove);
  const receiver = await startReceiver();
  clean(receiver.close);
  for (const name of ["work", "ingest"]) {
    await mkdir(join(folder, "data", name), { recursive: true });
    const packed = await readFile(join(FIXTURE, `${name}.mdb.gz`));
    await writeFile(join(folder, "data", name, "data.mdb"), gunzipSync(packed));
  }
  for (const name of ["format.json", "encryption.key"]) await copyFile(join(FIXTURE, name), join(folder, "data", name));
  const yaml = await readFile(join(FIXTURE, "signal.yaml"), "utf8");
  await writeFile(join(folder, "signal.yaml"), yaml.replace("http://127.0.0.1:9", receiver.url));
  return {
    folder,
    receiver,
    async start() {
      const server = await startSignal({ folder, env: { RECEIVER_TOKEN: TOKEN } });
      clean(() => server.stop());
      return server;
    },
  };
}

async function markIn(folder: string): Promise<{ format: number; deployment?: string; upgrades?: unknown[] }> {
  return JSON.parse(await readFile(join(folder, "data", "format.json"), "utf8")) as { format: number };
}

async function allDelivered({ receiver }: Old, server: SignalServer): Promise<void> {
  const missing = (): string[] => {
    const there = arrivals(receiver.requests);
    return IDS.filter((id) => !there.has(id));
  };
  const what = (): string => `${missing().length} more\n${server.output().slice(-3000)}`;
  await until(LATE_MS, () => missing().length === 0, what);
}

test("events that waited in a folder of the first format are delivered, with the secret sealed there", async (t) => {
  const old = await oldFolder(t);
  const server = await old.start();
  await allDelivered(old, server);
  assert.ok(old.receiver.requests.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`));
  assert.match(server.output(), /is of format 1 and is upgraded to 3\. .*to go back, restore a backup/);
  assert.ok(!server.output().includes(TOKEN));
  const status = await server.cli("status", "--json");
  const { integrations } = JSON.parse(status.stdout) as { integrations: Record<string, unknown>[] };
  assert.deepEqual(
    integrations.map(({ name, delivered, in_flight, dead_lettered }) => ({
      name,
      delivered,
      in_flight,
      dead_lettered,
    })),
    [{ name: "Orders", delivered: IDS.length, in_flight: 0, dead_lettered: {} }],
  );
  assert.equal(await server.stop(), 0);
  const mark = await markIn(old.folder);
  assert.deepEqual([mark.format, mark.upgrades?.length], [3, 2]);
  const again = await old.start();
  assert.doesNotMatch(again.output(), /upgraded/);
  assert.deepEqual(await markIn(old.folder), mark);
});

test("killed while it upgrades and starts, at several moments, everything is delivered in the end", async (t) => {
  const old = await oldFolder(t);
  const env = environmentOf({ folder: old.folder, env: { RECEIVER_TOKEN: TOKEN } });
  // As it says that it upgrades, and this long after that: the fast ones fall into the upgrade, the others into the start.
  for (const moment of [0, 5, 20, 100, 500, 1500]) {
    const child = spawn(process.execPath, [join(PROJECT, "server/main.ts"), "start"], { cwd: old.folder, env });
    const ended = new Promise((resolve) => child.once("close", resolve));
    const begun = new Promise<void>((resolve) => {
      child.stdout.on("data", (chunk) => /is upgraded|configuration is current/.test(String(chunk)) && resolve());
    });
    await Promise.race([begun, ended]);
    await new Promise((resolve) => setTimeout(resolve, moment));
    child.kill("SIGKILL");
    await ended;
  }
  const server = await old.start();
  await server.kill();
  await allDelivered(old, await old.start());
  assert.equal((await markIn(old.folder)).upgrades?.length, 2);
});

test("a folder of a newer format is refused in words and left alone", async (t) => {
  const old = await oldFolder(t);
  const file = join(old.folder, "data", "format.json");
  await writeFile(file, '{"format":99,"new":true}\n');
  const env = environmentOf({ folder: old.folder, env: { RECEIVER_TOKEN: TOKEN } });
  const { code, stderr } = await runCli(["start"], { env, cwd: old.folder });
  assert.equal(code, 1);
  assert.match(stderr, /written by a newer version \(format 99; this program reads up to 3\)\. Start that version/);
  assert.equal(await readFile(file, "utf8"), '{"format":99,"new":true}\n');
});
