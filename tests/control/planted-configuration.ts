/** Every way in which the configuration takes a secret. */
import { done, type SignedIn } from "../harness/signed-in.ts";
import type { SignalServer } from "../harness/signal-server.ts";
import { type EchoVendor, WAYS } from "./echo-vendor.ts";
import type { Place, plantIn, Plants } from "./planted.ts";
import type { RecordedAnswers } from "./recorded-answers.ts";

/** What the steps of a full run share. */
export interface Run {
  plants: Plants;
  plant: ReturnType<typeof plantIn>;
  server: SignalServer;
  vendor: EchoVendor;
  answers: RecordedAnswers;
  /** Printed by commands. */
  printed: Place[];
}

const FAST = { timeout_ms: "500", max_retries: "0" };
export const SHOP = { id: "pip_planted", key: "dk_test_planted00000000000" };

/** By install: one integration for each way to fail, with a bearer token. */
export async function installAll({ plant, vendor }: Run, { client }: SignedIn): Promise<void> {
  const token = plant("a bearer token");
  for (const way of WAYS) {
    const config = { url: `${vendor.url}/${way}/bearer`, authentication: "bearer", auth_token: token, ...FAST };
    await done(
      client.installIntegration({ params: { key: "webhook" }, body: { name: `Planted bearer ${way}`, config } }),
    );
  }
  const salt = plant("a salt");
  const config = { pii_rules: { hash_fields: ["traits.email"], salt } };
  await done(client.replaceDataLayer({ body: { config } }));
}

/** By a file: passwords, signing secrets, and a pipeline's parameter that a secret is made of. */
export async function applyWithVariables({ plant, vendor }: Run, { client }: SignedIn): Promise<void> {
  const credentials: Record<string, [authentication: string, token: string]> = {
    basic: ["basic", "${BASIC}"],
    hmac: ["hmac", "${HMAC}"],
    parameter: ["bearer", "{{pipeline_param.shop_secret}}"],
    literal: ["bearer", plant("a secret written into a file")],
  };
  const integrations = Object.entries(credentials).flatMap(([kind, [authentication, auth_token]]) =>
    WAYS.map((way) => ({
      name: `Planted ${kind} ${way}`,
      vendor: "webhook",
      config: { url: `${vendor.url}/${way}/${kind}`, authentication, ...FAST },
      secrets: { auth_token },
    })),
  );
  const bearer = WAYS.map((way) => `Planted bearer ${way}`);
  const pipeline = {
    id: SHOP.id,
    name: "Planted",
    pipeline_keys: [SHOP.key],
    parameters: { shop_secret: "${SHOP_SECRET}" },
    integrations: [...integrations.map(({ name }) => name), ...bearer].map((integration) => ({ integration })),
  };
  const installed = (await done(client.listIntegrations({ query: { limit: 100 } }))).data;
  const assigned = pipeline.integrations.map(({ integration }) => ({
    integration: installed.find(({ name }) => name === integration)?.id ?? integration,
  }));
  const yaml = JSON.stringify({
    version: 1,
    pipelines: [{ ...pipeline, integrations: assigned.filter(({ integration }) => !integration.startsWith("tmpl_")) }],
    integrations,
  });
  const variables = {
    BASIC: `planted-user:${plant("a password of basic authentication")}`,
    HMAC: plant("a signing secret"),
    SHOP_SECRET: plant("a pipeline's secret parameter"),
  };
  await done(client.diffConfiguration({ body: { yaml, variables } }));
  await done(client.applyConfiguration({ body: { yaml, variables, dry_run: true } }));
  await done(client.applyConfiguration({ body: { yaml, variables } }));
  for (const { integration } of assigned.filter((one) => one.integration.startsWith("tmpl_"))) {
    await done(client.assignIntegration({ params: { id: SHOP.id }, body: { integration_id: integration } }));
  }
}

/** Makes what was planted before the past. */
export async function replaceSecrets({ plant }: Run, { client }: SignedIn): Promise<void> {
  const { data } = await done(client.listIntegrations({ query: { search: "Planted bearer failed" } }));
  const id = data[0]?.id ?? "";
  const body = { config: { auth_token: plant("a replaced token") }, change_summary: "another token" };
  await done(client.createRevision({ params: { id }, body }));
  await done(client.diffRevisions({ params: { id, a: 1, b: 2 } }));
  await done(client.getRevision({ params: { id, n: 2 } }));
  const parameters = { shop_secret: plant("a replaced parameter") };
  await done(client.updatePipeline({ params: { id: SHOP.id }, body: { parameters } }));
}
