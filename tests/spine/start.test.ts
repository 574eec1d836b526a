/** Starting, stopping and configuring the server as its users do. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { configuration, KEY } from "../harness/configuration.ts";
import { arrivals, startReceiver } from "../harness/receiver.ts";
import {
  environmentOf,
  freePort,
  PROJECT,
  runCli,
  type SignalServer,
  startSignal,
  workFolder,
} from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
beforeEach(async () => {
  work = await workFolder();
});
afterEach(() => work.remove());

async function track(server: SignalServer, key: string, messageId: string): Promise<number> {
  const response = await fetch(`${server.gateway}/v1/t`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify({ type: "track", event: "Order Completed", messageId, properties: { revenue: 12.5 } }),
  });
  await response.text();
  return response.status;
}

async function statusOf(server: SignalServer): Promise<{
  events: { accepted: number; processed: number };
  integrations: { delivered: number; accepted: number; in_flight: number; circuit: string }[];
  refused: Record<string, number>;
}> {
  return JSON.parse((await server.cli("status", "--json")).stdout);
}

test("without a configuration it starts with one pipeline, keeps its key, and shows what it accepted", async () => {
  let server = await startSignal({ folder: work.folder });
  const key = await until(5000, () => /key (dk_test_\w+)/.exec(server.output())?.[1]);
  assert.equal(await track(server, key, "first"), 200);
  assert.equal(await track(server, "dk_test_other_key", "second"), 401);
  await until(5000, async () => {
    const { events, refused } = await statusOf(server);
    return events.accepted === 1 && events.processed === 1 && refused["invalid_pipeline_key"] === 1;
  });
  for (const path of ["health", "ready", "metrics"]) {
    assert.equal((await fetch(`${server.management}/${path}`)).status, 200, path);
    assert.equal((await fetch(`${server.gateway}/${path}`)).status, 200, path);
  }
  assert.match(await (await fetch(`${server.management}/metrics`)).text(), /^signal_gateway_accepted_events_total 1$/m);
  assert.equal(await server.stop(), 0);
  server = await startSignal({ folder: work.folder });
  await until(
    5000,
    () => server.output().includes(key),
    () => "the same key after a restart",
  );
  assert.equal((await statusOf(server)).events.accepted, 1);
  await server.stop();
});

test("a signal.yaml that appears beside a server started without one is taken up", async () => {
  const receiver = await startReceiver();
  const server = await startSignal({ folder: work.folder });
  await writeFile(join(work.folder, "signal.yaml"), configuration([{ name: "orders", url: receiver.url }]));
  await until(5000, async () => (await track(server, KEY, "appeared")) === 200);
  await until(5000, () => receiver.requests.length === 1);
  assert.equal(await server.stop(), 0);
  await receiver.close();
});

test("a server whose data folder is removed stops with a fault instead of accepting what would not stay", async () => {
  const server = await startSignal({ folder: work.folder });
  await rm(join(work.folder, "data"), { recursive: true });
  assert.equal(await new Promise((resolve) => server.process.once("exit", resolve)), 1);
  assert.match(server.output(), /was removed, or taken by another process/);
});

test("Ctrl-C under npm brings two signals for one key press: it still stops gracefully", async () => {
  const server = await startSignal({ folder: work.folder });
  server.process.kill("SIGINT");
  server.process.kill("SIGINT");
  assert.equal(await new Promise((resolve) => server.process.once("exit", resolve)), 0);
  assert.match(server.output(), /"stopped"/);
});

test("a second server on the folder is refused; commands without a server say so", async () => {
  const server = await startSignal({ folder: work.folder });
  const second = await runCli(["start"], { env: environmentOf({ folder: work.folder }), cwd: work.folder });
  assert.equal(second.code, 1);
  assert.match(second.stderr, new RegExp(`in use by process ${server.process.pid} since`));
  assert.equal(await server.stop(), 0);
  const status = await runCli(["status"], { env: environmentOf({ folder: work.folder }), cwd: work.folder });
  assert.equal(status.code, 3);
  assert.match(status.stderr, /No server answers/);
  const wrong = await runCli(["stauts"], { env: environmentOf({ folder: work.folder }), cwd: work.folder });
  assert.equal(wrong.code, 2);
});

test("a taken port is a fault in words", async () => {
  const receiver = await startReceiver();
  const env = environmentOf({ folder: work.folder, env: { GATEWAY_PORT: new URL(receiver.url).port } });
  const result = await runCli(["start"], { env, cwd: work.folder });
  assert.equal(result.code, 1);
  assert.match(result.stderr, /is taken by another program\. Set GATEWAY_PORT/);
  await receiver.close();
});

test("a wrong file stops the start with every fault, its line and the cure; so does check", async () => {
  const wrong = configuration([{ name: "orders", url: "not a url" }])
    .replace("rate_limit_rps: 1000000", "rate_limit_rsp: 5")
    .replace("vendor: webhook", "vendor: webhok");
  await writeFile(join(work.folder, "signal.yaml"), wrong);
  const options = { env: environmentOf({ folder: work.folder }), cwd: work.folder };
  const start = await runCli(["start"], options);
  assert.equal(start.code, 1);
  assert.match(start.stderr, /signal\.yaml:6:\d+:.*rate_limit_rsp.*rate_limit_rps/);
  assert.match(start.stderr, /signal\.yaml:11:\d+:.*webhok.*webhook/);
  const check = await runCli(["check", "--json"], options);
  assert.equal(check.code, 1);
  assert.equal(JSON.parse(check.stdout).faults.length, start.stderr.trim().split("\n").length - 1);
  await writeFile(join(work.folder, "signal.yaml"), configuration([{ name: "orders", url: "http://127.0.0.1:9/" }]));
  assert.equal((await runCli(["check"], options)).code, 0);
});

test("a change is picked up within a second, a wrong one is refused and the last good one stays", async () => {
  const [one, two] = [await startReceiver(), await startReceiver()];
  const file = join(work.folder, "signal.yaml");
  const server = await startSignal({ folder: work.folder, config: configuration([{ name: "orders", url: one.url }]) });
  assert.equal(await track(server, KEY, "one"), 200);
  await until(5000, () => one.requests.length === 1);
  await writeFile(file, configuration([{ name: "orders", url: two.url }]));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.equal(await track(server, KEY, "two"), 200);
  await until(5000, () => two.requests.length === 1);
  await writeFile(file, "version: 1\npipelines: [{ name: Broken }]\n");
  await until(5000, () => server.output().includes("the last good one stays"));
  assert.equal(await track(server, KEY, "three"), 200);
  await until(5000, () => two.requests.length === 2);
  const newKey = "dk_test_rotated_key_1234";
  await writeFile(file, configuration([{ name: "orders", url: two.url }]).replace(KEY, newKey));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.equal(await track(server, KEY, "four"), 401);
  assert.equal(await track(server, newKey, "five"), 200);
  assert.equal(arrivals(one.requests).size, 1);
  assert.equal(await server.stop(), 0);
  await Promise.all([one.close(), two.close()]);
});

test("secrets reach the vendor and stand nowhere else: data folder, logs, status, dead letters", async () => {
  const planted = "planted-secret-8d1f0a";
  const receiver = await startReceiver((request, response) => {
    response.statusCode = 400;
    response.end(`refused ${request.headers.authorization}`);
  });
  const config = configuration([
    { name: "orders", url: receiver.url, config: 'authentication: bearer, auth_token: "${HOOK_TOKEN}"' },
  ]);
  const server = await startSignal({ folder: work.folder, config, env: { HOOK_TOKEN: planted, LOG_LEVEL: "debug" } });
  assert.equal(await track(server, KEY, "secret-1"), 200);
  await until(5000, () => receiver.requests.length === 1);
  assert.equal(receiver.requests[0]?.headers.authorization, `Bearer ${planted}`);
  const letter = await until(5000, async () => {
    const { stdout } = await server.cli("dlq", "list", "orders", "--json");
    return JSON.parse(stdout).data[0];
  });
  const shown = await server.cli("dlq", "show", letter.id, "--json");
  assert.match(shown.stdout, /refused/);
  const outputs = [
    shown.stdout,
    (await server.cli("dlq", "export", "orders")).stdout,
    (await server.cli("status", "--json")).stdout,
  ];
  outputs.push(await (await fetch(`${server.management}/metrics`)).text());
  await server.stop();
  outputs.push(server.output());
  for (const output of outputs) assert.ok(!output.includes(planted));
  const data = join(work.folder, "data");
  const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.ok(files.length > 3);
  for (const entry of files) {
    const path = join(entry.parentPath, entry.name);
    assert.ok(!readFileSync(path).includes(planted), path);
  }
  assert.equal(statSync(join(data, "encryption.key")).mode & 0o777, 0o600);
  await receiver.close();
});

test("SIGTERM to npm start reaches the server, which stops gracefully and gives the folder free", async () => {
  const env = { ...process.env, ...environmentOf({ folder: work.folder }), GATEWAY_PORT: String(await freePort()) };
  const child = spawn("npm", ["start"], { cwd: PROJECT, env, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (chunk) => (output += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  await until(
    60_000,
    () => output.includes("Datafly Signal is running"),
    () => output,
  );
  child.kill("SIGTERM");
  await ended;
  await until(
    15_000,
    () => output.includes('"stopped"'),
    () => output,
  );
  const again = await startSignal({ folder: work.folder });
  assert.equal(await again.stop(), 0);
});

for (const role of ["gateway", "processor", "worker"]) {
  test(`when the ${role} fails, the process ends with a fault, so that a supervisor starts it anew`, async () => {
    const preload = join(work.folder, "preload.mjs");
    await writeFile(
      preload,
      `import { existsSync } from "node:fs";
       import { threadName } from "node:worker_threads";
       const fail = () => { if (existsSync(${JSON.stringify(join(work.folder, "fail"))})) throw new Error("planted"); };
       if (threadName === "${role}") setInterval(fail, 50).unref();`,
    );
    const server = await startSignal({ folder: work.folder, env: { NODE_OPTIONS: `--import ${preload}` } });
    await writeFile(join(work.folder, "fail"), "");
    assert.equal(await new Promise((resolve) => server.process.once("exit", resolve)), 1);
    assert.match(server.output(), new RegExp(`${role}: Error: planted`));
    const again = await startSignal({ folder: work.folder });
    assert.equal(await again.stop(), 0);
  });
}

test("removing an integration with waiting deliveries is refused, then given up on the operator's word", async () => {
  const config = configuration([{ name: "orders", url: `http://127.0.0.1:${await freePort()}/` }]);
  const server = await startSignal({ folder: work.folder, config });
  assert.equal(await track(server, KEY, "waits"), 200);
  await until(5000, async () => (await statusOf(server)).integrations[0]?.in_flight === 1);
  await writeFile(join(work.folder, "signal.yaml"), configuration([]));
  await until(5000, () => server.output().includes("--discard-waiting"));
  assert.equal(await server.stop(), 0);
  const options = { env: environmentOf({ folder: work.folder }), cwd: work.folder };
  const refused = await runCli(["start"], options);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /1 delivery still waits/);
  const discarding = await startSignal({ folder: work.folder, args: ["--discard-waiting"] });
  await until(10_000, async () => {
    const { stdout } = await discarding.cli("status", "--json");
    return JSON.parse(stdout).integrations[0]?.dead_lettered?.integration_deleted === 1;
  });
  const id = JSON.parse((await discarding.cli("status", "--json")).stdout).integrations[0].id;
  const listed = JSON.parse((await discarding.cli("dlq", "list", id, "--json")).stdout).data;
  assert.deepEqual(
    listed.map((one: { messageId: string; reason: string }) => [one.messageId, one.reason]),
    [["waits", "integration_deleted"]],
  );
  assert.equal(await discarding.stop(), 0);
});
