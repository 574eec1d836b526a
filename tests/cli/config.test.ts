/** `config`: the running server's configuration as a file that is exported, compared and applied. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { configuration, KEY } from "../harness/configuration.ts";
import { type Receiver, startReceiver } from "../harness/receiver.ts";
import {
  environmentOf,
  PROJECT,
  runCli,
  type SignalServer,
  startSignal,
  workFolder,
} from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

const SECRET = "planted-token-91ac";
const MAPPING = `version: 2
events:
  purchase:
    vendor_event_name: \${EVENT_NAME}
    mappings:
      - { source: messageId, target: id }
`;

let work: Awaited<ReturnType<typeof workFolder>>;
let vendor: Receiver;
let server: SignalServer;
/** Everything that commands have printed. */
let printed = "";

before(async () => {
  work = await workFolder();
  vendor = await startReceiver();
  server = await startSignal({ folder: work.folder });
  await mkdir(join(work.folder, "deploy/maps"), { recursive: true });
  await writeFile(join(work.folder, "deploy/maps/orders.yaml"), MAPPING);
  await writeFile(join(work.folder, "deploy/shop.yaml"), shop());
});
after(async () => {
  await vendor.close();
  await server.stop();
  await work.remove();
});

/** The pipeline `Shop` with the integration `orders`, whose token and event name are variables. */
function shop(more = ""): string {
  const orders = { name: "orders", url: vendor.url, config: 'authentication: bearer, auth_token: "${HOOK_TOKEN}"' };
  return configuration([{ ...orders, more: `    mapping_file: maps/orders.yaml${more}` }]);
}

/** Not in the server's environment. */
const VARIABLES = { HOOK_TOKEN: SECRET, EVENT_NAME: "Purchase" };

async function config(args: string[], variables: Record<string, string> = VARIABLES) {
  const env = environmentOf({ folder: work.folder, env: { ...variables, UNNAMED: "planted-but-not-named" } });
  const result = await runCli(["config", ...args], { env, cwd: work.folder });
  printed += result.stdout + result.stderr;
  return result;
}

async function jsonOf(...args: string[]) {
  const { code, stdout } = await config([...args, "--json"]);
  return { code, ...JSON.parse(stdout) };
}

async function track(key: string, messageId: string): Promise<number> {
  const body = JSON.stringify({ type: "track", event: "Order Completed", messageId, userId: "u" });
  const headers = { authorization: `Bearer ${key}` };
  const response = await fetch(`${server.gateway}/v1/t`, { method: "POST", headers, body });
  await response.text();
  return response.status;
}

function audits(): { action: string; user_email: string; changes: string }[] {
  const file = new DatabaseSync(join(work.folder, "data/signal.db"), { readOnly: true });
  const rows = file.prepare("select action, user_email, changes from audit_logs order by id").all();
  file.close();
  return rows.map((row) => ({ ...row })) as ReturnType<typeof audits>;
}

