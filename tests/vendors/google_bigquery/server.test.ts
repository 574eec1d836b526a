/** Through the whole server into local-bigquery: what is accepted stands in the table, which is not there at first. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { freePort, type SignalServer, startSignal, workFolder } from "../../harness/signal-server.ts";
import { until } from "../../harness/until.ts";
import { type LocalBigQuery, startLocalBigQuery } from "../servers/local-bigquery.ts";
import { errorOf, type GoogleFront, startGoogleFront } from "./google-front.ts";

const KEY = "dk_test_0123456789abcdef";
const PLACE = { project: "shop-analytics", dataset: "signal" };
const WAIT_MS = 60_000;
const KILLS = 2;

let bigquery: LocalBigQuery;
let front: GoogleFront;
before(async () => {
  bigquery = await startLocalBigQuery();
  await bigquery.createDataset(PLACE.project, PLACE.dataset);
  front = await startGoogleFront(bigquery.api);
});
after(async () => {
  await front?.close();
  await bigquery?.stop();
});
beforeEach(() => {
  front.intercept = () => null;
  front.passed.length = 0;
});

const env = (): Record<string, string> => ({ BIGQUERY_KEY: front.keyFile });

interface Options {
  blueprint?: string;
  /** Further lines of `config`. */
  more?: string[];
  /** Names of the integrations that write to the table. */
  names?: string[];
}

function configuration(
  table: string,
  { blueprint = "default", more = [], names = ["Warehouse"] }: Options = {},
): string {
  const integration = (name: string): string => `  - name: ${name}
    vendor: google_bigquery
    blueprint: ${blueprint}
    config:
      project_id: ${PLACE.project}
      dataset_id: ${PLACE.dataset}
      table_id: ${table}
      endpoint: ${front.url}
      token_endpoint: ${front.tokenUrl}
      batch_size: 20
      batch_interval_seconds: 1
${more.map((line) => `      ${line}\n`).join("")}    secrets: { service_account_json: "\${BIGQUERY_KEY}" }
    consent_categories: []
`;
  return `version: 1
pipelines:
  - name: Shop
    pipeline_key: ${KEY}
    domain_allowlist: [shop.example.com]
    rate_limit_rps: 1000000
    integrations: [${names.map((name) => `{ integration: ${name} }`).join(", ")}]
integrations:
${names.map(integration).join("")}`;
}

