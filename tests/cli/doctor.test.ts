/** `status`, `doctor` and wrong usage: what is said when something is wrong, and the cure. */
import assert from "node:assert/strict";
import { chmodSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { KEY } from "../harness/configuration.ts";
import { environmentOf, runCli, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";
import { openShop, type Shop } from "./shop.ts";

interface Finding {
  check: string;
  level: string;
  message: string;
  cure?: string;
}

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.close());

async function doctor(
  running: Promise<{ code: number; stdout: string }>,
): Promise<{ code: number; findings: Finding[] }> {
  const { code, stdout } = await running;
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  assert.equal(ok, code === 0);
  for (const { level, cure, message } of findings) assert.equal(cure === undefined, level === "ok", message);
  return { code, findings };
}

function found(findings: readonly Finding[], check: string, level: string): string {
  const texts = findings.filter((one) => one.check === check && one.level === level);
  return texts.map(({ message, cure }) => `${message} ${cure ?? ""}`).join("\n");
}

const USAGE: [args: string[], code: number, words: RegExp][] = [
  [["tial"], 2, /There is no command tial\. Did you mean tail\?/],
  [["dlq", "lst", "orders"], 2, /Did you mean list\?/],
  [["dlq", "list", "orders", "--state", "opened"], 2, /There is no state opened\. Did you mean open\?/],
  [["dlq", "list", "orders", "--reason", "rejcted"], 2, /There is no reason rejcted\. Did you mean rejected\?/],
  [["dlq", "list", "orders", "--from", "yesterday"], 2, /--from is not a time/],
  [["dlq", "list", "orders", "--cursor", "zzz"], 2, /zzz is not a cursor/],
  [["dlq", "list", "orders", "--id", "dl_nothing"], 1, /There is no dead letter dl_nothing of this integration/],
  [["dlq", "discard", "orders", "--id", "dl_nothing"], 1, /There is no dead letter dl_nothing/],
  [["dlq", "list", "order"], 1, /There is no integration order\. Did you mean orders\?/],
  [["tail", "--limit", "0"], 2, /--limit takes a number/],
  [["tail", "--pipeline", "Shopp"], 1, /There is no pipeline Shopp\. Did you mean Shop\?/],
  [["check", "nofile.yaml"], 1, /^nofile\.yaml: There is no such file\./],
  [["send"], 2, /Name one integration.*Usage: .* send <integration>/s],
  [["send", "orders", "--event", "nofile.json"], 2, /There is no file nofile\.json/],
  [["restore"], 2, /restore takes one backup/],
];
test("wrong usage is said with the cure, and each exit code means one thing", async () => {
  const results = await Promise.all(USAGE.map(([args]) => shop.server.cli(...args)));
  for (const [index, [args, code, words]] of USAGE.entries()) {
    const result = results[index];
    assert.equal(result?.code, code, `${args.join(" ")}: ${result?.stderr}`);
    assert.equal(result?.stdout, "");
    assert.match(result?.stderr ?? "", words);
  }
});

test("help of all and of each, and the version", async () => {
  assert.match((await shop.server.cli("--help")).stdout, /tail .*doctor .*restore/s);
  const asked: [args: string[], command: string][] = [
    [["help", "tail"], "tail"],
    [["start", "--help"], "start"],
    [["dlq", "list", "-h"], "dlq"],
  ];
  for (const [args, command] of asked) {
    const { code, stdout } = await shop.server.cli(...args);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^Usage: .* ${command} `));
  }
  assert.match(JSON.parse((await shop.server.cli("--version", "--json")).stdout).version, /^\d+\.\d+\.\d+/);
});

test("a dead letter is shown with each field once, and replays are in status", async () => {
  assert.equal(await shop.track({}), 200);
  const letter = await until(20_000, async () => {
    return JSON.parse((await shop.server.cli("dlq", "list", "refuses", "--json")).stdout).data[0];
  });
  const shown = JSON.parse((await shop.server.cli("dlq", "show", letter.id, "--json")).stdout);
  assert.deepEqual([shown.id, shown.reason, shown.record], [letter.id, "rejected", undefined]);
  assert.match(shown.responseExcerpt, /answer to nobody/);
  assert.equal(shown.delivery.messageId, letter.messageId);
  assert.equal((await shop.server.cli("dlq", "replay", "refuses", "--id", letter.id)).code, 0);
  assert.match((await shop.server.cli("status")).stdout, /integration .*replayed/);
});

test("refused requests and a refused change are in status, and doctor names the cures", async () => {
  const origin = "https://shop.example.org";
  assert.equal(await shop.track({}, { authorization: `Bearer ${KEY}`, origin }), 403);
  assert.equal(await shop.track({}, { authorization: "Bearer dk_test_not_this_one" }), 401);
  const status = async () => JSON.parse((await shop.server.cli("status", "--json")).stdout);
  const samples = (await status()).refused_samples;
  assert.deepEqual(
    samples.map((one: Record<string, unknown>) => [one["code"], one["origin"], one["pipeline"]]),
    [
      ["invalid_pipeline_key", null, null],
      ["origin_not_allowed", origin, "Shop"],
    ],
  );
  assert.equal(JSON.stringify(samples).includes("not_this_one"), false);
  assert.match((await shop.server.cli("status")).stdout, /last refused at .*origin_not_allowed .*shop\.example\.org/s);

  const file = join(shop.folder, "signal.yaml");
  await writeFile(file, shop.config.replace("rate_limit_rps", "rate_limit_rsp"));
  const refused = await until(20_000, async () => (await status()).configuration.refused);
  assert.match(refused.faults[0], /rate_limit_rsp/);
  assert.match(
    (await shop.server.cli("status")).stdout,
    /Configuration: the change is refused since .*rate_limit_rsp/s,
  );
  const ready = await fetch(`${shop.server.management}/ready`);
  const body = (await ready.json()) as { warnings: string[] };
  assert.equal(ready.status, 200);
  assert.match(body.warnings[0] ?? "", /the change is refused since/);

  const sick = await doctor(shop.server.cli("doctor", "--json"));
  assert.equal(sick.code, 1);
  assert.match(found(sick.findings, "configuration", "fault"), /rate_limit_rsp/);
  const cure = /Add shop\.example\.org to domain_allowlist of pipeline Shop/;
  assert.match(found(sick.findings, "refused requests", "warning"), cure);
  assert.match(found(sick.findings, "dead letters", "warning"), /refuses has dead letters: rejected/);
  await writeFile(file, shop.config);
  await until(20_000, async () => (await status()).configuration.refused === null);
  const well = await doctor(shop.server.cli("doctor", "--json"));
  assert.deepEqual(
    well.findings.filter(({ level }) => level === "fault"),
    [],
  );
  assert.equal(well.code, 0);
  assert.equal(found(well.findings, "ports", "ok").match(/held by this server/g)?.length, 2);
});

test("without a server: taken ports, open keys, wrong variables, each with its cure", async () => {
  const other = await workFolder();
  try {
    const wrong = { GATEWAY_PORT: new URL(shop.vendor.url).port, LOG_LEVEL: "loud" };
    const env = environmentOf({ folder: other.folder, env: wrong });
    const bare = await doctor(runCli(["doctor", "--json"], { env, cwd: other.folder }));
    assert.equal(bare.code, 1);
    assert.match(found(bare.findings, "ports", "fault"), /is taken by another program.*GATEWAY_PORT/);
    assert.match(found(bare.findings, "environment", "fault"), /LOG_LEVEL.*got "loud"/);
    assert.match(found(bare.findings, "data folder", "ok"), /does not exist yet/);
    assert.match(found(bare.findings, "database", "ok"), /does not exist yet: the first start makes it/);
    assert.match(found(bare.findings, "server", "ok"), /None runs/);

    const quiet = await startSignal({ folder: other.folder });
    await quiet.stop();
    chmodSync(join(other.folder, "data/encryption.key"), 0o644);
    chmodSync(join(other.folder, "data/signal.db"), 0o640);
    await writeFile(join(other.folder, "data/format.json"), '{"format":99}');
    const options = { env: environmentOf({ folder: other.folder }), cwd: other.folder };
    const used = await doctor(runCli(["doctor", "--json"], options));
    const open = /encryption\.key is open to other users \(mode 0644\).*chmod 600/;
    assert.match(found(used.findings, "permissions", "fault"), open);
    assert.match(found(used.findings, "permissions", "fault"), /signal\.db \(mode 0640\)\. chmod 600/);
    assert.match(found(used.findings, "database", "ok"), /signal\.db, version 3\..*tables: as this program has them/);
    const away = {
      env: { ...options.env, DATABASE_URL: "postgres://signal:planted-pw@127.0.0.1:1/x" },
      cwd: other.folder,
    };
    const unreachable = await runCli(["doctor", "--json"], away);
    const { findings } = await doctor(Promise.resolve(unreachable));
    assert.match(
      found(findings, "database", "fault"),
      /PostgreSQL at 127\.0\.0\.1:1\/x: .*runs on with the configuration/,
    );
    assert.match(found(findings, "database", "warning"), /signal\.db is there too, and not used/);
    assert.equal((unreachable.stdout + unreachable.stderr).includes("planted-pw"), false);
    assert.match(found(used.findings, "format", "fault"), /format 99; this program reads up to \d/);
    const text = (await runCli(["doctor"], options)).stdout;
    assert.match(text, /FAULT +permissions .*\n.*chmod 600.*Faults: 3, warnings: \d/s);
  } finally {
    await other.remove();
  }
});
