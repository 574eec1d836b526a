/** `check`, `doctor` and the start say the same of a configuration, and all of it at once. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { configuration } from "../harness/configuration.ts";
import { startReceiver } from "../harness/receiver.ts";
import { environmentOf, runCli, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
beforeEach(async () => {
  work = await workFolder();
});
afterEach(() => work.remove());

const GUARDED = { SIGNAL_ALLOW_PRIVATE_ADDRESSES: "false" };
const OWN =
  /config\.url: url leads into your own network and will be refused\. Set SIGNAL_ALLOW_PRIVATE_ADDRESSES=true/;

test("a URL into the own network is a warning of check and of the start, unless it is allowed", async () => {
  const config = configuration([{ name: "orders", url: "http://127.0.0.1:9/" }]);
  const server = await startSignal({ folder: work.folder, config, env: GUARDED });
  assert.match(server.output(), OWN);
  assert.equal(await server.stop(), 0);
  const at = (env: Record<string, string>) => ({
    env: environmentOf({ folder: work.folder, env }),
    cwd: work.folder,
  });
  const warned = await runCli(["check"], at(GUARDED));
  assert.equal(warned.code, 0);
  assert.match(warned.stderr, OWN);
  const { ok, warnings } = JSON.parse((await runCli(["check", "--json"], at(GUARDED))).stdout);
  assert.deepEqual([ok, warnings.length], [true, 1]);
  assert.equal((await runCli(["check"], at({}))).stderr, "");
});

test("without a file check and doctor know the demo, whose own URL is no warning", async () => {
  const server = await startSignal({ folder: work.folder, env: GUARDED });
  assert.doesNotMatch(server.output(), /own network/);
  assert.equal(await server.stop(), 0);
  for (const [environment, words] of [
    ["development", /with one pipeline and the demo\./],
    ["production", /with one pipeline and no integration\./],
  ] as const) {
    const options = { env: environmentOf({ folder: work.folder, env: { SIGNAL_ENV: environment } }), cwd: work.folder };
    assert.match((await runCli(["check"], options)).stdout, words);
    assert.match((await runCli(["doctor"], options)).stdout, words);
  }
});

test("two taken ports are two faults of one start", async () => {
  const [one, two] = [await startReceiver(), await startReceiver()];
  const env = { GATEWAY_PORT: new URL(one.url).port, MANAGEMENT_PORT: new URL(two.url).port, HOST: "127.0.0.1" };
  const { code, stderr } = await runCli(["start"], {
    env: environmentOf({ folder: work.folder, env }),
    cwd: work.folder,
  });
  assert.equal(code, 1);
  const lines = stderr.trim().split("\n").slice(1);
  assert.deepEqual(
    lines.map((line) => /:(\d+) is taken by another program\. Set (\w+) /.exec(line)?.slice(1)),
    [
      [env.GATEWAY_PORT, "GATEWAY_PORT"],
      [env.MANAGEMENT_PORT, "MANAGEMENT_PORT"],
    ],
  );
  await Promise.all([one.close(), two.close()]);
});

test("the last line of a refused change carries every fault; a taken one says which part of the data layer changed", async () => {
  const config = configuration([]);
  const server = await startSignal({ folder: work.folder, config });
  const file = join(work.folder, "signal.yaml");
  const layer = "data_layer:\n  session: { timeout_minutes: 20 }\n  geo: { database: nowhere.mmdb }\n";
  await writeFile(file, `${config}${layer.replace("timeout_minutes", "timeout_minuts")}`);
  const line = await until(20_000, () => /.*the last good one stays.*/.exec(server.output())?.[0]);
  const { faults } = JSON.parse(line) as { faults: string[] };
  assert.equal(faults.length, 2, line);
  assert.match(faults[0] ?? "", /timeout_minuts/);
  assert.match(faults[1] ?? "", /geo\.database: there is no such file/);
  await writeFile(file, `${config}${layer.replace(/ {2}geo.*\n/, "")}`);
  await until(20_000, () => server.output().includes('"changes":["data layer: session added"]'));
  assert.equal(await server.stop(), 0);
});
