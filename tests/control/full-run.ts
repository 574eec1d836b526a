/** A server that is given every kind of secret, rightly and wrongly, and whose vendors fail in every way. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type PostgresServer, startPostgres } from "@datafly-signal/ports/store/testing";
import { askServer } from "../harness/ask-server.ts";
import { ADMINISTRATOR, ADMINISTRATOR_ENV, done, refusal, type SignedIn, signedIn } from "../harness/signed-in.ts";
import { startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";
import { LATE_MS, track } from "./control-rig.ts";
import { startEchoVendor, WAYS } from "./echo-vendor.ts";
import { applyWithVariables, installAll, replaceSecrets, type Run, SHOP } from "./planted-configuration.ts";
import { type Place, plantIn, type Plants } from "./planted.ts";
import { recordAnswers } from "./recorded-answers.ts";
import { askWrongly } from "./wrong-requests.ts";

export interface FullRun {
  folder: string;
  /** By name. */
  plants: Plants;
  /** All answers, and all that was printed. */
  places: Place[];
  /** No secrets, with where they must be found: so that looking is shown to find. */
  seen: [text: string, where: RegExp][];
  /** Still running, where the run was on it. */
  postgres: PostgresServer | null;
}

/** Ends with the server stopped and a backup in `backup`. */
export async function fullRun(kind: "SQLite" | "PostgreSQL", clean: (step: () => unknown) => void): Promise<FullRun> {
  const plants: Plants = new Map();
  const plant = plantIn(plants);
  const { folder, remove } = await workFolder();
  clean(remove);
  const vendor = await startEchoVendor();
  clean(vendor.close);
  const postgres = kind === "PostgreSQL" ? await startPostgres() : null;
  if (postgres !== null) clean(postgres.remove);
  const account = { email: ADMINISTRATOR.email, password: plant("the administrator's password", `" ü`) };
  const server = await startSignal({ folder, env: secretEnvironment({ plants, plant, postgres, account }) });
  clean(() => server.stop());
  const run: Run = { plants, plant, server, vendor, answers: recordAnswers(), printed: [] };
  const api = await signInWithTokens(run, account);
  await inviteSomebody(run, api);
  await installAll(run, api);
  await applyWithVariables(run, api);
  await askWrongly(run, api);
  await sendEverywhere(run, api);
  await replaceSecrets(run, api);
  await lookAtEverything(run, api, folder);
  await server.stop();
  run.printed.push({ name: "what the server printed", bytes: Buffer.from(server.output()) });
  return {
    folder,
    plants,
    places: [...run.answers.places, ...run.printed],
    seen: [
      ["planted-event-1", /^(work|ingest)\/blocks of .*data$/],
      ["planted-event-1", /^(work|ingest)\/blocks of .*backup$/],
      ["x-received", /^(work|ingest)\/blocks of .*data$/],
      ["Planted bearer unauthorised", /\/audit-logs/],
      ["Planted bearer unauthorised", kind === "SQLite" ? /data\/signal\.db/ : /rows of PostgreSQL/],
      ["SIGNAL_SECRET_", /\/config\/export/],
      ["signal_gateway_accepted_events_total", /\/metrics/],
      ["refused the credentials (401)", /what dlq list printed/],
      ["planted-event-", /what dlq export printed/],
    ],
    postgres,
  };
}

interface Given {
  plants: Plants;
  plant: Run["plant"];
  postgres: PostgresServer | null;
  account: { email: string; password: string };
}

function secretEnvironment({ plants, plant, postgres, account }: Given): Record<string, string> {
  const key = randomBytes(32);
  plants.set("ENCRYPTION_KEY", key.toString("base64"));
  plants.set("ENCRYPTION_KEY in hex", key.toString("hex"));
  if (postgres !== null) plants.set("the password in DATABASE_URL", new URL(postgres.url).password);
  return {
    ...ADMINISTRATOR_ENV,
    SIGNAL_ADMIN_PASSWORD: account.password,
    ENCRYPTION_KEY: key.toString("base64"),
    JWT_SECRET: plant("JWT_SECRET"),
    LOG_LEVEL: "trace",
    TRACE_SHARE: "1",
    ...(postgres !== null && { DATABASE_URL: postgres.url }),
  };
}

/** Signs in, with a mistyped password first, renews the session, and makes an API token twice with one key. */
async function signInWithTokens(run: Run, account: Given["account"]): Promise<SignedIn> {
  const { plants, plant, server, answers } = run;
  const { fetch } = answers;
  const mistyped = { ...account, password: plant("a mistyped password", `"ü `) };
  await assert.rejects(signedIn(server, { account: mistyped, fetch }), /INVALID_CREDENTIALS/);
  const sessionSecrets = ["an access token", "a refresh token", "a next access token", "a next refresh token"];
  return answers.showing([...sessionSecrets, "an API token"], async () => {
    const first = await signedIn(server, { account, fetch });
    plants.set("an access token", first.accessToken);
    plants.set("a refresh token", first.refreshToken);
    const next = await done(first.client.refreshSession({ body: { refresh_token: first.refreshToken } }));
    plants.set("a next access token", next.access_token);
    plants.set("a next refresh token", next.refresh_token);
    for (let time = 0; time < 2; time += 1) {
      const body = { name: "deploy", scopes: ["pipelines:read"] };
      const made = await done(first.client.createApiToken({ body, idempotencyKey: "planted-key" } as never));
      plants.set("an API token", (made as { token: string }).token);
    }
    return first;
  });
}