async function collect(server: SignalServer, ids: readonly string[], properties: object = {}): Promise<void> {
  const batch = ids.map((messageId, index) => ({
    ...{ type: "track", event: index % 3 === 0 ? "Order Completed" : "login", messageId, userId: `u-${index % 5}` },
    properties: { order_id: `ORD-${index}`, value: index, currency: "gbp", ...properties },
  }));
  const response = await fetch(`${server.gateway}/v1/batch`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${KEY}` },
    body: JSON.stringify({ batch }),
  });
  assert.equal(response.status, 200, await response.text());
}

const idsFrom = (first: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `e-${first + index}`);

type Row = Record<string, string | null>;

/** The rows once there are so many; none while there is no table. */
function rowsOf(table: string, count: number): Promise<Row[]> {
  return until(
    WAIT_MS,
    async () => {
      const found = await bigquery.rows({ ...PLACE, table }).catch(() => []);
      return found.length >= count && found;
    },
    () => `${count} rows in ${table}; asked: ${front.passed.map(({ method, path }) => `${method} ${path}`).join(", ")}`,
  );
}

const idsIn = (rows: readonly Row[]): unknown[] => rows.map((row) => row["event_id"]).toSorted();
const madeTables = (): number =>
  front.passed.filter(({ method, path }) => method === "POST" && path.endsWith("/tables")).length;

test("events are rows of a table that was not there, made once for all that write to it", async () => {
  const { folder, remove } = await workFolder();
  const config = configuration("accepted", { names: ["Warehouse", "Second"] });
  const server = await startSignal({ folder, config, env: env() });
  try {
    const ids = idsFrom(0, 90);
    await collect(server, ids);
    const rows = await rowsOf("accepted", 90);
    assert.deepEqual(idsIn(rows), ids.toSorted(), "each event once: two integrations send it under one insertId");
    assert.equal(madeTables(), 1);
    const order = rows.find((row) => row["event_id"] === "e-3");
    assert.deepEqual([order?.["event"], order?.["user_id"], order?.["type"]], ["purchase", "u-3", "track"]);
    assert.match(order?.["source_id"] ?? "", /^pip_/);
    assert.match(order?.["integration_id"] ?? "", /^tmpl_/);
    assert.deepEqual(JSON.parse(order?.["properties"] ?? ""), { transaction_id: "ORD-3", value: 3, currency: "gbp" });
    const { stdout } = await server.cli("dlq", "list", "Warehouse", "--json");
    assert.doesNotMatch(stdout, /rejected|misconfigured/);
    assert.doesNotMatch(server.output(), /BEGIN PRIVATE KEY|ya29\./);
    assert.match(server.output(), /the vendor was prepared/);
  } finally {
    await server.stop();
    await remove();
  }
});

test("a column that the configuration names is added while events flow; a row that does not fit is refused alone", async () => {
  const { folder, remove } = await workFolder();
  const server = await startSignal({ folder, config: configuration("grown"), env: env() });
  try {
    await collect(server, idsFrom(0, 20));
    await rowsOf("grown", 20);
    const columns = "extra_columns: { order_id: STRING, value: NUMERIC, currency: STRING, items: JSON }";
    await writeFile(
      join(folder, "signal.yaml"),
      configuration("grown", { more: [columns] }).replace("blueprint: default", MAPPING),
    );
    await until(WAIT_MS, () => server.output().includes("configuration") && sendsColumns(server));
    const all = await bigquery.columns({ ...PLACE, table: "grown" });
    assert.deepEqual(
      [all["order_id"], all["value"], all["items"]],
      ["STRING NULLABLE", "NUMERIC NULLABLE", "JSON NULLABLE"],
    );
    await collect(server, ["bad"], { value: "much" });
    await collect(server, ["good"], { value: "4.5" });
    const rows = await until(WAIT_MS, async () => {
      const found = await bigquery.rows({ ...PLACE, table: "grown" });
      return found.some((row) => row["event_id"] === "good") && found;
    });
    assert.equal(Number(rows.find((row) => row["event_id"] === "good")?.["value"]), 4.5);
    const letters = await until(WAIT_MS, async () => {
      const { stdout } = await server.cli("dlq", "list", "Warehouse", "--json");
      return stdout.includes("for its column value") && stdout;
    });
    assert.match(letters, /rejected/);
    assert.ok(rows.every((row) => row["event_id"] !== "bad"));
  } finally {
    await server.stop();
    await remove();
  }
});

/** Thirteen columns as they come, and three that the configuration adds. */
const MAPPING = `mapping:
      version: 2
      defaults:
        action: map
        mappings:
          - { source: messageId, target: event_id }
          - { source: canonical.transaction_id, target: order_id }
          - { source: canonical.value, target: value }
          - { source: canonical.currency, target: currency, transform: uppercase }`;

let probe = 0;
/** Whether events are mapped by the new configuration already. */
async function sendsColumns(server: SignalServer): Promise<boolean> {
  const id = `probe-${++probe}`;
  await collect(server, [id]);
  const row = await until(WAIT_MS, async () => {
    const found = await bigquery.rows({ ...PLACE, table: "grown" });
    return found.find((one) => one["event_id"] === id);
  });
  return row["order_id"] === "ORD-0";
}

test("while BigQuery does not know of the new table yet, rows wait and arrive", async () => {
  const { folder, remove } = await workFolder();
  const server = await startSignal({ folder, config: configuration("later"), env: env() });
  let refused = 0;
  front.intercept = ({ path }) => {
    if (!path.endsWith("/insertAll") || madeTables() === 0 || refused >= 3) return null;
    refused += 1;
    return { status: 404, body: errorOf(404, "notFound", "Table 402316535093:signal.later not found.") };
  };
  try {
    const ids = idsFrom(0, 20);
    await collect(server, ids);
    assert.deepEqual(idsIn(await rowsOf("later", 20)), ids.toSorted());
    assert.equal(refused, 3);
    assert.equal(madeTables(), 1);
  } finally {
    await server.stop();
    await remove();
  }
});

test("a right that is lacking stops the lane with its reason, and what waits is stored once it is granted", async () => {
  const { folder, remove } = await workFolder();
  const server = await startSignal({ folder, config: configuration("granted"), env: env() });
  front.intercept = ({ method, path }) =>
    method === "POST" && path.endsWith("/tables")
      ? {
          status: 403,
          body: errorOf(403, "accessDenied", "Permission bigquery.tables.create denied on dataset signal"),
        }
      : null;
  try {
    await collect(server, idsFrom(0, 1));
    const letters = await until(WAIT_MS, async () => {
      const { stdout } = await server.cli("dlq", "list", "Warehouse", "--json");
      return stdout.includes("tables.create denied") && stdout;
    });
    assert.match(letters, /misconfigured/);
    assert.match(letters, /BigQuery Data Editor/);
    await collect(server, idsFrom(1, 40));
    front.intercept = () => null;
    // A new revision has the lane try again at once.
    await writeFile(
      join(folder, "signal.yaml"),
      configuration("granted", { more: ["batch_interval_seconds: 2"] }).replace(
        "      batch_interval_seconds: 1\n",
        "",
      ),
    );
    const rows = await until(WAIT_MS * 2, async () => {
      const found = await bigquery.rows({ ...PLACE, table: "granted" }).catch(() => []);
      return found.length >= 39 && found;
    });
    assert.ok(idsIn(rows).every((id) => id !== "e-0"));
  } finally {
    await server.stop();
    await remove();
  }
});

test("nothing that was accepted is missing after the server was killed while it made the table and stored", async (context) => {
  const { folder, remove } = await workFolder();
  const fixed = { ...env(), GATEWAY_PORT: String(await freePort()) };
  const config = configuration("killed");
  let server = await startSignal({ folder, config, env: fixed });
  const all: string[] = [];
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const ids = idsFrom(kill * 200, 200);
      const before = front.passed.length;
      await collect(server, ids);
      all.push(...ids);
      await until(WAIT_MS, () => front.passed.length > before + kill * 2);
      await server.kill();
      server = await startSignal({ folder, config, env: fixed });
    }
    const rows = await until(WAIT_MS, async () => {
      const found = await bigquery.rows({ ...PLACE, table: "killed" }).catch(() => []);
      return new Set(idsIn(found)).size >= all.length && found;
    });
    assert.deepEqual([...new Set(idsIn(rows))], all.toSorted());
    context.diagnostic(`${rows.length - all.length} of ${rows.length} rows stand there twice after ${KILLS} kills`);
  } finally {
    await server.stop();
    await remove();
  }
});
