/** `reset-password` and `secrets`: what those who have the machine do when an account or a key is to be changed. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { SecretsStatus } from "@datafly-signal/management-api";
import { askServer } from "../harness/ask-server.ts";
import { type Receiver, startReceiver } from "../harness/receiver.ts";
import { ADMINISTRATOR, ADMINISTRATOR_ENV, done, refusal, signedIn } from "../harness/signed-in.ts";
import { environmentOf, runCli, type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

const SECRET = "planted-token-under-two-keys";

let work: Awaited<ReturnType<typeof workFolder>>;
let vendor: Receiver;
before(async () => {
  work = await workFolder();
  vendor = await startReceiver();
});
after(async () => {
  await vendor.close();
  await work.remove();
});

function run(...args: string[]) {
  return runCli(args, { env: environmentOf({ folder: work.folder }), cwd: work.folder });
}

async function passwordOf(reset: { code: number; stdout: string; stderr: string }): Promise<string> {
  assert.equal(reset.code, 0, reset.stderr);
  const { ok, email, password } = JSON.parse(reset.stdout) as { ok: boolean; email: string; password: string };
  assert.deepEqual([ok, email], [true, ADMINISTRATOR.email]);
  return password;
}

test("a password for one sign-in, with the server and without it", async () => {
  const nothing = await run("reset-password", ADMINISTRATOR.email);
  assert.deepEqual([nothing.code, nothing.stdout], [1, ""]);
  assert.match(nothing.stderr, /There is no server, and no database .*signal\.db/);
  assert.equal(existsSync(join(work.folder, "data")), false, "and none is made");

  const server = await startSignal({ folder: work.folder, env: ADMINISTRATOR_ENV });
  const session = await signedIn(server);
  const first = await passwordOf(await server.cli("reset-password", "Admin@Example.com", "--json"));
  assert.notEqual(await refusal(session.client.listPipelines({ query: {} })), null, "its sessions have ended");
  await assert.rejects(signedIn(server), /INVALID_CREDENTIALS/);
  const account = { email: ADMINISTRATOR.email, password: first };
  assert.equal(
    await refusal((await signedIn(server, { account })).client.listPipelines({ query: {} })),
    "PASSWORD_CHANGE_REQUIRED",
  );
  const unknown: [args: string[], code: number, words: RegExp][] = [
    [["admin@exmple.com"], 1, /There is no account admin@exmple\.com\. Did you mean admin@example\.com\?/],
    [[], 2, /reset-password takes one e-mail address/],
  ];
  const results = await Promise.all(unknown.map(([args]) => server.cli("reset-password", ...args)));
  for (const [index, [args, code, words]] of unknown.entries()) {
    assert.deepEqual([results[index]?.code, results[index]?.stdout], [code, ""], args.join(" "));
    assert.match(results[index]?.stderr ?? "", words);
  }
  await server.stop();

  const alone = await run("reset-password", ADMINISTRATOR.email, "--json");
  const second = await passwordOf(alone);
  assert.notEqual(second, first);
  const gone = await run("reset-password", "somebody-else@shop.example.com");
  assert.match(gone.stderr, /administrators first: admin@example\.com/);
  assert.equal(statSync(join(work.folder, "data/signal.db")).mode & 0o777, 0o600);
  assert.equal(existsSync(join(work.folder, "data/lock.json")), false);
  const again = await startSignal({ folder: work.folder });
  const { client } = await signedIn(again, { account: { ...account, password: second } });
  const { password } = ADMINISTRATOR;
  await done(client.updateMe({ body: { current_password: second, password } }));
  for (const shown of [first, second]) assert.equal((server.output() + again.output()).includes(shown), false);
  await again.stop();
});

function statusOf(server: SignalServer): Promise<SecretsStatus> {
  return askServer(server, "secrets-status") as Promise<SecretsStatus>;
}

function shown({ current, previous, unreadable, previousKeyUnused: unused }: SecretsStatus): object {
  return { current, previous, unreadable, unused };
}

test("the key is changed while deliveries go on, and the previous one is not needed afterwards", async () => {
  const data = join(work.folder, "data");
  let server = await startSignal({ folder: work.folder });
  const api = await signedIn(server);
  const config = { url: vendor.url, authentication: "bearer", auth_token: SECRET };
  const { template } = await done(
    api.client.installIntegration({ params: { key: "webhook" }, body: { name: "Orders", config } }),
  );
  const shop = await done(api.client.createPipeline({ body: { name: "Shop" } }));
  await done(
    api.client.assignIntegration({ params: { id: shop.id }, body: { integration_id: template.id, revision: 1 } }),
  );
  await done(
    api.client.createRevision({ params: { id: template.id }, body: { config: { ...config, timeout_ms: 5000 } } }),
  );
  await server.stop();
  const old = readFileSync(join(data, "encryption.key"), "utf8");
  renameSync(join(data, "encryption.key"), join(work.folder, "old.key"));

  server = await startSignal({ folder: work.folder, env: { ENCRYPTION_KEY_PREVIOUS: old } });
  const track = async (messageId: string): Promise<void> => {
    const headers = { authorization: `Bearer ${shop.pipeline_key}` };
    const body = JSON.stringify({ type: "track", event: "Order Completed", messageId });
    const response = await fetch(`${server.gateway}/v1/t`, { method: "POST", headers, body });
    assert.equal(response.status, 200, await response.text());
    const arrived = await until(30_000, () => vendor.requests.find((one) => one.body.includes(messageId)));
    assert.equal(arrived.headers.authorization, `Bearer ${SECRET}`);
  };
  await track("with-both-keys");
  const waiting = await statusOf(server);
  assert.deepEqual(shown(waiting), { current: 0, previous: 2, unreadable: [], unused: false });
  assert.match((await server.cli("secrets", "status")).stdout, /Seal them anew with secrets rotate/);
  const rotated = await server.cli("secrets", "rotate", "--json");
  assert.equal(rotated.code, 0, rotated.stderr);
  const { resealed, already, previous_key_unused: unused } = JSON.parse(rotated.stdout);
  assert.deepEqual([resealed, already, unused], [2, 0, true]);
  assert.match(
    (await server.cli("secrets", "rotate")).stdout,
    /anew .*: 0; .* before: 2\nNothing needs a previous key/,
  );
  await track("after-rotation");
  await server.stop();

  server = await startSignal({ folder: work.folder });
  await track("with-the-new-key-alone");
  const ended = await statusOf(server);
  assert.deepEqual(shown(ended), { current: 2, previous: 0, unreadable: [], unused: true });
  await server.stop();
  for (const told of [waiting, rotated, ended]) assert.equal(JSON.stringify(told).includes(SECRET), false);
  const keyId = waiting.previousKey;
  assert.ok(keyId !== null);
  for (const name of readdirSync(data).filter((one) => one.startsWith("signal.db"))) {
    assert.equal(readFileSync(join(data, name), "latin1").includes(`v1.${keyId}.`), false, name);
  }
});

test("a key that was lost: each secret that it sealed is named, exit code 1", async () => {
  renameSync(join(work.folder, "data/encryption.key"), join(work.folder, "lost.key"));
  const server = await startSignal({ folder: work.folder });
  const { code, stderr, stdout } = await server.cli("secrets", "rotate");
  assert.equal(code, 1);
  assert.match(stdout, /^Sealed anew with the current key: 0; sealed with it before: 0\n/);
  assert.match(stderr, /^The secret auth_token of tmpl_\w+, revision 1, cannot be opened with any of the keys\.$/m);
  assert.equal((await server.cli("secrets")).code, 2);
  assert.match((await server.cli("secrets", "rotat")).stderr, /Did you mean rotate\?/);
  await server.stop();
});
