/** A configured installation, exported and applied to an empty one, is the same there: text, topics and what is delivered. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { storedEntries } from "@datafly-signal/ports/lmdb-testing";
import { done } from "../harness/signed-in.ts";
import { until } from "../harness/until.ts";
import { type ControlRig, LATE_MS, makeLane, openControlRig, track } from "./control-rig.ts";

const TOKEN = "token-of-orders";
const EARLIER_TOKEN = "token-of-orders-before";
const PARAMETER = "token-of-the-shop";
const SALT = "salt-of-the-organisation";

const MAPPING = `# what the warehouse wants
version: 2
global:
  mappings:
    - { source: messageId, target: id } # tells repetitions
    - { value: "{{pipeline_param.region}}", target: region }
events:
  purchase:
    vendor_event_name: Purchase
    filter: "properties.value > 0 AND context.page.url NOT contains '/staging'"
    mappings:
      - { source: [properties.value, properties.revenue], target: amount, transform: to_number }
defaults: { action: map, mappings: [{ source: event, target: name }] }
`;

interface Configured {
  /** Of the pipeline that uses revision 1 with the earlier secret. */
  shopKey: string;
  orders: string;
  secretUser: string;
}

/** Some of everything that can be configured. */
async function configure({ client, vendor, server, api }: ControlRig): Promise<Configured> {
  const orders = await makeLane(
    { client, vendor, server },
    {
      name: "Orders",
      config: { url: `${vendor.url}/one`, authentication: "bearer", auth_token: EARLIER_TOKEN },
    },
  );
  const shop = { id: orders.pipelineId };
  await done(
    client.updatePipeline({
      params: shop,
      body: {
        parameters: { region: "eu", shop_token: PARAMETER, dollar: "${NOT_A_VARIABLE} costs $5" },
        labels: ["env:test", "brand: no"],
        domain_allowlist: ["shop.example.com", "*.shop.example.com"],
        rate_limit_rps: 321,
      },
    }),
  );
  await done(
    client.createRevision({
      params: { id: orders.integrationId },
      body: {
        config: { url: `${vendor.url}/two`, auth_token: TOKEN, headers: '{"X-Team": "growth: yes"}' },
        mapping: MAPPING,
        consent_categories: ["analytics"],
        rate_limits: { rate_limit_rps: 50, rate_limit_daily: 100_000 },
        batch: { size: 1 },
        change_summary: "the warehouse's format",
      },
    }),
  );
  const byParameter = await done(
    client.createCustomIntegration({
      body: {
        name: "Stock: 'quoted' \"twice\"",
        vendor_name: "Warehouse API",
        description: "line one\nline two",
        config: {
          url: `${vendor.url}/stock`,
          authentication: "bearer",
          auth_token: "{{pipeline_param.shop_token}}",
        },
      },
    }),
  );
  await done(
    client.assignIntegration({ params: shop, body: { integration_id: byParameter.template.id, revision: "latest" } }),
  );
  const blog = await done(client.createPipeline({ body: { name: "Blög", type: "server", enabled: false } }));
  await done(
    client.assignIntegration({
      params: { id: blog.id },
      body: { integration_id: orders.integrationId, revision: "latest", enabled: false },
    }),
  );
  await done(client.createPipelineKey({ params: shop, body: { expires_previous_in_seconds: 86_400 } }));
  const layer = {
    pii_rules: { hash_fields: ["traits.email"], salt: SALT },
    routing_rules: [{ condition: 'event == "Internal Test"', action: "drop" }],
    session: { timeout_minutes: 20 },
  };
  assert.equal((await api.call("PUT", "/data-layer", { config: layer })).status, 200);
  const consent = { default_policy: { analytics: true, marketing: false }, mapping: { C0005: "marketing" as const } };
  await done(client.updateOrganisation({ body: { settings: { consent } } }));
  const { pipeline_key: shopKey } = await done(client.getPipeline({ params: shop }));
  assert.ok(shopKey !== null);
  return { shopKey, orders: orders.integrationId, secretUser: byParameter.template.id };
}

