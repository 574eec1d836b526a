import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { type DeliveryPlan, type JsonObject, type JsonValue, signAws, type VendorRequest } from "@datafly-signal/core";
import fastCheck from "fast-check";
import { parquetReadObjects } from "hyparquet";
import { caseSettings, deliveryOf } from "../contract-case.ts";
import { csvLine } from "./csv.ts";
import connector from "./index.ts";
import { readKeyTemplate } from "./key-template.ts";

const NOW = Date.UTC(2026, 1, 25, 14, 30);

function planOf(parameters: JsonObject = {}): DeliveryPlan {
  const own = { bucket: "shop-events", region: "eu-west-1", access_key_id: "AKIAIOSFODNN7EXAMPLE" };
  const settings = { parameters: { ...own, ...parameters }, secrets: { secret_access_key: "secret-access-key" } };
  const plan = connector.plan(caseSettings({ settings }));
  assert.ok(!Array.isArray(plan), JSON.stringify(plan));
  return plan;
}

const delivery = (index: number, payload: JsonValue, event: JsonObject = {}) =>
  deliveryOf({ messageId: `m-${index}`, event: "purchase", ...event }, { index, payload, vendorEventName: null });

function linesOf({ body }: VendorRequest): JsonObject[] {
  const text = gunzipSync(body as Uint8Array).toString();
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as JsonObject);
}

const keyOf = ({ url }: VendorRequest): string => decodeURIComponent(new URL(url).pathname).slice(1);

describe("signatures", () => {
  it("are those of botocore for the same request", () => {
    const request: VendorRequest = {
      method: "PUT",
      url: "https://evt.s3.us-east-1.amazonaws.com/a/b%20c%2Bd.json",
      headers: { "Content-Type": "application/x-ndjson" },
      body: '{"a":1}\n',
      covers: [0],
    };
    const { headers } = signAws(request, {
      service: "s3",
      region: "us-east-1",
      credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
      now: Date.UTC(2026, 0, 2, 3, 4, 5),
    });
    assert.equal(headers["X-Amz-Content-Sha256"], "e346432021b04179518d9614f3560ccd71354a4ee101ddcb893d6959a9d6301c");
    assert.equal(
      headers["Authorization"],
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/s3/aws4_request, " +
        "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, " +
        "Signature=3f13fcf18419ada3e3aaf6e7ec6b46e49518509369bff01f475681230504fc76",
    );
  });
});

