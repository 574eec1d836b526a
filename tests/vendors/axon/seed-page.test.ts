/** The page of the Axon integration in the product's documentation, sentence by sentence, as far as connector and vendor decide it. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { ConnectionSettings, Connector, DeliveryRecord, VendorOutcome } from "@datafly-signal/core";
import { loadConnectors } from "@datafly-signal/connectors";
import { deliveryOf } from "@datafly-signal/connectors/contract-case";
import { openRig, type Rig } from "../connector-rig.ts";
import { AXON } from "./simulator.ts";

const FOLDER = new URL("../../../connectors/axon/", import.meta.url);

/** The config of the page's install call. */
const INSTALLED: Record<"api_key" | "org_id" | "dataset_id", string> = {
  api_key: AXON.key,
  org_id: AXON.orgId,
  dataset_id: AXON.datasetId,
};

function split(connector: Connector, config: Record<string, string>): Partial<ConnectionSettings> {
  const secretKeys = connector.config_fields.filter(({ type }) => type === "secret").map(({ key }) => key);
  const isSecret = ([key]: [string, string]): boolean => secretKeys.includes(key);
  const entries = Object.entries(config);
  return {
    parameters: Object.fromEntries(entries.filter((entry) => !isSecret(entry))),
    secrets: Object.fromEntries(entries.filter(isSecret)),
  };
}

const axon = async (): Promise<Connector> => {
  const connector = (await loadConnectors(undefined, ["axon"])).get("axon");
  assert.ok(connector);
  return connector;
};

const open = async (config: Partial<typeof INSTALLED> = {}): Promise<Rig> =>
  openRig("axon", { settings: split(await axon(), { ...INSTALLED, ...config }) });

const order = (rig: Rig, messageId = "m-1"): DeliveryRecord =>
  rig.delivery({
    type: "track",
    event: "Order Completed",
    messageId,
    timestamp: "2026-02-25T14:30:00.000Z",
    anonymousId: "a-1",
    userId: "u-1",
    properties: { order_id: "O-1", total: 79.99, currency: "EUR" },
    context: { page: { url: "https://shop.example.com/thanks" }, locale: "en-GB" },
  });

const reasonOf = (outcome: VendorOutcome | undefined): string =>
  outcome !== undefined && "reason" in outcome ? outcome.reason : "";

