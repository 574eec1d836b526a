/** Secrets in wrong places, and requests that are refused for something else. */
import assert from "node:assert/strict";
import { done, type SignedIn } from "../harness/signed-in.ts";
import { type Run, SHOP } from "./planted-configuration.ts";

/** Each is refused, and no answer repeats what it was asked with. */
export async function askWrongly({ plant, vendor, answers, server }: Run, { client, call }: SignedIn): Promise<void> {
  const url = `${vendor.url}/never`;
  const install = (config: object) => call("POST", "/integration-catalog/webhook/install", { name: "Wrong", config });
  const refused = [
    await install({ url, auth_tokn: plant("a token under a mistyped name") }),
    await install({ url, authentication: "barer", auth_token: plant("a token beside a fault") }),
    await install({ url: `https://user:${plant("a password in a URL")}@example.com`, authentication: "none" }),
    await install({ url, authentication: "basic", auth_token: plant("a password without a user") }),
    await install({ url, authentication: "bearer", auth_token: { value: plant("a token in an object") } }),
    await call("POST", "/auth/login", {
      email: "admin@example.com",
      pasword: plant("a password under a mistyped name"),
    }),
    await call("PATCH", "/data-layer", { config: { pii_rules: { salt: { text: plant("a salt in an object") } } } }),
    await call("PATCH", "/data-layer", {
      config: { pii_rules: { salt: "x", sallt: plant("a salt under another name") } },
    }),
    await call("POST", "/config/apply", {
      yaml: `version: 1\nintegrations:\n  - {name: A, secrets: {auth_token: ${plant("a secret in broken YAML", "__")}`,
    }),
    await call("POST", "/config/apply", {
      yaml: "version: 1\nintegrations: [{ name: A, vendor: webhook, config: { url: '${A_SECRET}' } }]",
      variables: { A_SECRET: plant("a secret in the place of a URL") },
    }),
  ];
  refused.forEach(({ status, body }, index) => assert.equal(status, 422, `${index}: ${JSON.stringify(body)}`));
  const mapping = "version: 2\nglobal: { mappings: [{ value: '{{pipeline_param.shop_secret}}', target: leak }] }\n";
  const { data } = await done(client.listIntegrations({ query: { search: "Planted parameter delivered" } }));
  const leak = await call("POST", `/integration-templates/${data[0]?.id}/revisions`, { mapping });
  assert.ok(leak.status === 422 || leak.status === 201, "pinned lanes stay as they are");
  const pin = await call("GET", `/pipelines/${SHOP.id}/integrations?limit=100`);
  const lane = (pin.body as { data: { id: string; integration_id: string }[] }).data.find(
    ({ integration_id }) => integration_id === data[0]?.id,
  );
  const pinned = await call("PATCH", `/pipelines/${SHOP.id}/integrations/${lane?.id}`, { revision: "latest" });
  if (leak.status === 201) assert.equal(pinned.status, 422, "a secret parameter is not for mappings");
  // Not to be read at all.
  const send = (headers: Record<string, string>, body: string): Promise<Response> =>
    answers.fetch(`${server.management}/v1/admin/auth/login`, { method: "POST", headers, body });
  const broken = `{"email": "admin@example.com", "password": "${plant("a password in broken JSON", "__")}"`;
  assert.equal((await send({ "content-type": "application/json" }, broken)).status, 400);
  assert.equal((await send({ "content-type": "text/plain" }, broken)).status, 415);
  const token = `dfs_pat_${plant("a token that is none", "__")}`;
  const unknown = await answers.fetch(`${server.management}/v1/admin/pipelines?cursor=${token}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(unknown.status, 401);
}
