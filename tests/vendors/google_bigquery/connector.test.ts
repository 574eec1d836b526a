/** The connector on local-bigquery: tables and columns made, rows equal, each row judged by itself. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { loadConnectors } from "@datafly-signal/connectors";
import { deliveryOf } from "@datafly-signal/connectors/contract-case";
import {
  blueprintEvents,
  mappedEvent,
  openRun,
  requiredEvent,
  wholeEvent,
} from "@datafly-signal/connectors/golden-case";
import type {
  Connector,
  DeliveryPlan,
  DeliveryRecord,
  JsonObject,
  JsonValue,
  VendorOutcome,
} from "@datafly-signal/core";
import { type LocalBigQuery, startLocalBigQuery, tablePath } from "../servers/local-bigquery.ts";
import { deliver, newToken, send } from "./deliver.ts";
import { errorOf, type GoogleFront, startGoogleFront } from "./google-front.ts";

const PLACE = { project: "shop-analytics", dataset: "signal" };

let bigquery: LocalBigQuery;
let front: GoogleFront;
let connector: Connector;
let made = 0;
let table = "";
before(async () => {
  bigquery = await startLocalBigQuery();
  await bigquery.createDataset(PLACE.project, PLACE.dataset);
  front = await startGoogleFront(bigquery.api);
  const found = (await loadConnectors(undefined, ["google_bigquery"])).get("google_bigquery");
  assert.ok(found);
  connector = found;
});
after(async () => {
  await front?.close();
  await bigquery?.stop();
});
beforeEach(() => {
  table = `events_${++made}`;
  front.intercept = () => null;
  front.passed.length = 0;
});

const settings = (more: JsonObject = {}) => ({
  parameters: {
    ...{ project_id: PLACE.project, dataset_id: PLACE.dataset, table_id: table },
    ...{ endpoint: front.url, token_endpoint: front.tokenUrl, ...more },
  },
  secrets: { service_account_json: front.keyFile },
  batch: {},
  environment: "development" as const,
});

function planOf(more: JsonObject = {}): DeliveryPlan {
  const plan = connector.plan(settings(more));
  assert.ok(!Array.isArray(plan), JSON.stringify(plan));
  return plan;
}

const at = "2026-11-20T12:00:00.250Z";
const delivery = (messageId: string, payload: JsonObject): DeliveryRecord =>
  deliveryOf(
    { messageId, event: "purchase", timestamp: at, receivedAt: at },
    { index: 0, vendorEventName: null, payload: { event_id: messageId, ...payload } },
  );
const rows = () => bigquery.rows({ ...PLACE, table });
const columns = () => bigquery.columns({ ...PLACE, table });
const kinds = (outcomes: readonly VendorOutcome[]): string[] => outcomes.map(({ kind }) => kind);
const calls = (): string[] =>
  front.passed.map(
    ({ method, path }) => `${method} ${path.split(`/${PLACE.dataset}/tables`)[1]?.replace(table, "T") ?? path}`,
  );

test("a table that is not there is made with the first rows, and they stand in it as they were sent", async () => {
  const properties = {
    value: 79.99,
    currency: "GBP",
    items: [{ item_id: "SKU-1", price: "79.99" }],
    note: "ünïcode “ ” 🛒",
  };
  const given = delivery("m-1", {
    ...{
      type: "track",
      event: "purchase",
      anonymous_id: "a-1",
      user_id: "u-1",
      timestamp: at,
      received_at: at,
      sent_at: at,
    },
    ...{
      context: { ip: "203.0.113.7", consent: { analytics: true } },
      properties,
      traits: { email: "jane@example.com" },
    },
  });
  assert.deepEqual(kinds(await deliver(planOf(), [given])), ["delivered"]);
  assert.deepEqual(calls(), ["POST /T/insertAll", "GET /T", "POST ", "POST /T/insertAll"]);
  const [row, ...others] = await rows();
  assert.deepEqual(others, []);
  assert.deepEqual(
    { ...row, timestamp: 0, received_at: 0, sent_at: 0, context: 0, properties: 0, traits: 0 },
    {
      ...{ event_id: "m-1", type: "track", event: "purchase", anonymous_id: "a-1", user_id: "u-1" },
      ...{ timestamp: 0, received_at: 0, sent_at: 0, context: 0, properties: 0, traits: 0 },
      ...{ source_id: "pip_case", integration_id: "tmpl_case" },
    },
  );
  for (const time of ["timestamp", "received_at", "sent_at"])
    assert.equal(Number(row?.[time]) * 1_000, Date.parse(at), time);
  assert.deepEqual(JSON.parse(row?.["properties"] ?? ""), properties);
  assert.deepEqual(JSON.parse(row?.["context"] ?? ""), { ip: "203.0.113.7", consent: { analytics: true } });
  assert.deepEqual(JSON.parse(row?.["traits"] ?? ""), { email: "jane@example.com" });
});

test("the table has the thirteen columns and those of the settings, day partitions and clusters", async () => {
  const plan = planOf({ extra_columns: { order_id: "STRING", value: "NUMERIC", tags: "ARRAY<STRING>" } });
  await deliver(plan, [delivery("m-1", { order_id: 1001, value: "79.99", tags: ["new", 7] })]);
  assert.deepEqual(await columns(), {
    ...{ event_id: "STRING REQUIRED", type: "STRING NULLABLE", event: "STRING NULLABLE" },
    ...{ anonymous_id: "STRING NULLABLE", user_id: "STRING NULLABLE" },
    ...{ timestamp: "TIMESTAMP NULLABLE", received_at: "TIMESTAMP NULLABLE", sent_at: "TIMESTAMP NULLABLE" },
    ...{ context: "JSON NULLABLE", properties: "JSON NULLABLE", traits: "JSON NULLABLE" },
    ...{ source_id: "STRING NULLABLE", integration_id: "STRING NULLABLE" },
    ...{ order_id: "STRING NULLABLE", value: "NUMERIC NULLABLE", tags: "STRING REPEATED" },
  });
  const { body } = await bigquery.call("GET", tablePath({ ...PLACE, table }));
  assert.deepEqual(body["timePartitioning"], { type: "DAY", field: "timestamp" });
  assert.deepEqual(body["clustering"], { fields: ["type", "event"] });
  const [row] = await rows();
  assert.deepEqual([row?.["order_id"], Number(row?.["value"])], ["1001", 79.99]);
});

async function ownTable(fields: object[]): Promise<void> {
  const { status } = await bigquery.call("POST", `/projects/${PLACE.project}/datasets/${PLACE.dataset}/tables`, {
    tableReference: { projectId: PLACE.project, datasetId: PLACE.dataset, tableId: table },
    schema: { fields },
  });
  assert.equal(status, 200);
}

describe("a table of the user's", () => {
  const OWN = [
    { name: "Event_ID", type: "STRING", mode: "REQUIRED" },
    { name: "colour", type: "STRING", description: "Mine." },
  ];

  test("gets the columns that it lacks, and keeps its own", async () => {
    await ownTable(OWN);
    const plan = planOf({ extra_columns: { order_id: "STRING" } });
    assert.deepEqual(kinds(await deliver(plan, [delivery("m-1", { order_id: "o-1", colour: "red" })])), ["delivered"]);
    assert.deepEqual(calls(), ["POST /T/insertAll", "GET /T", "PATCH /T", "POST /T/insertAll"]);
    const { colour, Event_ID, order_id, type, ...others } = await columns();
    assert.deepEqual(
      [colour, Event_ID, order_id, type],
      ["STRING NULLABLE", "STRING REQUIRED", "STRING NULLABLE", "STRING NULLABLE"],
    );
    assert.equal(Object.keys(others).length, 11);
    const { body } = await bigquery.call("GET", tablePath({ ...PLACE, table }));
    const { fields } = body["schema"] as { fields: JsonObject[] };
    assert.equal(fields.find(({ name }) => name === "colour")?.["description"], "Mine.");
    assert.deepEqual(
      (await rows()).map((row) => [row["Event_ID"], row["order_id"], row["colour"]]),
      [["m-1", "o-1", "red"]],
    );
  });

  test("is left alone where the settings say so, and the dead letter names the column", async () => {
    await ownTable([...OWN, { name: "type", type: "STRING" }]);
    const [outcome] = await deliver(planOf({ create_table: "no", add_columns: "no" }), [delivery("m-1", {})]);
    assert.ok(outcome?.kind === "reject");
    assert.match(outcome.reason, /^The table has no column \w+\. Add it, or set add_columns to yes\.$/);
    assert.equal(Object.keys(await columns()).length, 3);
    assert.deepEqual(calls(), ["POST /T/insertAll"]);
  });

  test("a column that nobody named refuses its row alone", async () => {
    const plan = planOf();
    const outcomes = await deliver(plan, [delivery("m-1", {}), delivery("m-2", { order_id: "o-2" })]);
    assert.deepEqual(kinds(outcomes), ["delivered", "reject"]);
    assert.match((outcomes[1] as { reason: string }).reason, /no column order_id\. Give its type in extra_columns/);
    assert.deepEqual(
      (await rows()).map((row) => row["event_id"]),
      ["m-1"],
    );
  });
});

test("a bad row is refused alone, and its neighbours arrive", async () => {
  const plan = planOf({ extra_columns: { value: "FLOAT" } });
  const outcomes = await deliver(plan, [
    delivery("m-1", { value: 1 }),
    delivery("m-2", { value: "much" }),
    delivery("m-3", { timestamp: "yesterday" }),
    delivery("m-4", { value: "-4.5" }),
  ]);
  assert.deepEqual(kinds(outcomes), ["delivered", "reject", "reject", "delivered"]);
  assert.match((outcomes[1] as { reason: string }).reason, /for its column value: /);
  assert.match((outcomes[2] as { reason: string }).reason, /for its column timestamp: /);
  assert.deepEqual((await rows()).map((row) => row["event_id"]).toSorted(), ["m-1", "m-4"]);
});

test("an event that comes twice is one row, whatever the length of its id", async () => {
  const plan = planOf();
  const ids = ["m-1", "i".repeat(128), "j".repeat(255), "ü".repeat(100)];
  const all = ids.map((id) => delivery(id, {}));
  for (let time = 0; time < 3; time++) assert.ok(kinds(await deliver(plan, all)).every((kind) => kind === "delivered"));
  assert.deepEqual((await rows()).map((row) => row["event_id"]).toSorted(), ids.toSorted());
});

test("more errors than are kept of an answer: every row is judged all the same", async () => {
  const plan = planOf({ batch_size: 2_000 });
  await deliver(plan, [delivery("first", {})]);
  const all = Array.from({ length: 1_200 }, (_, index) =>
    delivery(`m-${index}`, index % 3 === 0 ? {} : { received_at: `never, ${"x".repeat(40)} ${index}` }),
  );
  const outcomes = await deliver(plan, all);
  assert.deepEqual(
    kinds(outcomes),
    all.map((_, index) => (index % 3 === 0 ? "delivered" : "reject")),
  );
  assert.ok(front.passed.length > 4, "it was sent in halves");
  assert.equal((await rows()).length, 401);
});

test("a token that ends is had anew, and the rows go out", async () => {
  const plan = planOf();
  await deliver(plan, [delivery("m-1", {})]);
  const before = front.given();
  front.intercept = ({ path }) => {
    if (path.endsWith("/insertAll") && front.given() === before + 1) {
      front.revoke();
      return { status: 401, body: errorOf(401, "authError", "Request had invalid authentication credentials.") };
    }
    return null;
  };
  assert.deepEqual(kinds(await deliver(plan, [delivery("m-2", {})])), ["delivered"]);
  assert.equal(front.given(), before + 2);
  assert.equal((await rows()).length, 2);
});

test("what Google refuses is told apart", async () => {
  const cases: [status: number, body: object, outcome: RegExp][] = [
    [403, errorOf(403, "rateLimitExceeded", "Exceeded rate limits"), /^throttle/],
    [403, errorOf(403, "quotaExceeded", "Exceeded quota"), /^throttle/],
    [403, errorOf(403, "accessDenied", "Permission bigquery.tables.updateData denied"), /^misconfigured .*Data Editor/],
    [404, errorOf(404, "notFound", "Not found: Dataset shop-analytics:signal"), /^misconfigured .*dataset_id/],
    [413, {}, /^reject .*too large/],
    [500, errorOf(500, "internalError", "An internal error occurred"), /^retry/],
    [503, errorOf(503, "backendError", "Error 503"), /^retry/],
  ];
  const plan = planOf();
  for (const [status, body, expected] of cases) {
    front.intercept = ({ path }) => (path.endsWith("/insertAll") ? { status, body } : null);
    const [outcome] = await deliver(plan, [delivery("m-1", {})]);
    assert.ok(outcome !== undefined && outcome.kind !== "delivered");
    assert.match(`${outcome.kind} ${outcome.reason}`, expected);
  }
});

test("a dataset that is not there is nothing that is made", async () => {
  const plan = planOf({ dataset_id: "nowhere" });
  const [outcome] = await deliver(plan, [delivery("m-1", {})]);
  assert.ok(outcome?.kind === "misconfigured", JSON.stringify(outcome));
  assert.match(outcome.reason, /dataset/);
});

test("two that make the table at once make one, and both write", async () => {
  const [one, other] = await Promise.all([
    deliver(planOf(), [delivery("m-1", {})]),
    deliver(planOf({ extra_columns: { order_id: "STRING" } }), [delivery("m-2", { order_id: "o-2" })]),
  ]);
  assert.deepEqual([...one, ...other], [{ kind: "delivered" }, { kind: "delivered" }]);
  assert.deepEqual((await rows()).map((row) => row["event_id"]).toSorted(), ["m-1", "m-2"]);
});

test("the connection test tells what is there", async () => {
  const told = async (more: JsonObject = {}): Promise<JsonValue> => {
    const plan = planOf(more);
    assert.ok(plan.test);
    const request = plan.test.request({ now: Date.now(), batchId: "test", token: await newToken(plan) });
    return plan.test.read(await send(request)) as unknown as JsonObject;
  };
  assert.deepEqual(await told(), {
    ok: true,
    message: `The credentials are good. There is no table signal.${table} yet: it is made with the first rows.`,
  });
  await deliver(planOf(), [delivery("m-1", {})]);
  assert.deepEqual(await told(), { ok: true, message: `The table signal.${table} is there and has all columns.` });
  const lacking = (await told({ extra_columns: { order_id: "STRING" }, add_columns: "no" })) as JsonObject;
  assert.deepEqual([lacking["ok"], lacking["field"]], [false, "add_columns"]);
  front.intercept = () => ({
    status: 404,
    body: errorOf(404, "notFound", "Not found: Dataset shop-analytics:nowhere"),
  });
  const nowhere = (await told({ dataset_id: "nowhere" })) as JsonObject;
  assert.deepEqual([nowhere["ok"], nowhere["kind"], nowhere["field"]], [false, "not_found", "dataset_id"]);
});

test("a key that Google does not know gives no token, and says which setting it is", async () => {
  const other = await startGoogleFront(bigquery.api);
  const plan = connector.plan({ ...settings(), secrets: { service_account_json: other.keyFile } });
  await other.close();
  assert.ok(!Array.isArray(plan));
  await assert.rejects(newToken(plan), /invalid_grant.*service_account_json/);
});

for (const key of ["default", "retail", "travel", "media"]) {
  test(`every event of the blueprint ${key} is a row, with all fields and with few`, async () => {
    const blueprint = connector.blueprints?.find((one) => one.key === key);
    const variant = connector.variants.find((one) => one.key === key);
    assert.ok(blueprint && variant);
    const run = openRun(connector, blueprint, settings(variant.default_config));
    // Events without a section are rows too.
    const given = [...blueprintEvents(blueprint), "view_item_list", "Wishlist Shared"].flatMap((event) => {
      const whole = wholeEvent(event, blueprint);
      return [
        { ...whole, messageId: `${event}-all` },
        { ...requiredEvent(run, whole), messageId: `${event}-few` },
      ];
    });
    const deliveries = given.map((event, index) => {
      const mapped = mappedEvent(run, event, index);
      assert.ok(!("fault" in mapped), JSON.stringify(mapped));
      return mapped;
    });
    const outcomes = await deliver(run.plan, deliveries);
    assert.deepEqual(
      outcomes.filter(({ kind }) => kind !== "delivered"),
      [],
    );
    const stored = await rows();
    assert.deepEqual(stored.map((row) => row["event_id"]).toSorted(), given.map((event) => event.messageId).toSorted());
    const own = Object.keys(JSON.parse(String(variant.default_config["extra_columns"] ?? "{}")) as JsonObject);
    const unused = own.filter((column) => stored.every((row) => row[column] === null));
    assert.deepEqual(unused, [], "every column of the variant is filled by some event");
  });
}
