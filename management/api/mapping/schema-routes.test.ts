import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { catalogueEvents, checkMapping, type JsonObject, listTransforms } from "@datafly-signal/core";
import { CONVERSIONS, type MappingRig, openMappingRig } from "./mapping-rig-fixture.ts";

let rig: MappingRig;
before(async () => {
  rig = await openMappingRig();
});
after(() => rig.close());

type Query = Record<string, string | number>;
const get = (path: string, query: Query = {}) => rig.call<JsonObject>("GET", `/mapping/${path}`, { query });

async function answer(path: string, query: Query = {}): Promise<JsonObject> {
  const got = await get(path, query);
  assert.equal(got.status, 200, JSON.stringify(got.body));
  return got.body;
}

const rowsOf = (body: JsonObject): JsonObject[] => body["data"] as JsonObject[];

/** Every row of a list, page by page. */
async function all(path: string, query: Query = {}): Promise<JsonObject[]> {
  const rows: JsonObject[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await answer(path, { ...query, ...(cursor !== undefined && { cursor }) });
    rows.push(...rowsOf(page));
    assert.equal(page["has_more"], page["next_cursor"] !== null);
    cursor = page["next_cursor"] as string | null;
  }
  return rows;
}

test("lists come in pages that leave nothing out and repeat nothing", async () => {
  const cases: [path: string, query: Query, key: string, count: number][] = [
    ["schemas/source", { limit: 7, event: "purchase" }, "path", 90],
    ["schemas/source", { limit: 100 }, "path", 300],
    ["schemas/events", { limit: 40 }, "name", catalogueEvents().length],
    ["transforms", { limit: 9 }, "name", listTransforms().length],
    ["schemas/vendors/test_conversions", { limit: 3 }, "path", 7],
    ["blueprints", { limit: 1 }, "vendor", 2],
  ];
  for (const [path, query, key, count] of cases) {
    const rows = await all(path, query);
    assert.ok(new Set(rows.map((row) => row[key])).size >= count, `${path}: ${rows.length}`);
    assert.equal(new Set(rows.map((row) => JSON.stringify(row))).size, rows.length, path);
  }
  for (const path of [
    "schemas/source",
    "schemas/events",
    "transforms",
    "blueprints",
    "schemas/vendors/test_conversions",
  ]) {
    for (const cursor of ["x", "WzEsLTFd", "WzEsIngiXQ", "WzEsMWU5OV0"])
      assert.equal((await get(path, { cursor })).status, 422, `${path} ${cursor}`);
  }
});

test("source fields: of an event, a vertical, a search; an unknown event with the one that is meant", async () => {
  const [value] = rowsOf(await answer("schemas/source", { event: "Order Completed", search: "revenue" }));
  assert.deepEqual(value, {
    path: "canonical.value",
    type: "number",
    description: "What the event is worth, in `currency`: the sum of price times quantity, without tax and shipping.",
    need: "required",
    aliases: ["revenue", "total", "order_total", "amount"],
    example: 104.99,
  });
  assert.ok((await all("schemas/source", { vertical: "travel" })).some(({ path }) => path === "canonical.cabin_class"));
  const unknown = await get("schemas/source", { event: "purchse" });
  assert.equal(unknown.status, 422);
  assert.match(JSON.stringify(unknown.body), /query\.event[^]*Did you mean \\"purchase\\"/);
  assert.equal((await get("schemas/source", { vertical: "shops" })).status, 422);
});

test("events: found by all their names, and each with the schema of its properties", async () => {
  const [first] = rowsOf(await answer("schemas/events", { search: "order compl" }));
  assert.equal(first?.["name"], "purchase");
  assert.deepEqual(first?.["matched"], { kind: "alias", text: "Order Completed" });
  const shown = await answer("schemas/events/order-completed");
  assert.equal(shown["name"], "purchase");
  assert.equal((shown["schema"] as JsonObject)["title"], "purchase");
  assert.equal((await answer("schemas/events/identify"))["call"], "identify");
  for (const name of ["nope", "__proto__", "constructor", "%00", "a".repeat(200)]) {
    const got = await get(`schemas/events/${name}`);
    assert.ok(got.status === 404 || got.status === 422, `${name}: ${got.status}`);
  }
});