async function inviteSomebody({ plants, plant, server, answers }: Run, { client }: SignedIn): Promise<void> {
  const email = "jane@example.com";
  const password = plant("an invited person's password", `" `);
  const changed = plant("a changed password", `' `);
  const invited = await answers.showing(["an invitation"], () =>
    done(client.createInvitation({ body: { email, role: "source_admin" } })),
  );
  plants.set("an invitation", invited.token);
  await answers.showing(["an invited person's tokens"], async () => {
    const body = { token: invited.token, name: "Jane Smith", password };
    const session = await done(client.acceptInvitation({ body }));
    plants.set("an invited person's tokens", session.access_token);
  });
  const session = await answers.showing(["the tokens of a second session"], async () => {
    const second = await signedIn(server, { account: { email, password }, fetch: answers.fetch });
    plants.set("the tokens of a second session", second.refreshToken);
    return second;
  });
  const wrong = { password: changed, current_password: plant("a wrong current password") };
  assert.equal(await refusal(session.client.updateMe({ body: wrong })), "INVALID_CREDENTIALS");
  await done(session.client.updateMe({ body: { password: changed, current_password: password } }));
  await answers.showing(["the second invitation"], async () => {
    const again = await done(client.createInvitation({ body: { email: "john@example.com", role: "source_viewer" } }));
    plants.set("the second invitation", again.token);
  });
}

/** Every lane has tried at least once, and every answer was dealt with. */
async function sendEverywhere({ server, vendor }: Run, _api: SignedIn): Promise<void> {
  await until(LATE_MS, async () => (await track(server, SHOP.key, { messageId: "planted-up" })) === 200);
  const event = { properties: { value: 12 }, traits: { email: "jane@example.com" } };
  const kinds = ["bearer", "basic", "hmac", "parameter", "literal"];
  const wanted = WAYS.flatMap((way) => kinds.map((kind) => `${way}/${kind}`));
  let count = 0;
  const missing = (): string[] => wanted.filter((path) => (vendor.counts.get(path) ?? 0) < 1);
  await until(
    LATE_MS,
    async () => {
      if (missing().length === 0 && count >= 5) return true;
      assert.equal(await track(server, SHOP.key, { messageId: `planted-event-${(count += 1)}`, ...event }), 200);
      await new Promise((resolve) => setTimeout(resolve, 400));
      return false;
    },
    () => `requests to ${missing().join(", ")}\n${server.output().slice(-2000)}`,
  );
  const settled = async (): Promise<boolean> => {
    const { integrations } = (await askServer(server, "status")) as {
      integrations: { name: string; dead_lettered: Record<string, number>; delivered: number }[];
    };
    const planted = integrations.filter(({ name }) => name.startsWith("Planted "));
    return (
      planted.length >= wanted.length &&
      planted.every(({ delivered, dead_lettered }) => {
        return delivered > 0 || Object.values(dead_lettered).some((one) => one > 0);
      })
    );
  };
  await until(LATE_MS, settled, () => "an outcome of every lane");
}

async function lookAtEverything(run: Run, { client, call }: SignedIn, folder: string): Promise<void> {
  const { server, answers, printed } = run;
  await done(client.exportConfiguration());
  await done(client.getDataLayer());
  for (const path of ["/pipelines", "/integration-templates", "/users", "/api-tokens", "/invitations", "/auth/me"]) {
    assert.equal((await call("GET", path)).status, 200, path);
  }
  const { data } = await done(client.listIntegrations({ query: { limit: 100 } }));
  for (const { id } of data) await done(client.getRevision({ params: { id, n: 1 } }));
  let cursor: string | null = null;
  do {
    const page: { next_cursor: string | null } = await done(
      client.listAuditLogs({ query: { limit: 100, ...(cursor !== null && { cursor }) } }),
    );
    cursor = page.next_cursor;
  } while (cursor !== null);
  for (const path of ["/metrics", "/openapi.json", "/openapi.yaml", "/docs", "/ready", "/health"]) {
    assert.equal((await answers.fetch(server.management + path)).status, 200, path);
  }
  for (const path of ["/metrics", "/ready"]) await answers.fetch(server.gateway + path);
  const commands = [
    ["status", "--json"],
    ["dlq", "list", "Planted basic unauthorised", "--json"],
    ["dlq", "export", "Planted bearer failed"],
    ["doctor"],
    ["config", "export"],
    ["backup", join(folder, "backup")],
  ];
  for (const args of commands) {
    const { stdout, stderr } = await server.cli(...args);
    printed.push({ name: `what ${args.slice(0, 2).join(" ")} printed`, bytes: Buffer.from(stdout + stderr) });
  }
}