describe("Axon's page: what it is", () => {
  it("sends event and analytics data to Axon, is called so, is in beta, and stands under Other", async () => {
    const { name, description, status, category } = await axon();
    assert.deepEqual([name, status, category], ["Axon", "beta", "other"]);
    assert.equal(
      description,
      "Send event and analytics data to Axon for data orchestration, dataset management, and centralised event collection.",
    );
  });

  it("has the page's headings, and says that it is in beta and may change", async () => {
    const readme = await readFile(new URL("README.md", FOLDER), "utf8");
    const headings = readme.split("\n").filter((line) => /^#{1,3} /.test(line));
    const page = [
      ...["# Axon", "## Overview", "## Prerequisites", "### Create an Axon Account", "### Create a Dataset"],
      ...["### Generate an API Key", "## Configuration", "## Signal Setup", "### Management UI", "### Management API"],
      ...["## Delivery", "## Testing", "## Troubleshooting"],
    ];
    assert.deepEqual(
      headings.filter((line) => page.includes(line)),
      page,
    );
    assert.match(readme, /in beta: settings and behaviour may change/);
  });

  it("loads no script in the client: the folder has none, and requests go from the server to Axon's API", async () => {
    const rig = await open();
    const { exchanges } = await rig.send([order(rig)]);
    assert.equal(new URL(exchanges[0]?.request.url ?? "").host, AXON.host);
    assert.equal(existsSync(fileURLToPath(new URL("client", FOLDER))), false);
  });
});

describe("Axon's page: configuration", () => {
  it("has these fields, all required, with these descriptions", async () => {
    const { config_fields: fields } = await axon();
    assert.deepEqual(
      fields.map(({ key, label, type, required, help_text }) => ({ key, label, type, required, help_text })),
      [
        {
          key: "api_key",
          label: "API Key",
          type: "secret",
          required: true,
          help_text: "Your Axon API key for authenticating server-to-server event delivery.",
        },
        {
          key: "org_id",
          label: "Organisation ID",
          type: "string",
          required: true,
          help_text: "Your Axon organisation ID, found in the Axon dashboard under Settings.",
        },
        {
          key: "dataset_id",
          label: "Dataset ID",
          type: "string",
          required: true,
          help_text: "The Axon dataset ID to write events into.",
        },
      ],
    );
  });

  it("takes the install call's variant and config as they stand on the page", async () => {
    const connector = await axon();
    assert.ok(connector.variants.some(({ key }) => key === "default"));
    const config = { api_key: "your-api-key", org_id: "org-abc-123", dataset_id: "dataset-xyz-456" };
    const settings = split(connector, config);
    const plan = connector.plan({ parameters: {}, secrets: {}, batch: {}, environment: "production", ...settings });
    assert.ok(!Array.isArray(plan), JSON.stringify(plan));
  });

  it("shows that call in its README, word for word", async () => {
    const readme = await readFile(new URL("README.md", FOLDER), "utf8");
    const call = /curl -X POST (\S+) \\\n([\s\S]*?)-d '(\{[\s\S]*?\n {2}\})'/.exec(readme);
    assert.equal(call?.[1], "http://localhost:8084/v1/admin/integration-catalog/axon/install");
    assert.match(call?.[2] ?? "", /-H "Authorization: Bearer YOUR_TOKEN".*-H "Content-Type: application\/json"/s);
    assert.deepEqual(JSON.parse(call?.[3] ?? "{}"), {
      name: "Axon",
      variant: "default",
      config: { api_key: "your-api-key", org_id: "org-abc-123", dataset_id: "dataset-xyz-456" },
      delivery_mode: "server_side",
    });
  });
});

describe("Axon's page: delivery", () => {
  it("writes events into the dataset, with type, properties, user identifiers, context and time", async () => {
    const rig = await open();
    assert.deepEqual((await rig.send([order(rig)])).outcomes, [{ kind: "delivered" }]);
    const [written] = rig.world.counted();
    assert.equal(written?.scope, AXON.datasetId);
    assert.deepEqual(written?.payload, {
      id: "m-1",
      type: "track",
      name: "purchase",
      timestamp: "2026-02-25T14:30:00.000Z",
      user_id: "u-1",
      anonymous_id: "a-1",
      properties: { transaction_id: "O-1", value: 79.99, currency: "EUR" },
      context: { page: { url: "https://shop.example.com/thanks" }, locale: "en-GB" },
    });
  });

  it("writes page views and custom events", async () => {
    const rig = await open();
    const given = { timestamp: "2026-02-25T14:30:00.000Z", anonymousId: "a-1", context: {} };
    const page = rig.delivery({ ...given, type: "page", name: "Home", messageId: "m-1" });
    const custom = rig.delivery({ ...given, type: "track", event: "Colour Chosen", messageId: "m-2" }, 1);
    await rig.send([page, custom]);
    assert.deepEqual(
      rig.world.counted().map(({ name }) => name),
      ["Home", "Colour Chosen"],
    );
  });

  it("needs no mapping", async () => {
    const rig = await open();
    const { event } = order(rig);
    await rig.send([deliveryOf(event, { index: 0, vendorEventName: null })]);
    const [written] = rig.world.counted();
    assert.equal(written?.name, "Order Completed");
    assert.deepEqual(rig.world.warnings, []);
  });
});

describe("Axon's page: troubleshooting", () => {
  const cases: [string, Partial<typeof INSTALLED>, RegExp][] = [
    ["401: an invalid key", { api_key: "unknown-key" }, /invalid or has been revoked \(401\).*Generate a new key/],
    ["401: a revoked key", { api_key: AXON.revokedKey }, /invalid or has been revoked \(401\).*Generate a new key/],
    ["403: a key that may only read", { api_key: AXON.readOnlyKey }, /write permissions.*\(403\).*key permissions/],
    ["403: a dataset the key may not write to", { dataset_id: AXON.otherDatasetId }, /write permissions.*\(403\)/],
    ["404: a wrong org_id", { org_id: "org-unknown" }, /org_id or dataset_id is incorrect \(404\).*Verify both/],
    ["404: a wrong dataset_id", { dataset_id: "dataset-unknown" }, /org_id or dataset_id is incorrect \(404\)/],
  ];
  for (const [what, config, words] of cases) {
    it(`${what} is a wrong setting, and says the cure`, async () => {
      const rig = await open(config);
      const [outcome] = (await rig.send([order(rig)])).outcomes;
      assert.equal(outcome?.kind, "misconfigured");
      assert.match(reasonOf(outcome), words);
      assert.deepEqual(rig.world.accepted, []);
    });
  }

  it("events for an archived dataset are taken and do not appear", async () => {
    const rig = await open({ dataset_id: AXON.archivedDatasetId });
    assert.deepEqual((await rig.send([order(rig)])).outcomes, [{ kind: "delivered" }]);
    assert.deepEqual(rig.world.counted(), []);
  });

  it("a timeout is tried again, and the event arrives once Axon answers", async () => {
    const rig = await open();
    rig.world.next("timeout");
    const tries = [await rig.send([order(rig)]), await rig.send([order(rig)])];
    assert.deepEqual(
      tries.map(({ outcomes }) => outcomes[0]?.kind),
      ["retry", "delivered"],
    );
    assert.ok(rig.plan.timeoutMs <= 30_000 && rig.plan.maxRetries === 5);
  });

  it("the answer of a gateway that timed out names the status page", async () => {
    const rig = await open();
    const request = (await rig.send([order(rig)])).exchanges[0]?.request;
    assert.ok(request);
    for (const status of [408, 504]) {
      const [outcome] = rig.plan.classify({ status, headers: {}, body: "" }, request);
      assert.equal(outcome?.kind, "retry");
      assert.match(reasonOf(outcome), /status page/);
    }
  });

  it("an event that is redelivered carries the same id, by which Axon drops the copy", async () => {
    const rig = await open();
    const answers = [await rig.send([order(rig)]), await rig.send([order(rig)])];
    assert.deepEqual(
      answers.map(({ exchanges }) => JSON.parse(exchanges[0]?.response.body ?? "{}") as unknown),
      [
        { accepted: 1, duplicates: 0 },
        { accepted: 1, duplicates: 1 },
      ],
    );
    assert.deepEqual(
      rig.world.accepted.map(({ dedupeKey }) => dedupeKey),
      ["m-1", "m-1"],
    );
    assert.equal(rig.world.counted().length, 1);
  });
});