test("a vendor's fields: all of them, those of an event, a search; in words where there are none", async () => {
  const fields = await answer("schemas/vendors/test_conversions");
  assert.deepEqual(fields["events"], ["Purchase"]);
  assert.equal(rowsOf(fields).length, 8);
  const own = rowsOf(await answer("schemas/vendors/test_conversions", { event: "Purchase" }));
  const value = own.find(({ path }) => path === "custom_data.value");
  assert.deepEqual([own.length, value?.["required"], value?.["event"]], [7, true, "Purchase"]);
  const other = rowsOf(await answer("schemas/vendors/test_conversions", { event: "__proto__" }));
  assert.equal(other.length, 6);
  assert.deepEqual(
    rowsOf(await answer("schemas/vendors/test_conversions", { search: "E-MAIL" })).map(({ types }) => types),
    [["string", "array"]],
  );
  const anything = await get("schemas/vendors/test_anything");
  assert.deepEqual(anything.status, 404);
  assert.match(JSON.stringify(anything.body), /Test Anything takes any fields: there is no list of them/);
  assert.match(JSON.stringify((await get("schemas/vendors/test_anythin")).body), /Did you mean \\"test_anything\\"/);
});

test("the schema of mappings, the transforms, and samples", async () => {
  assert.match(String((await answer("schemas/mapping"))["$schema"]), /json-schema\.org/);
  const [sha] = rowsOf(await answer("transforms", { search: "SHA256" }));
  assert.equal(sha?.["name"], "sha256");
  assert.equal(sha?.["arguments_required"], false);
  for (const row of await all("transforms")) assert.ok((row["examples"] as unknown[]).length > 0, String(row["name"]));
  const known = await answer("samples/Order%20Completed");
  assert.deepEqual([known["known"], (known["event"] as JsonObject)["event"]], [true, "Order Completed"]);
  assert.equal((known["event"] as JsonObject)["timestamp"], "2026-11-21T09:00:00.000Z");
  const own = await answer("samples/Our%20Own%20Event");
  assert.deepEqual([own["known"], (own["event"] as JsonObject)["event"]], [false, "Our Own Event"]);
  const page = await answer("samples/page:Deals", { vertical: "travel" });
  assert.match(JSON.stringify(page), /"name":"Deals"[^]*travel\.example\.com/);
  assert.notDeepEqual(
    (await answer("samples/purchase", { seed: "1" }))["event"],
    (await answer("samples/purchase", { seed: "2" }))["event"],
  );
});

test("blueprints: by vendor and vertical; one with its text, which is a sound mapping", async () => {
  const keys = async (query: Query) =>
    (await all("blueprints", query)).map(({ vendor, key }) => `${String(vendor)}/${String(key)}`);
  assert.deepEqual(await keys({}), ["test_anything/retail", "test_conversions/retail", "test_conversions/travel"]);
  assert.deepEqual(await keys({ vertical: "retail" }), ["test_anything/retail", "test_conversions/retail"]);
  assert.deepEqual(await keys({ vendor: "test_conversions", vertical: "travel" }), ["test_conversions/travel"]);
  assert.deepEqual(await keys({ vendor: "none" }), []);
  const one = await answer("blueprints/test_conversions/retail");
  assert.equal(one["mapping"], CONVERSIONS.blueprints?.[0]?.mapping);
  assert.deepEqual(checkMapping(String(one["mapping"])).faults, []);
  assert.match(JSON.stringify((await get("blueprints/test_conversions/retial")).body), /no blueprint[^]*Did you mean/);
  assert.equal((await get("blueprints/none/retail")).status, 404);
});
