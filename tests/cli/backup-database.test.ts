/** A backup while the configuration changes, restored elsewhere: configuration, accounts and secrets are there, and the number goes on. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { each } from "@datafly-signal/management-client";
import { askServer } from "../harness/ask-server.ts";
import { startReceiver } from "../harness/receiver.ts";
import { ADMINISTRATOR_ENV, done, type SignedIn, signedIn } from "../harness/signed-in.ts";
import { environmentOf, runCli, type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

const SECRET = "planted-token-of-the-backup";
const JANE = { email: "jane@example.com", password: "five slow boats at noon" };

/** Makes pipelines, one after the other; `made` are the ids that were answered. */
function startChanging({ client }: SignedIn): { made: string[]; stop(): Promise<void> } {
  const made: string[] = [];
  let running = true;
  const changing = (async () => {
    while (running) {
      const result = await client.createPipeline({ body: { name: `Shop ${made.length}` } }).catch(() => null);
      // The server was killed.
      if (result === null || !result.ok) return;
      made.push(result.data.id);
    }
  })();
  return {
    made,
    async stop() {
      running = false;
      await changing;
    },
  };
}

async function pipelinesOf({ client }: SignedIn): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of each(client.listPipelines, { query: {} })) ids.push(id);
  return ids;
}

async function invite(server: SignalServer, { client }: SignedIn): Promise<void> {
  const { token } = await done(client.createInvitation({ body: { email: JANE.email, role: "source_admin" } }));
  const body = JSON.stringify({ token, name: "Jane Smith", password: JANE.password });
  const headers = { "content-type": "application/json" };
  const url = `${server.management}/v1/admin/auth/invitations/accept`;
  assert.ok((await fetch(url, { method: "POST", headers, body })).ok);
}

async function snapshotOf(server: SignalServer): Promise<number> {
  const status = (await askServer(server, "status")) as { configuration: { snapshot: number } };
  return status.configuration.snapshot;
}

test("configuration, accounts and secrets are in a backup that is taken while they change", async (context) => {
  const work = await workFolder();
  context.after(() => work.remove());
  const vendor = await startReceiver();
  context.after(() => vendor.close());
  const first = await startSignal({ folder: work.folder, env: ADMINISTRATOR_ENV });
  context.after(() => first.stop());
  const api = await signedIn(first);
  await invite(first, api);
  const config = { url: vendor.url, authentication: "bearer", auth_token: SECRET };
  const { template } = await done(
    api.client.installIntegration({ params: { key: "webhook" }, body: { name: "Orders", config } }),
  );
  const shop = await done(api.client.createPipeline({ body: { name: "Orders shop" } }));
  await done(
    api.client.assignIntegration({
      params: { id: shop.id },
      body: { integration_id: template.id, revision: "latest" },
    }),
  );
  const changing = startChanging(api);
  await until(30_000, () => changing.made.length > 20);
  const before = [...changing.made];
  const numberBefore = await snapshotOf(first);
  const made = await first.cli("backup", join(work.folder, "backup"), "--json");
  assert.equal(made.code, 0, made.stderr);
  assert.equal(JSON.parse(made.stdout).database, "signal.db");
  const after = await until(30_000, () => (changing.made.length > before.length + 5 ? [...changing.made] : null));
  await first.kill();
  await changing.stop();

  const other = join(work.folder, "other");
  await mkdir(other);
  const env = environmentOf({ folder: other });
  const restored = await runCli(["restore", join(work.folder, "backup"), "--json"], { env, cwd: other });
  assert.equal(restored.code, 0, restored.stderr);
  assert.equal(existsSync(join(other, "data/signal.db-wal")), false);
  const second = await startSignal({ folder: other });
  context.after(() => second.stop());
  const again = await signedIn(second);
  const there = new Set(await pipelinesOf(again));
  assert.deepEqual(
    before.filter((id) => !there.has(id)),
    [],
  );
  const known = new Set([shop.id, ...after]);
  assert.ok([...there].filter((id) => known.has(id)).length >= before.length + 1);
  assert.equal((await signedIn(second, { account: JANE })).client !== undefined, true);
  assert.ok((await snapshotOf(second)) >= numberBefore, "the number goes on");
  const response = await fetch(`${second.gateway}/v1/t`, {
    method: "POST",
    headers: { authorization: `Bearer ${shop.pipeline_key}` },
    body: JSON.stringify({ type: "track", event: "Restored", messageId: "restored" }),
  });
  assert.equal(response.status, 200, await response.text());
  const arrived = await until(30_000, () => vendor.requests.find(({ body }) => body.includes("restored")));
  assert.equal(arrived.headers.authorization, `Bearer ${SECRET}`);
  const number = await snapshotOf(second);
  await done(again.client.createPipeline({ body: { name: "After all" } }));
  await until(10_000, async () => (await snapshotOf(second)) > number);
  const file = new DatabaseSync(join(other, "data/signal.db"), { readOnly: true });
  const sound = file.prepare("pragma integrity_check").all();
  file.close();
  assert.deepEqual(
    sound.map((row) => row["integrity_check"]),
    ["ok"],
  );
});