test("an export is what is there: compared and applied it changes nothing", async () => {
  const exported = await config(["export"]);
  assert.equal(exported.code, 0);
  assert.match(exported.stdout, /^# .*\n.*\nversion: 1\npipelines:\n {2}- id: pip_/);
  const file = join(work.folder, "export.yaml");
  const written = await config(["export", "--output", "export.yaml"]);
  assert.deepEqual([written.code, readFileSync(file, "utf8")], [0, exported.stdout]);
  assert.match(written.stdout, /Written to export\.yaml: pipelines 1, integrations 0\./);
  const same = await config(["diff", "export.yaml", "--exit-code"]);
  assert.deepEqual([same.code, same.stdout], [0, "Nothing to change: everything is as the file says.\n"]);
  const applied = await jsonOf("apply", "export.yaml");
  assert.deepEqual([applied.code, applied.ok, applied.dry_run, applied.changes], [0, true, false, []]);
});

test("diff tells every change and makes none; apply makes them, with the variables of the command", async () => {
  const told = await config(["diff", "deploy/shop.yaml"]);
  assert.equal(told.code, 0, told.stderr);
  const lines = told.stdout.trim().split("\n");
  assert.deepEqual(lines, [
    "+ pipeline Shop",
    "+ integration orders",
    "+ integration orders of Shop",
    "Would be created 3, changed 0, removed 0.",
  ]);
  assert.equal((await config(["diff", "deploy/shop.yaml", "--exit-code"])).code, 1);
  assert.equal(await track(KEY, "before"), 401);
  const dry = await jsonOf("apply", "deploy/shop.yaml", "--dry-run");
  assert.deepEqual([dry.dry_run, dry.created, dry.objects.length > 0], [true, 3, true]);

  const { code, stdout } = await config(["apply", "deploy/shop.yaml"]);
  assert.equal(code, 0);
  assert.equal(stdout.trim().split("\n").at(-1), "Applied: created 3, changed 0, removed 0.");
  assert.equal(await track(KEY, "after"), 200, "current as soon as the command has ended");
  const arrived = await until(20_000, () => vendor.requests.find(({ body }) => body.includes("after")));
  assert.equal(arrived.headers.authorization, `Bearer ${SECRET}`);
  const made = audits().filter(({ user_email: email }) => email === "command line");
  assert.deepEqual(made.map(({ action }) => action).toSorted(), [
    "integration.created",
    "integration.revised",
    "pipeline.created",
    "pipeline_integration.created",
  ]);
  assert.equal(JSON.stringify(made).includes(SECRET), false);
});

test("a change is a line with its fields; the secret stays where its variable of an export is not set", async () => {
  await config(["export", "--output", "export.yaml"]);
  const text = readFileSync(join(work.folder, "export.yaml"), "utf8");
  assert.match(text, /auth_token: \$\{SIGNAL_SECRET_ORDERS_AUTH_TOKEN\}/);
  const changed = text.replace("rate_limit_rps: 1000000", "rate_limit_rps: 77");
  await writeFile(join(work.folder, "changed.yaml"), changed);
  const { stdout } = await config(["apply", "changed.yaml"], {});
  assert.equal(stdout, "~ pipeline Shop: rate_limit_rps 1000000 → 77\nApplied: created 0, changed 1, removed 0.\n");
  assert.equal(await track(KEY, "kept"), 200);
  const kept = await until(20_000, () => vendor.requests.find(({ body }) => body.includes("kept")));
  assert.equal(kept.headers.authorization, `Bearer ${SECRET}`);
  const rotated = await config(["diff", "changed.yaml"], { SIGNAL_SECRET_ORDERS_AUTH_TOKEN: "planted-other-token" });
  assert.match(
    rotated.stdout,
    /^~ integration orders: revision 2 \(secret auth_token\), config\.auth_token changed \(secret\)\n/,
  );
});

test("a kept secret cannot be read out through a mapping file", async () => {
  const leak = `version: 2\nglobal: { enrichments: [{ target: x, value: "\${SIGNAL_SECRET_ORDERS_AUTH_TOKEN}" }] }\n`;
  await writeFile(join(work.folder, "deploy/maps/leak.yaml"), leak);
  const text = readFileSync(join(work.folder, "export.yaml"), "utf8");
  const leaking = text.replace(/( {4}mapping:)[^]*?(?=\n\S|\n {2}- |$)/, "    mapping_file: maps/leak.yaml");
  await writeFile(join(work.folder, "deploy/leaking.yaml"), leaking);
  assert.match(leaking, /maps\/leak\.yaml/);
  const { code, stderr } = await config(["diff", "deploy/leaking.yaml"], {});
  assert.equal(code, 1);
  assert.match(stderr, /^maps\/leak\.yaml:2:\d+: .*stands for a secret that is kept, and this is not its place/);
});

test("faults come with their places, all of them, and nothing is changed", async () => {
  const wrong = shop().replace("rate_limit_rps", "rate_limit_rsp");
  await writeFile(join(work.folder, "deploy/wrong.yaml"), wrong);
  await writeFile(join(work.folder, "deploy/maps/orders.yaml"), MAPPING.replace("source:", "sauce:"));
  const { code, stderr, stdout } = await config(["apply", "deploy/wrong.yaml"]);
  await writeFile(join(work.folder, "deploy/maps/orders.yaml"), MAPPING);
  assert.equal(code, 1);
  assert.match(stderr, /^deploy\/wrong\.yaml:6:5: pipelines\[0\]\.rate_limit_rsp: .*rate_limit_rps/m);
  assert.match(stderr, /^maps\/orders\.yaml:6:\d+: events\.purchase\.mappings\[0\].*sauce/m);
  assert.equal(stdout, "3 faults in deploy/wrong.yaml; nothing was changed\n");
  const unset = await jsonOf("diff", "deploy/shop.yaml");
  assert.equal(unset.ok, true);
  const { stdout: json, code: failed } = await config(["diff", "deploy/shop.yaml", "--json"], {
    EVENT_NAME: "Purchase",
  });
  const [fault] = JSON.parse(json).faults;
  assert.deepEqual([failed, fault.line, fault.message], [1, 12, "the environment variable HOOK_TOKEN is not set"]);
  const none = await config(["diff", "nofile.yaml"]);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /^nofile\.yaml: There is no such file/);
});