describe("rows", () => {
  it("are compressed, and say so", () => {
    const [request] = planOf().build([delivery(1, { event_id: "m-1" })], { now: NOW, batchId: "b" }).requests;
    assert.ok(request);
    assert.equal(request.headers["Content-Encoding"], "gzip");
    assert.match(request.url, /\.ndjson\.gz$/);
    assert.equal(linesOf(request)[0]?.["event_id"], "m-1");
  });

  it("of a mapping with a shape of its own get the event's id and nothing else", () => {
    const [request] = planOf().build([delivery(1, { order: "ORD-1" })], { now: NOW, batchId: "b" }).requests;
    assert.ok(request);
    assert.deepEqual(linesOf(request), [{ order: "ORD-1", event_id: "m-1" }]);
    assert.equal(keyOf(request), "datafly/dt=2026-02-25/event_name=purchase/b.ndjson.gz");
  });

  it("of pages stand under page, whatever the page is called", () => {
    const page = {
      type: "page",
      event: null,
      name: "Headphones 47",
      messageId: "m-1",
      context: { page: { path: "/" } },
    };
    const given = { ...delivery(1, page), eventName: "page" };
    const [request] = planOf().build([given], { now: NOW, batchId: "b" }).requests;
    assert.ok(request);
    const [row] = linesOf(request);
    assert.equal(row?.["event"], "page");
    assert.deepEqual(row["context"], { page: { path: "/", name: "Headphones 47" } });
    assert.equal(Object.keys(row).length, 13);
  });

  it("that are nested too deep or are too large are refused, the others are stored", () => {
    let deep: JsonValue = {};
    for (let level = 0; level < 50_000; level++) deep = { a: deep };
    const rows = [{ event_id: "m-0" }, { event_id: "m-1", deep }, { event_id: "m-2", text: "x".repeat(70_000) }];
    for (const format of ["ndjson", "csv", "parquet"]) {
      const plan = planOf({ format, max_object_bytes: "65536", columns: "event_id, deep, text" });
      const { requests, refused } = plan.build(
        rows.map((row, index) => delivery(index, row)),
        { now: NOW, batchId: "b" },
      );
      assert.deepEqual(
        requests.map(({ covers }) => covers),
        [[0]],
        format,
      );
      assert.match(refused[0]?.reason ?? "", /nested too deep/);
      assert.match(refused[1]?.reason ?? "", /max_object_bytes/);
    }
  });

  it("stay what they were in CSV", () => {
    const text = fastCheck.string({ unit: fastCheck.constantFrom('"', ",", "\n", "\r", " ", "a", "é") });
    fastCheck.assert(
      fastCheck.property(fastCheck.array(fastCheck.option(text), { minLength: 1 }), (cells) => {
        const line = csvLine(cells);
        const read = [...`,${line.slice(0, -1)}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^",\n]*))/g)].map(
          ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? (plain === "" ? null : plain),
        );
        assert.deepEqual(read, cells);
      }),
    );
  });

  it("make the same Parquet file again, with a schema that does not depend on them", async () => {
    const plan = planOf({ format: "parquet" });
    const build = (rows: JsonObject[]) =>
      plan.build(
        rows.map((row, index) => delivery(index, row)),
        { now: NOW, batchId: "b" },
      ).requests[0]?.body as Uint8Array;
    const rows = [{ event_id: "m-0", timestamp: "never", user_id: "\ud800", properties: { a: 1 } }];
    assert.deepEqual(build(rows), build(rows));
    const file = new Uint8Array(build(rows)).buffer;
    const [row] = await parquetReadObjects({
      file,
      compressors: { GZIP: (input) => new Uint8Array(gunzipSync(input)) },
    });
    assert.equal(Object.keys(row ?? {}).length, 13);
    assert.equal(row?.["timestamp"], null);
    assert.equal(row["user_id"], "\ufffd");
    assert.equal(row["properties"], '{"a":1}');
  });
});

describe("keys", () => {
  it("are the same in every try, whenever it is, and alone", () => {
    const plan = planOf();
    const all = Array.from({ length: 9 }, (_, index) =>
      delivery(index, { event_id: `m-${index}`, event: index % 2 === 0 ? "purchase" : "login" }),
    );
    const whole = plan.build(all, { now: NOW, batchId: "whole" }).requests;
    assert.equal(whole.length, 2);
    for (const request of whole) {
      const part = request.covers.flatMap((index) => all[index] ?? []);
      const hash = createHash("sha256").update(part.map(({ deliveryId }) => deliveryId).join("\n"));
      const batchId = hash.digest("hex").slice(0, 32);
      const [again] = plan.build(part, { now: NOW + 86_400_000, batchId }).requests;
      assert.equal(again?.url, request.url);
      assert.deepEqual(again.body, request.body);
    }
  });

  it("stay within S3's limit and in their folder, whatever clients send", () => {
    const template = readKeyTemplate("a/{date}/{event}/{type}/{source_id}{integration_id}");
    assert.ok(!("fault" in template));
    const plan = planOf({ prefix: "a/{event}" });
    fastCheck.assert(
      fastCheck.property(fastCheck.string({ unit: "binary", maxLength: 600 }), (text) => {
        const facts = {
          time: "2026-02-25T14:30:00.000Z",
          event: text,
          type: text,
          source_id: text,
          integration_id: text,
        };
        const folder = template.folderOf(facts);
        assert.equal(folder.split("/").length, 5);
        assert.ok(Buffer.byteLength(folder) <= 960);
        assert.ok(folder.isWellFormed());
        const request = plan.build([delivery(1, { event_id: "m", event: text })], {
          now: NOW,
          batchId: "b",
        }).requests[0];
        assert.match(keyOf(request as VendorRequest), /^a\/[^/]+\/b\.ndjson\.gz$/);
      }),
      { numRuns: 60 },
    );
  });

  it("without a placeholder have the usual folders, and without a time that can be read that of the receipt", () => {
    const plan = planOf({ prefix: "/lake/events/" });
    const given = {
      ...delivery(1, { event_id: "m-1" }),
      timestamp: "yesterday",
      receivedAt: "2026-02-26T01:00:00+02:00",
    };
    const [request] = plan.build([given], { now: NOW, batchId: "b" }).requests;
    assert.ok(request);
    assert.equal(keyOf(request), "lake/events/dt=2026-02-25/event_name=purchase/b.ndjson.gz");
  });
});
