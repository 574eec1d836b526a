/** What was configured by the API is there after a crash and after a graceful restart; the first start's password is for one use. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openManagementClient } from "@datafly-signal/management-client";
import { ADMINISTRATOR_ENV, done, refusal, signedIn } from "../harness/signed-in.ts";
import { freePort, type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";
import { cleaning, type ControlRig, deliveryOf, LATE_MS, makeLane, openControlRig, sent } from "./control-rig.ts";

/** Everything that can be asked for, as it is answered. */
async function everything({ client, api }: Pick<ControlRig, "client" | "api">): Promise<Record<string, unknown>> {
  const { data: integrations } = await done(client.listIntegrations());
  const { data: pipelines } = await done(client.listPipelines());
  const paths = [
    "/pipelines",
    "/integration-templates",
    "/data-layer",
    "/organisation",
    "/api-tokens",
    "/users",
    "/invitations",
    "/config/export",
    "/audit-logs?limit=100",
    ...integrations.map(({ id }) => `/integration-templates/${id}/revisions`),
    ...pipelines.flatMap(({ id }) => [`/pipelines/${id}/keys`, `/pipelines/${id}/integrations`]),
  ];
  const answers = await Promise.all(
    paths.map(async (path) => {
      const { status, body } = await api.call("GET", path);
      assert.equal(status, 200, path);
      return [path, body] as const;
    }),
  );
  return Object.fromEntries(answers);
}

test("everything is there after kill -9 and after a graceful restart, and deliveries go on", async (t) => {
  // The demo's receiver is on this port: with another one it would have another revision.
  const port = { MANAGEMENT_PORT: String(await freePort()) };
  const rig = await openControlRig({ env: port });
  t.after(rig.close);
  const { client, vendor } = rig;
  const config = { url: `${vendor.url}/kept`, authentication: "bearer", auth_token: "kept-token" };
  const lane = await makeLane(rig, { name: "Kept", config });
  await done(client.createRevision({ params: { id: lane.integrationId }, body: { config: { method: "PUT" } } }));
  await done(client.createPipelineKey({ params: { id: lane.pipelineId } }));
  await done(client.updatePipeline({ params: { id: lane.pipelineId }, body: { parameters: { region: "eu" } } }));
  await done(
    client.replaceDataLayer({
      body: { config: { pii_rules: { hash_fields: ["traits.email"], salt: "a salt that stays here" } } },
    }),
  );
  await done(client.updateOrganisation({ body: { name: "Shop of shops" } }));
  const token = await done(client.createApiToken({ body: { name: "deploy", scopes: ["pipelines:read"] } }));
  await done(client.createInvitation({ body: { email: "jane@example.com", role: "source_viewer" } }));
  // The last thing before the crash is answered, so it is kept.
  const last = await done(client.createPipeline({ body: { name: "Last" } }));
  await rig.server.kill();
  const start = async (): Promise<void> => {
    rig.server = await startSignal({ folder: rig.folder, env: { ...ADMINISTRATOR_ENV, ...port } });
    rig.clean(rig.server.stop);
    rig.api = await signedIn(rig.server);
    rig.client = rig.api.client;
  };
  const withoutLogins = async (): Promise<unknown> => {
    const { "/audit-logs?limit=100": audits, "/users": _users, "/api-tokens": _used, ...rest } = await everything(rig);
    const { data } = audits as { data: { action: string }[] };
    return { ...rest, audits: data.filter(({ action }) => !action.startsWith("auth.")) };
  };
  await start();
  const afterCrash = await withoutLogins();
  assert.ok(JSON.stringify(afterCrash).includes(last.pipeline_key ?? "none"));
  assert.ok(JSON.stringify(afterCrash).includes('"number":'), "the export has a number");
  const request = await sent(rig, lane.key, { messageId: "after-the-crash" });
  assert.deepEqual([request.path, request.headers.authorization], ["/kept", "Bearer kept-token"]);
  assert.ok(deliveryOf(request.headers).startsWith(lane.laneId));
  assert.equal(await rig.server.stop(), 0);
  await start();
  assert.deepEqual(await withoutLogins(), afterCrash);
  await sent(rig, lane.key, { messageId: "after-the-restart" });
  const program = openManagementClient({ baseUrl: rig.server.management, token: token.token });
  assert.ok(
    (await done(program.listPipelines())).data.some(({ name }) => name === "Last"),
    "API tokens stay",
  );
  assert.equal(await refusal(program.getDataLayer()), "FORBIDDEN");
});

/** It listens a moment before it says so. */
function greeted(server: SignalServer): Promise<unknown> {
  return until(LATE_MS, () => server.output().includes("Send a first event"));
}

test("the first start prints a password for one use, the second none", async (t) => {
  const { clean, close } = cleaning();
  t.after(close);
  const { folder, remove } = await workFolder();
  clean(remove);
  const first = await startSignal({ folder });
  clean(first.stop);
  await greeted(first);
  const [, email = "", password = ""] = /Account +(\S+) +one-time password (\S+)/.exec(first.output()) ?? [];
  assert.match(email, /@/);
  assert.ok(password.length >= 20, first.output());
  assert.equal(first.output().split(password).length, 2, "it is printed once");
  const { client, accessToken } = await signedIn(first, { account: { email, password } });
  assert.equal(await refusal(client.listPipelines()), "PASSWORD_CHANGE_REQUIRED");
  assert.equal(
    await refusal(client.createApiToken({ body: { name: "x", scopes: ["pipelines:read"] } })),
    "PASSWORD_CHANGE_REQUIRED",
  );
  assert.equal((await done(client.getMe())).email, email);
  const own = "seven green boats in the fog";
  assert.equal(await refusal(client.updateMe({ body: { current_password: password, password } })), "VALIDATION_FAILED");
  await done(client.updateMe({ body: { current_password: password, password: own } }));
  await done(client.listPipelines());
  await assert.rejects(signedIn(first, { account: { email, password } }), /INVALID_CREDENTIALS/);
  assert.equal(await first.stop(), 0);
  const second = await startSignal({ folder });
  clean(second.stop);
  await greeted(second);
  assert.doesNotMatch(second.output(), /password/);
  const again = await signedIn(second, { account: { email, password: own } });
  await done(again.client.listPipelines());
  const session = openManagementClient({ baseUrl: second.management, token: accessToken, retries: 0 });
  assert.equal(await refusal(session.listPipelines()), null, "a session lives on");
});
