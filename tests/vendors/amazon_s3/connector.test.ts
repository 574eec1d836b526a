/** The connector against MinIO, which checks each signature: what it writes is read back and compared. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, beforeEach, describe, it } from "node:test";
import { loadConnectors } from "@datafly-signal/connectors";
import { caseSettings, deliveryOf } from "@datafly-signal/connectors/contract-case";
import { blueprintEvents, mappedEvent, openRun, wholeEvent } from "@datafly-signal/connectors/golden-case";
import {
  catalogueEvents,
  type ConnectionTestResult,
  type DeliveryPlan,
  type DeliveryRecord,
  type JsonObject,
  type VendorOutcome,
  type VendorRequest,
  type VendorResponse,
} from "@datafly-signal/core";
import { type Minio, startMinio } from "../servers/minio.ts";
import type { S3Credentials } from "../servers/s3-client.ts";
import { type Row, storedRows } from "./stored-rows.ts";

const NOW = Date.now();
const TIME = "2026-02-25T14:30:00.000Z";

const connector = (await loadConnectors(undefined, ["amazon_s3"])).get("amazon_s3");
assert.ok(connector);

let minio: Minio;
let bucket = "";
let buckets = 0;
before(async () => {
  minio = await startMinio();
});
after(() => minio?.stop());
beforeEach(async () => {
  bucket = `events-${++buckets}`;
  await minio.createBucket(bucket);
});

interface Given {
  parameters?: JsonObject;
  credentials?: S3Credentials;
}

function settingsOf({ parameters = {}, credentials = minio.root }: Given = {}) {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return {
    parameters: { bucket, region: minio.region, access_key_id: accessKeyId, endpoint: minio.url, ...parameters },
    secrets: {
      secret_access_key: secretAccessKey,
      ...(sessionToken !== undefined && { session_token: sessionToken }),
    },
    environment: "development" as const,
  };
}

function planOf(given: Given = {}): DeliveryPlan {
  const plan = connector?.plan(caseSettings({ settings: settingsOf(given) }));
  assert.ok(plan !== undefined && !Array.isArray(plan), JSON.stringify(plan));
  return plan;
}

async function send({ method, url, headers, body }: VendorRequest): Promise<VendorResponse> {
  const sent = { method, headers, redirect: "manual", ...(body !== null && { body: Buffer.from(body) }) } as const;
  const response = await fetch(url, sent);
  return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() };
}

interface Sent {
  requests: VendorRequest[];
  outcomes: VendorOutcome[];
}

async function deliver(plan: DeliveryPlan, deliveries: readonly DeliveryRecord[], now = NOW): Promise<Sent> {
  const { requests, refused } = plan.build(deliveries, { now, batchId: idOf(deliveries) });
  assert.deepEqual(refused, []);
  const outcomes = await Promise.all(
    requests.map(async (request) => plan.classify(await send(request), request, { now })),
  );
  return { requests, outcomes: outcomes.flat() };
}

/** As the worker makes it. */
function idOf(deliveries: readonly DeliveryRecord[]): string {
  const text = deliveries.map(({ deliveryId }) => deliveryId).join("\n");
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function purchase(index: number, more: JsonObject = {}, event: JsonObject = {}): DeliveryRecord {
  const messageId = `m-${index}`;
  return deliveryOf(
    { messageId, event: "purchase", timestamp: TIME, ...event },
    {
      index,
      vendorEventName: null,
      payload: {
        event_id: messageId,
        type: "track",
        event: "purchase",
        anonymous_id: null,
        user_id: index % 2 === 0 ? 'Jörg, "J"\n日本' : null,
        timestamp: TIME,
        received_at: "2026-02-25T14:30:01.250Z",
        sent_at: null,
        context: { page: { url: "https://shop.example.com/?a=1&b=2" }, ip: "203.0.113.7" },
        properties: { value: index + 0.1, items: [{ item_id: "SKU-1" }], note: 'a,b;"c"' },
        traits: null,
        source_id: "pip_case",
        integration_id: "tmpl_case",
        ...more,
      },
    },
  );
}

const several = (count: number): DeliveryRecord[] => Array.from({ length: count }, (_, index) => purchase(index));
const payloads = (deliveries: readonly DeliveryRecord[]): Row[] => deliveries.map(({ payload }) => payload as Row);
const JSON_COLUMNS = ["context", "properties", "traits"];

/** The row with its three objects read from text. */
function withObjects(row: Row): Row {
  const objects = JSON_COLUMNS.map((name) => [name, row[name] === null ? null : JSON.parse(String(row[name]))]);
  return { ...row, ...(Object.fromEntries(objects) as Row) };
}

describe("amazon_s3: objects", () => {
  for (const compression of ["gzip", "none"]) {
    it(`lines of JSON are the rows (${compression})`, async () => {
      const deliveries = several(50);
      const { outcomes } = await deliver(planOf({ parameters: { compression } }), deliveries);
      assert.deepEqual(new Set(outcomes.map(({ kind }) => kind)), new Set(["delivered"]));
      const [object, ...others] = await storedRows(minio, bucket);
      assert.deepEqual(others, []);
      assert.deepEqual(object?.rows, payloads(deliveries));
      const ending = compression === "gzip" ? "ndjson.gz" : "ndjson";
      assert.equal(object.key, `datafly/dt=2026-02-25/event_name=purchase/${idOf(deliveries)}.${ending}`);
      assert.equal(object.headers["content-type"], "application/x-ndjson");
      assert.equal(object.headers["content-encoding"], compression === "gzip" ? "gzip" : undefined);
    });

    it(`CSV has the columns of the row, its objects as JSON (${compression})`, async () => {
      const deliveries = several(50);
      await deliver(planOf({ parameters: { compression, format: "csv" } }), deliveries);
      const [object] = await storedRows(minio, bucket);
      assert.deepEqual(object?.rows.map(withObjects), payloads(deliveries));
      assert.equal(object.headers["content-type"], "text/csv; charset=utf-8");
    });

    it(`Parquet has the same columns, its times as times (${compression})`, async () => {
      const deliveries = several(50);
      await deliver(planOf({ parameters: { compression, format: "parquet" } }), deliveries);
      const [object] = await storedRows(minio, bucket);
      const expected = payloads(deliveries).map((row) => ({
        ...row,
        timestamp: new Date(String(row["timestamp"])),
        received_at: new Date(String(row["received_at"])),
      }));
      assert.deepEqual(object?.rows.map(withObjects), expected);
      assert.match(object.key, /\.parquet$/);
      assert.equal(object.headers["content-encoding"], undefined);
    });
  }

  it("Parquet gives columns of one's own their types, and null for what does not fit", async () => {
    const columns = "event_id, value:double, count:integer, gift:boolean, paid_at:timestamp, note, items:json, none";
    const rows: JsonObject[] = [
      { value: "79.99", count: 3, gift: true, paid_at: TIME, note: "x", items: [{ item_id: "SKU-1" }] },
      { value: -0.5, count: 1.5, gift: "false", paid_at: Date.parse(TIME), note: 7, items: {} },
      { value: "much", count: "12", gift: "yes", paid_at: "soon", note: { a: 1 }, items: "SKU-1" },
      {},
    ];
    const deliveries = rows.map((row, index) => purchase(index, row));
    await deliver(planOf({ parameters: { format: "parquet", columns } }), deliveries);
    const [object] = await storedRows(minio, bucket);
    const none = { value: null, count: null, gift: null, paid_at: null, note: null, items: null, none: null };
    const at = new Date(TIME);
    assert.deepEqual(object?.rows, [
      {
        ...none,
        event_id: "m-0",
        value: 79.99,
        count: 3n,
        gift: true,
        paid_at: at,
        note: "x",
        items: '[{"item_id":"SKU-1"}]',
      },
      { ...none, event_id: "m-1", value: -0.5, gift: false, paid_at: at, note: "7", items: "{}" },
      { ...none, event_id: "m-2", count: 12n, note: '{"a":1}', items: "SKU-1" },
      { ...none, event_id: "m-3" },
    ]);
  });

  it("stands in folders by date, hour and event, whatever clients call their events", async () => {
    const names = ["purchase", "a/b", "..", "straße 日本", "x'(y)*!+&%41", "", "🎉".repeat(300)];
    const deliveries = names.map((name, index) =>
      purchase(index, { event: name }, { timestamp: `2026-02-2${index}T0${index}:30:00.000Z` }),
    );
    const prefix = "lake/{source_id}/date={date}/hour={hour}/event={event}";
    const { outcomes } = await deliver(planOf({ parameters: { prefix } }), deliveries);
    assert.ok(outcomes.every(({ kind }) => kind === "delivered"));
    const keys = (await minio.list(bucket)).map(({ key }) => key.replace(/\/[0-9a-f]{32}\.ndjson\.gz$/, ""));
    assert.deepEqual(keys.toSorted(), [
      "lake/pip_case/date=2026-02-20/hour=00/event=purchase",
      "lake/pip_case/date=2026-02-21/hour=01/event=a_b",
      "lake/pip_case/date=2026-02-22/hour=02/event=__",
      "lake/pip_case/date=2026-02-23/hour=03/event=straße_日本",
      "lake/pip_case/date=2026-02-24/hour=04/event=x__y______41",
      "lake/pip_case/date=2026-02-25/hour=05/event=purchase",
      `lake/pip_case/date=2026-02-26/hour=06/event=${"_".repeat(200)}`,
    ]);
  });

  it("hold every event of every blueprint in both of its spellings", async () => {
    for (const blueprint of connector.blueprints ?? []) {
      const run = openRun(connector, blueprint, settingsOf({ parameters: { prefix: `${blueprint.key}/{event}` } }));
      const deliveries: DeliveryRecord[] = [];
      for (const name of blueprintEvents(blueprint)) {
        const aliases = catalogueEvents().find((event) => event.name === name)?.aliases ?? [];
        for (const spelling of [name, ...aliases.slice(0, 1)]) {
          const given = { ...wholeEvent(spelling, blueprint), messageId: `${name}/${spelling}` };
          const delivery = mappedEvent(run, given, deliveries.length);
          assert.ok(!("fault" in delivery), JSON.stringify(delivery));
          deliveries.push(delivery);
        }
      }
      const { outcomes, requests } = await deliver(run.plan, deliveries);
      assert.ok(outcomes.every(({ kind }) => kind === "delivered"));
      assert.equal(requests.length, blueprintEvents(blueprint).length, "one folder for both spellings");
      const stored = await storedRows(minio, bucket, `${blueprint.key}/`);
      const rows = stored.flatMap(({ rows }) => rows);
      assert.deepEqual(
        rows.map((row) => row["event_id"]).toSorted(),
        deliveries.map(({ messageId }) => messageId).toSorted(),
      );
      for (const { key, rows } of stored) for (const row of rows) assert.equal(key.split("/")[1], row["event"]);
    }
  });
});

describe("amazon_s3: once", () => {
  it("a batch that is sent again is one object, hours later and in a new process too", async () => {
    const deliveries = several(10);
    const first = await deliver(planOf(), deliveries, NOW - 600_000);
    const second = await deliver(planOf(), deliveries);
    assert.deepEqual(
      first.requests.map(({ url }) => url),
      second.requests.map(({ url }) => url),
    );
    const stored = await storedRows(minio, bucket);
    assert.deepEqual(
      stored.map(({ rows }) => rows.length),
      [10],
    );
  });

  it("of a batch in several objects those that failed are sent again by themselves under their own keys", async () => {
    const deliveries = several(10).map((delivery, index) => ({
      ...delivery,
      payload: { ...(delivery.payload as JsonObject), event: index < 4 ? "login" : "purchase" },
    }));
    const plan = planOf();
    const { requests } = plan.build(deliveries, { now: NOW, batchId: idOf(deliveries) });
    assert.equal(requests.length, 2);
    for (const request of requests) {
      // Both were stored, and the answer to one was lost.
      assert.equal((await send(request)).status, 200);
      const again = request.covers.flatMap((index) => deliveries[index] ?? []);
      const repeated = await deliver(plan, again);
      assert.deepEqual(
        repeated.requests.map(({ url }) => url),
        [request.url],
      );
    }
    const stored = await storedRows(minio, bucket);
    assert.deepEqual(stored.map(({ rows }) => rows.length).toSorted(), [4, 6]);
  });

  it("with overwrite off the first object stays, and the retry counts as delivered", async () => {
    const plan = planOf({ parameters: { overwrite: "false" } });
    const [first, second] = [await deliver(plan, several(3)), await deliver(plan, several(3))];
    assert.deepEqual(second.outcomes, first.outcomes);
    assert.deepEqual(
      second.outcomes,
      Array.from({ length: 3 }, () => ({ kind: "delivered" })),
    );
    assert.equal((await minio.list(bucket)).length, 1);
  });

  it("a batch over the limit of bytes is several objects, each within it, and all rows are there", async () => {
    const deliveries = several(300).map((delivery) => ({
      ...delivery,
      payload: { ...(delivery.payload as JsonObject), properties: { text: "x".repeat(1_000) } },
    }));
    const plan = planOf({ parameters: { max_object_bytes: "65536", compression: "none" } });
    await deliver(plan, deliveries);
    const stored = await storedRows(minio, bucket);
    assert.ok(stored.length > 4);
    for (const { bytes } of await minio.list(bucket)) assert.ok(bytes <= 65_536);
    assert.equal(new Set(stored.flatMap(({ rows }) => rows.map((row) => row["event_id"]))).size, 300);
  });
});

describe("amazon_s3: what is wrong", () => {
  const limited = (action: string, resource: string) =>
    minio.limitedTo([{ Effect: "Allow", Action: [action], Resource: [`arn:aws:s3:::${resource}`] }]);
  const wrongSecret = () => ({ ...minio.root, secretAccessKey: "another-secret-0000" });
  const unknownKey = () => ({ ...minio.root, accessKeyId: "unknown-key" });

  const CASES: [title: string, given: () => Given | Promise<Given>, code: string, kind: string, field: string][] = [
    [
      "a wrong secret",
      () => ({ credentials: wrongSecret() }),
      "SignatureDoesNotMatch",
      "credentials",
      "secret_access_key",
    ],
    ["an unknown key", () => ({ credentials: unknownKey() }), "InvalidAccessKeyId", "credentials", "access_key_id"],
    ["a missing bucket", () => ({ parameters: { bucket: "nowhere" } }), "NoSuchBucket", "not_found", "bucket"],
    [
      "a key without the right to write here",
      async () => ({ credentials: await limited("s3:PutObject", "elsewhere/*") }),
      "AccessDenied",
      "permission",
      "access_key_id",
    ],
    [
      "a key that may only read",
      async () => ({ credentials: await limited("s3:GetObject", `${bucket}/*`) }),
      "AccessDenied",
      "permission",
      "access_key_id",
    ],
  ];

  for (const [title, given, code, kind, field] of CASES) {
    it(`${title} opens the circuit with the cure, and the connection test names ${field}`, async () => {
      const plan = planOf(await given());
      const { outcomes } = await deliver(plan, several(2));
      for (const outcome of outcomes) {
        assert.equal(outcome.kind, "misconfigured");
        assert.ok("reason" in outcome && outcome.reason.includes(code) && outcome.reason.includes(field));
      }
      assert.ok(plan.test);
      const result: ConnectionTestResult = plan.test.read(await send(plan.test.request({ now: NOW, batchId: "test" })));
      assert.deepEqual({ ...result, message: "" }, { ok: false, kind, field, message: "" });
      assert.deepEqual(await minio.list(bucket), []);
    });
  }

  it("a clock that is off is tried again", async () => {
    const { outcomes } = await deliver(planOf(), several(1), NOW - 3_600_000);
    assert.equal(outcomes[0]?.kind, "retry");
    assert.ok(outcomes[0].reason.includes("RequestTimeTooSkewed") && outcomes[0].reason.includes("clock"));
  });

  it("an encryption or storage class that the store does not have is said so", async () => {
    for (const parameters of [{ sse: "aws:kms" }, { storage_class: "DEEP_ARCHIVE" }]) {
      const { outcomes } = await deliver(planOf({ parameters }), several(1));
      assert.equal(outcomes[0]?.kind, "misconfigured", JSON.stringify({ parameters, outcomes }));
    }
  });

  it("the connection test writes one empty object that readers pass over, and needs the right to write alone", async () => {
    const credentials = await limited("s3:PutObject", `${bucket}/datafly/*`);
    assert.ok(credentials.sessionToken);
    const plan = planOf({ credentials });
    assert.ok(plan.test);
    for (let time = 0; time < 2; time++) {
      const result: ConnectionTestResult = plan.test.read(await send(plan.test.request({ now: NOW, batchId: "test" })));
      assert.equal(result.ok, true, result.message);
    }
    const { outcomes } = await deliver(plan, several(1));
    assert.deepEqual(outcomes, [{ kind: "delivered" }]);
    const empty = (await minio.list(bucket)).filter(({ bytes }) => bytes === 0);
    assert.deepEqual(
      empty.map(({ key }) => key),
      ["datafly/.datafly-connection-test"],
    );
  });
});