test("prune takes what the file does not name; what has waiting deliveries only on the author's word", async () => {
  const keep = "version: 1\npipelines: []\nintegrations: []\n";
  await writeFile(join(work.folder, "none.yaml"), keep);
  assert.match((await config(["diff", "none.yaml"])).stdout, /Nothing to change/);
  const gone = await config(["diff", "none.yaml", "--prune"]);
  for (const name of ["pipeline Shop", "integration orders", "integration orders of Shop", "integration Demo receiver"])
    assert.ok(gone.stdout.includes(`- ${name}\n`), gone.stdout);
  assert.match(gone.stdout, /Would be created 0, changed 1, removed 6\.\n$/);
  const away = shop().replaceAll("orders", "away").replaceAll("Shop", "Other").replace(KEY, `${KEY}-other`);
  const dead = away.replace(vendor.url, "http://127.0.0.1:9").replace("    mapping_file: maps/away.yaml\n", "");
  await writeFile(join(work.folder, "away.yaml"), dead);
  assert.equal((await config(["apply", "away.yaml"])).code, 0);
  assert.equal(await track(`${KEY}-other`, "waits"), 200);
  await until(20_000, async () => {
    const { integrations } = JSON.parse((await server.cli("status", "--json")).stdout);
    return integrations.some((one: { name: string; in_flight: number }) => one.name === "away" && one.in_flight === 1);
  });
  const refused = await config(["apply", "none.yaml", "--prune"]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^none\.yaml:1:1: .*1 delivery still waits.*--discard-waiting/);
  const discarded = await config(["apply", "none.yaml", "--prune", "--discard-waiting"]);
  assert.equal(discarded.code, 0, discarded.stderr);
  await until(20_000, async () => {
    const { integrations } = JSON.parse((await server.cli("status", "--json")).stdout);
    return integrations.some(
      (one: { dead_lettered: Record<string, number> }) => one.dead_lettered["integration_deleted"] === 1,
    );
  });
  assert.match((await config(["export"])).stdout, /pipelines: \[\]\nintegrations: \[\]\n$/);
});

test("from standard input, as another installation's export comes", async () => {
  const env = environmentOf({ folder: work.folder, env: VARIABLES });
  const main = join(PROJECT, "server/main.ts");
  const cwd = join(work.folder, "deploy");
  const child = spawn(process.execPath, [main, "config", "apply", "-"], { env, cwd, stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stdout.on("data", (chunk) => (said += String(chunk)));
  child.stderr.on("data", (chunk) => (said += String(chunk)));
  child.stdin.end(shop());
  assert.equal(await new Promise((resolve) => child.once("close", resolve)), 0, said);
  assert.match(said, /Applied: created 3/);
});

test("the file that the server follows is not written over, and what belongs to it is changed only there", async () => {
  const over = await config(["export", "--output", "./signal.yaml"]);
  assert.equal(over.code, 1);
  assert.match(over.stderr, /is the file that the running server follows/);
  assert.equal(existsSync(join(work.folder, "signal.yaml")), false);
  await writeFile(
    join(work.folder, "signal.yaml"),
    configuration([]).replaceAll("Shop", "Of the file").replace(KEY, "dk_test_of_the_file"),
  );
  await until(20_000, async () => /Of the file/.test((await config(["export"])).stdout));
  const text = (await config(["export"])).stdout.replace("rate_limit_rps: 1000000", "rate_limit_rps: 5");
  await writeFile(join(work.folder, "all.yaml"), text);
  const refused = await config(["apply", "all.yaml"], {});
  assert.equal(refused.code, 1, refused.stdout);
  assert.match(refused.stderr, /pipeline "Of the file" belongs to the configuration file\. Change it there/);
});

const USAGE: [args: string[], words: RegExp][] = [
  [[], /config takes export, diff or apply\./],
  [["aply"], /Did you mean apply\?.*Usage: .* config export\|diff\|apply/s],
  [["apply"], /config apply takes one file/],
  [["diff", "a", "b"], /config diff takes one file/],
  [["apply", "a", "--exit-code"], /Unknown option '--exit-code'/],
];
test("wrong usage, and no server", async () => {
  const results = await Promise.all(USAGE.map(([args]) => config(args)));
  for (const [index, [args, words]] of USAGE.entries()) {
    assert.deepEqual([results[index]?.code, results[index]?.stdout], [2, ""], args.join(" "));
    assert.match(results[index]?.stderr ?? "", words);
  }
  const other = await workFolder();
  await writeFile(join(other.folder, "a.yaml"), "version: 1\n");
  for (const args of [["export"], ["apply", "a.yaml"]]) {
    const options = { env: environmentOf({ folder: other.folder }), cwd: other.folder };
    assert.equal((await runCli(["config", ...args], options)).code, 3);
  }
  await other.remove();
});

test("no secret stands in anything that was printed, logged or kept in clear", () => {
  const files = readdirSync(join(work.folder, "data"), { recursive: true, withFileTypes: true });
  const kept = files.filter((one) => one.isFile()).map((one) => readFileSync(join(one.parentPath, one.name), "latin1"));
  assert.ok(kept.length > 5);
  for (const text of [printed, server.output(), ...kept]) {
    assert.equal(text.includes(SECRET) || text.includes("planted-"), false);
  }
});
