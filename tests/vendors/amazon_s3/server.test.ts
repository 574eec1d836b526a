/** Through the whole server into MinIO: what is accepted stands in the objects, also when the server is killed on the way. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePort, startSignal, workFolder } from "../../harness/signal-server.ts";
import { until } from "../../harness/until.ts";
import { type Minio, startMinio } from "../servers/minio.ts";
import { storedRows } from "./stored-rows.ts";

const KEY = "dk_test_0123456789abcdef";
const BUCKET = "shop-events";
const WAIT_MS = 60_000;
const KILLS = 2;

let minio: Minio;
before(async () => {
  minio = await startMinio();
  await minio.createBucket(BUCKET);
});
after(() => minio?.stop());

interface Lake {
  name: string;
  /** Of its keys. */
  prefix: string;
  secret?: string;
  format?: string;
}

function configuration(lakes: readonly Lake[]): string {
  return `version: 1
pipelines:
  - name: Shop
    pipeline_key: ${KEY}
    domain_allowlist: [shop.example.com]
    rate_limit_rps: 1000000
    integrations: [${lakes.map(({ name }) => `{ integration: ${name} }`).join(", ")}]
integrations:
${lakes.map(integration).join("")}`;
}

function integration({ name, prefix, secret = minio.root.secretAccessKey, format = "ndjson" }: Lake): string {
  return `  - name: ${name}
    vendor: amazon_s3
    config:
      bucket: ${BUCKET}
      region: ${minio.region}
      endpoint: ${minio.url}
      access_key_id: ${minio.root.accessKeyId}
      prefix: ${prefix}
      format: ${format}
      batch_size: 20
      batch_interval_seconds: 1
    secrets:
      secret_access_key: ${secret}
    consent_categories: []
`;
}

async function collect(gateway: string, ids: readonly string[]): Promise<void> {
  const batch = ids.map((messageId, index) => ({
    type: "track",
    event: index % 3 === 0 ? "Order Completed" : "login",
    messageId,
    userId: `u-${index % 5}`,
    properties: { order_id: `ORD-${index}`, value: index },
  }));
  const response = await fetch(`${gateway}/v1/batch`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${KEY}` },
    body: JSON.stringify({ batch }),
  });
  assert.equal(response.status, 200, await response.text());
}

async function storedIds(prefix: string): Promise<string[]> {
  const stored = await storedRows(minio, BUCKET, `${prefix}/`);
  return stored.flatMap(({ rows }) => rows.map((row) => String(row["event_id"])));
}

const idsFrom = (first: number, count: number) => Array.from({ length: count }, (_, index) => `e-${first + index}`);

test("what is accepted stands in objects by date and event, in each format", async () => {
  const { folder, remove } = await workFolder();
  const formats = ["ndjson", "csv", "parquet"];
  const config = configuration(formats.map((format) => ({ name: `Lake ${format}`, prefix: format, format })));
  const server = await startSignal({ folder, config });
  try {
    const ids = idsFrom(0, 60);
    await collect(server.gateway, ids);
    for (const format of formats) {
      const stored = await until(WAIT_MS, async () => {
        const found = await storedRows(minio, BUCKET, `${format}/`);
        return found.reduce((sum, { rows }) => sum + rows.length, 0) >= ids.length && found;
      });
      const all = stored.flatMap(({ rows }) => rows.map((row) => row["event_id"]));
      assert.deepEqual(all.toSorted(), ids.toSorted(), "each event once");
      for (const { key, rows } of stored) {
        const [, day, event] =
          /^[a-z]+\/dt=(\d{4}-\d\d-\d\d)\/event_name=(Order_Completed|login)\/[0-9a-f]{32}\./.exec(key) ?? [];
        for (const row of rows) {
          assert.equal(String(row["event"]).replace(" ", "_"), event);
          assert.equal(new Date(String(row["timestamp"])).toISOString().slice(0, 10), day);
          assert.match(String(row["source_id"]), /^pip_/);
          assert.match(String(row["integration_id"]), /^tmpl_/);
        }
      }
    }
  } finally {
    await server.stop();
    await remove();
  }
});

/** Sends one batch after the other, each until it is accepted. */
function startSending(gateway: string): { accepted: string[]; stop(): Promise<void> } {
  const accepted: string[] = [];
  let running = true;
  const sending = (async () => {
    while (running) {
      const ids = idsFrom(accepted.length, 30);
      while (running) {
        const isAccepted = await collect(gateway, ids).then(
          () => true,
          () => false,
        );
        if (isAccepted) accepted.push(...ids);
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (isAccepted) break;
      }
    }
  })();
  return {
    accepted,
    stop() {
      running = false;
      return sending;
    },
  };
}

test("nothing that was accepted is missing after the server was killed while it stored", async (context) => {
  const { folder, remove } = await workFolder();
  const env = { GATEWAY_PORT: String(await freePort()) };
  const config = configuration([{ name: "Lake", prefix: "killed" }]);
  let server = await startSignal({ folder, config, env });
  const sender = startSending(server.gateway);
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const before = (await minio.list(BUCKET, "killed/")).length;
      await until(WAIT_MS, async () => (await minio.list(BUCKET, "killed/")).length > before + 20);
      await server.kill();
      server = await startSignal({ folder, config, env });
    }
    await sender.stop();
    const stored = await until(WAIT_MS, async () => {
      const found = await storedIds("killed");
      return new Set(found).size >= sender.accepted.length && found;
    });
    // One batch may have been accepted by a server that was killed before it could say so.
    const accepted = new Set(sender.accepted);
    const beside = [...new Set(stored)].filter((id) => !accepted.has(id));
    assert.deepEqual(
      sender.accepted.filter((id) => !stored.includes(id)),
      [],
    );
    assert.ok(beside.length <= 30, beside.join(" "));
    const twice = stored.length - new Set(stored).size;
    context.diagnostic(`${twice} of ${stored.length} rows stand there twice after ${KILLS} kills`);
    const keys = (await minio.list(BUCKET, "killed/")).map(({ key }) => key.split("/").at(-1));
    assert.equal(new Set(keys).size, keys.length, "one object for each batch's id");
  } finally {
    await sender.stop();
    await server.stop();
    await remove();
  }
});

test("a wrong secret stops the lane with its reason, and what waits is stored once it is mended", async () => {
  const { folder, remove } = await workFolder();
  const server = await startSignal({
    folder,
    config: configuration([{ name: "Lake", prefix: "mended", secret: "another-secret" }]),
  });
  try {
    await collect(server.gateway, idsFrom(0, 1));
    const letters = await until(WAIT_MS, async () => {
      const { stdout } = await server.cli("dlq", "list", "Lake", "--json");
      return stdout.includes("SignatureDoesNotMatch") && stdout;
    });
    assert.match(letters, /misconfigured/);
    assert.ok(!letters.includes("another-secret"));
    await collect(server.gateway, idsFrom(1, 50));
    await writeFile(join(folder, "signal.yaml"), configuration([{ name: "Lake", prefix: "mended" }]));
    const stored = await until(WAIT_MS, async () => {
      const found = await storedIds("mended");
      return found.length >= 50 && found;
    });
    assert.deepEqual(stored.toSorted(), idsFrom(1, 50).toSorted());
  } finally {
    await server.stop();
    await remove();
  }
});