/** Names, partitions and limits. */
async function topicsOf(folder: string): Promise<string[]> {
  const topics: string[] = [];
  for await (const { database, value } of storedEntries(join(folder, "data"))) {
    if (database !== "topics" || value.length <= 4) continue;
    const { number: _number, ...topic } = JSON.parse(value.toString("utf8")) as Record<string, unknown>;
    topics.push(JSON.stringify(topic));
  }
  return topics.toSorted();
}

test("export, apply to an empty installation, export: the same text, the same topics, the same deliveries", async (t) => {
  const one = await openControlRig();
  t.after(one.close);
  const other = await openControlRig();
  t.after(other.close);
  const configured = await configure(one);
  const exported = await done(one.client.exportConfiguration());
  for (const secret of [TOKEN, EARLIER_TOKEN, PARAMETER, SALT]) assert.ok(!exported.yaml.includes(secret), secret);
  const again = await done(one.client.exportConfiguration());
  assert.equal(again.yaml, exported.yaml);
  const changesNothing = await done(one.client.diffConfiguration({ body: { yaml: exported.yaml } }));
  assert.deepEqual([changesNothing.changes, changesNothing.objects], [[], []], "what was exported is what is there");

  // Only the export and the secrets move on; the vendor stands for the same address.
  const withoutSecrets = await other.client.applyConfiguration({ body: { yaml: exported.yaml, prune: true } });
  assert.ok(!withoutSecrets.ok);
  assert.equal(withoutSecrets.status, 422);
  for (const { name } of exported.variables) {
    assert.ok(
      withoutSecrets.error.details?.some(({ message }) => message.includes(name)),
      `${name} is asked for`,
    );
  }
  const secrets: Record<string, string> = {};
  for (const { name, resource_id, field } of exported.variables) {
    if (resource_id === configured.orders) secrets[name] = name.endsWith("_R1") ? EARLIER_TOKEN : TOKEN;
    else if (field === "shop_token") secrets[name] = PARAMETER;
    else if (resource_id === "data_layer") secrets[name] = SALT;
    else if (resource_id === configured.secretUser) secrets[name] = "{{pipeline_param.shop_token}}";
    else assert.fail(`what is ${name}?`);
  }
  const body = { yaml: exported.yaml, variables: secrets, prune: true };
  const planned = await done(other.client.applyConfiguration({ body: { ...body, dry_run: true } }));
  const before = await done(other.client.exportConfiguration());
  const applied = await done(other.client.applyConfiguration({ body }));
  assert.deepEqual(applied.changes, planned.changes, "a dry run says what is then done");
  assert.notEqual(before.yaml, exported.yaml, "the dry run changed nothing");
  const there = await done(other.client.exportConfiguration());
  assert.equal(there.yaml, exported.yaml);
  assert.deepEqual(there.variables, exported.variables);
  const repeated = await done(other.client.applyConfiguration({ body }));
  assert.deepEqual(repeated.changes, [], "applied twice changes nothing");

  await until(LATE_MS, async () => (await track(other.server, configured.shopKey, { messageId: "up" })) === 200);
  const count = one.vendor.requests.length;
  await until(LATE_MS, async () => {
    await track(other.server, configured.shopKey, { messageId: crypto.randomUUID(), properties: { value: 12 } });
    const fresh = one.vendor.requests.slice(count);
    return fresh.some(({ path }) => path === "/one") && fresh.some(({ path }) => path === "/stock");
  });
  const fresh = one.vendor.requests.slice(count);
  for (const [path, token] of [
    ["/one", EARLIER_TOKEN],
    ["/stock", PARAMETER],
  ]) {
    const authorizations = fresh.filter((request) => request.path === path).map(({ headers }) => headers.authorization);
    assert.deepEqual([...new Set(authorizations)], [`Bearer ${token}`]);
  }
  assert.deepEqual([await one.server.stop(), await other.server.stop()], [0, 0]);
  const without = (topics: string[]): string[] => topics.filter((topic) => !topic.includes("demo"));
  assert.deepEqual(without(await topicsOf(other.folder)), without(await topicsOf(one.folder)));
});
