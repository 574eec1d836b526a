import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openApiRig } from "./api-rig.ts";
import { thingRoutes } from "./routes-fixture.ts";

const ID = `pip_${"a".repeat(26)}`;
const seen: unknown[] = [];
const rig = await openApiRig({ routes: (database) => thingRoutes(database, seen) });
after(() => rig.close());

const json = (type: string) => ({ "content-type": type });
const nested = (levels: number): string => `{"name":"a","config":{"any":${"[".repeat(levels)}${"]".repeat(levels)}}}`;

test("a body that cannot be read is refused with the reason, and nothing of it is told again", async () => {
  const table: [string, string | Buffer, Record<string, string>, number, RegExp][] = [
    ["no JSON", '{"name": s3cret}', {}, 400, /not valid JSON/],
    ["no comma", '{"name": "s3cret"\n "rate": 1}', {}, 400, /not valid JSON: line 2, column 2/],
    ["cut off", '{"name":\n  "a"', {}, 400, /not valid JSON/],
    ["nothing", "", {}, 400, /has no body/],
    ["two values", '{"name":"a"}{}', {}, 400, /not valid JSON/],
    ["not UTF-8", Buffer.from([0x22, 0xff, 0x22]), {}, 400, /not valid UTF-8/],
    ["deep", nested(99), {}, 400, /more than 100 levels/],
    ["very deep", "[".repeat(500_000), {}, 400, /more than 100 levels/],
    ["large", JSON.stringify({ name: "x".repeat(2_000_000) }), {}, 413, /1048576 bytes/],
    ["text", '{"name":"a"}', json("text/plain"), 415, /must be JSON/],
    ["a form", "name=a", json("application/x-www-form-urlencoded"), 415, /must be JSON/],
    ["JSON by name", '{"name":"a"}', json("application/jsonp"), 415, /must be JSON/],
    ["no type that there is", '{"name":"a"}', json("json"), 415, /must be JSON/],
    ["another alphabet", '{"name":"a"}', json("application/json; charset=utf-16"), 415, /UTF-8/],
    ["compressed", "xxxx", { "content-encoding": "gzip" }, 415, /compressed/],
  ];
  for (const [what, body, headers, status, message] of table) {
    const answer = await rig.fails("POST", "/things", { body, headers });
    assert.equal(answer.status, status, what);
    assert.match(answer.body.error.message, message, what);
    assert.ok(!JSON.stringify(answer.body).includes("s3cret"), what);
  }
  assert.deepEqual(seen, []);
});

test("without a content type there is no JSON, and without a body none is needed where none is taken", async () => {
  const payload = '{"name":"a"}';
  const headers = { authorization: "Bearer org_admin" };
  const untyped = await rig.server.inject({ method: "POST", url: "/v1/admin/things", headers, payload });
  assert.equal(untyped.statusCode, 415);
  assert.equal((await rig.call("DELETE", `/things/${ID}`)).status, 204);
  assert.equal((await rig.call("DELETE", `/things/${ID}`, { headers: json("application/json") })).status, 204);
  assert.equal((await rig.call("DELETE", `/things/${ID}`, { body: {} })).status, 204);
  const refused = await rig.fails("DELETE", `/things/${ID}`, { body: { force: true } });
  assert.deepEqual(
    [refused.status, refused.body.error.details],
    [422, [{ path: "", message: "takes no body: leave it out" }]],
  );
});

test("a body that may be left out counts as empty", async () => {
  const rotate = `/things/${ID}/rotate`;
  assert.deepEqual((await rig.call("POST", rotate)).body, { hours: 24 });
  assert.deepEqual((await rig.call("POST", rotate, { body: {} })).body, { hours: 24 });
  assert.deepEqual((await rig.call("POST", rotate, { body: { hours: 0 } })).body, { hours: 0 });
  assert.equal((await rig.call("POST", rotate, { body: null })).status, 422);
});

test("what is JSON is taken as it is: ways of writing do not matter", async () => {
  const table: [string | Buffer, Record<string, string>, object][] = [
    [Buffer.from(`\ufeff{"name":"BOM"}`), {}, { name: "BOM" }],
    ['{"name":"a","name":"b"}', {}, { name: "b" }],
    ['{"name":"c"}', json("Application/JSON; Charset=UTF-8"), { name: "c" }],
    ['{"name":"c"}', { "content-encoding": "identity" }, { name: "c" }],
    ['{"name":"\\ud83d\\ude00 é","note":null}', {}, { name: "😀 é", note: null }],
    [nested(98), {}, JSON.parse(nested(98)) as object],
    [
      '{"name":"[[{\\"","config":{"any":{"constructor":1,"toString":2}}}',
      {},
      { name: '[[{"', config: { any: { constructor: 1, toString: 2 } } },
    ],
  ];
  for (const [body, headers, value] of table) {
    const { status } = await rig.call("POST", "/things", { body, headers });
    assert.deepEqual([status, seen.at(-1)], [201, value]);
  }
});

test("all faults of a request are told at once, each with its place and what would be right", async () => {
  const answer = await rig.fails("POST", "/things?limit=5&x%20y=1", {
    body: {
      name: "",
      rate: "5",
      kind: "wbe",
      note: 5,
      labels: ["a", 7, "x".repeat(11), "d"],
      config: { url: "not a url", "a.b": 1 },
      colour: "red",
    },
  });
  assert.equal(answer.status, 422);
  assert.equal(answer.body.error.code, "VALIDATION_FAILED");
  const known = "name, rate, kind, note, labels, config, ending";
  assert.deepEqual(
    new Map(answer.body.error.details?.map(({ path, message }) => [path, message])),
    new Map([
      ["query.limit", "is not known here; nothing is taken"],
      ['query["x y"]', "is not known here; nothing is taken"],
      ["colour", `is not known here; known are ${known}`],
      ["name", "must not be empty"],
      ["rate", "must be a whole number"],
      ["kind", "must be one of web, app, server"],
      ["note", "must be text or null"],
      ["labels", "must have at most 3 items"],
      ["labels[1]", "must be text"],
      ["labels[2]", "must have at most 10 characters"],
      ['config["a.b"]', "is not known here; known are url, any"],
      ["config.url", "must be a URL as in https://shop.example.com/path"],
    ]),
  );
});

test("what fits no schema is not made to fit", async () => {
  const table: [unknown, string, string][] = [
    [[], "", "must be an object"],
    ["a", "", "must be an object"],
    [null, "", "must be an object"],
    [{}, "name", "is required"],
    [{ name: 5 }, "name", "must be text"],
    [{ name: null }, "name", "must be text"],
    [{ name: "x".repeat(21) }, "name", "must have at most 20 characters"],
    [{ name: "a", rate: 1.5 }, "rate", "must be a whole number"],
    [{ name: "a", rate: 0 }, "rate", "must be at least 1"],
    [{ name: "a", rate: 9e300 }, "rate", "must be at most 1000"],
    ['{"name":"a","rate":1e999}', "rate", "must be a number that fits into 64 bits"],
    [{ name: "a", note: "x".repeat(11) }, "note", "must have at most 10 characters"],
    [{ name: "a", labels: "web" }, "labels", "must be a list"],
    ['{"name":"a","__proto__":{"role":"org_admin"}}', "__proto__", "is a name that is not allowed"],
    ['{"name":"a","config":{"any":[{"__proto__":1}]}}', "config.any[0].__proto__", "is a name that is not allowed"],
    [{ name: "a\0" }, "name", "must not contain the character NUL (\\u0000)"],
    ['{"name":"\\ud800"}', "name", "must be valid Unicode: half of a surrogate pair stands alone"],
    [
      { name: "a", config: { any: { "k\0": 1 } } },
      'config.any["k\\\\u0000"]',
      "must not contain the character NUL (\\u0000)",
    ],
    ['{"name":"a","config":{"any":[1e400]}}', "config.any[0]", "must be a number that fits into 64 bits"],
  ];
  const before = seen.length;
  for (const [body, path, message] of table) {
    const answer = await rig.fails("POST", "/things", {
      body:
        typeof body === "object"
          ? JSON.stringify(body)
          : typeof body === "string" && body.length < 3
            ? JSON.stringify(body)
            : body,
    });
    assert.deepEqual([answer.status, answer.body.error.details], [422, [{ path, message }]], JSON.stringify(body));
  }
  assert.equal(seen.length, before);
});

test("a query becomes what its schema says, and is refused where it is anything else", async () => {
  const table: [string, object | [string, string]][] = [
    ["", {}],
    ["limit=50&enabled=true", { limit: 50, enabled: true }],
    ["&&limit=50&", { limit: 50 }],
    ["tags=a&tags=b", { tags: ["a", "b"] }],
    ["tags=a", { tags: ["a"] }],
    ["revision=7", { revision: 7 }],
    ["revision=latest", { revision: "latest" }],
    ["search=a+b%20%C3%A9%2B", { search: "a b é+" }],
    ["search=7", { search: "7" }],
    ["search", { search: "" }],
    ["limit=50&limit=60", ["query.limit", "must be a whole number"]],
    ["search=a&search=b", ["query.search", "must be text"]],
    ["limit=abc", ["query.limit", "must be a whole number"]],
    ["limit=0x10", ["query.limit", "must be a whole number"]],
    ["limit=1e1", ["query.limit", "must be a whole number"]],
    ["limit=%2050", ["query.limit", "must be a whole number"]],
    ["limit=", ["query.limit", "must be a whole number"]],
    ["limit=1.5", ["query.limit", "must be a whole number"]],
    ["limit=101", ["query.limit", "must be at most 100"]],
    ["limit=-1", ["query.limit", "must be at least 1"]],
    ["limit=99999999999999999999", ["query.limit", "must be a whole number"]],
    ["enabled=1", ["query.enabled", "must be true or false"]],
    ["revision=newest", ["query.revision", 'must be "latest" or a whole number']],
    ["search=%00", ["query.search", "must not contain the character NUL (\\u0000)"]],
    ["limits=1", ["query.limits", "is not known here; known are limit, enabled, tags, revision, search"]],
    ["__proto__=1", ["query.__proto__", "is a name that is not allowed"]],
    ["limit[gt]=1", ['query["limit[gt]"]', "is not known here; known are limit, enabled, tags, revision, search"]],
  ];
  for (const [query, wanted] of table) {
    const { status, body } = await rig.fails("GET", `/things?${query}`);
    if (!Array.isArray(wanted)) assert.deepEqual([status, body], [200, { query: wanted }], query);
    else
      assert.deepEqual(
        body.error?.details?.map(({ path, message }) => [path, message]),
        [wanted],
        query,
      );
  }
  for (const query of ["search=%", "search=%zz", "search=%ff", "%c3=1", "search=%ed%a0%80"]) {
    const { status, body } = await rig.fails("GET", `/things?${query}`);
    assert.deepEqual([status, body.error.code], [400, "BAD_REQUEST"], query);
  }
});

test("a path's parameters are checked as well, and an address that cannot be read is said in the same shape", async () => {
  for (const id of ["pip_1", "pip_%00", "%F0%9F%98%80", "..%2F..%2Fetc", "__proto__", "' or 1=1 --"]) {
    const { status, body } = await rig.fails("DELETE", `/things/${id.replaceAll(" ", "%20")}`);
    assert.deepEqual([status, body.error.details?.length, body.error.details?.[0]?.path], [422, 1, "path.id"], id);
  }
  for (const id of ["%", "%zz", "%ff", "%ed%a0%80"]) {
    const { status, body, headers } = await rig.fails("DELETE", `/things/${id}`);
    assert.deepEqual([status, body.error.code], [400, "BAD_REQUEST"], id);
    assert.equal(headers["cache-control"], "no-store");
  }
});

test("a route may have a limit of its own", async () => {
  const password = "x".repeat(1_000);
  const answer = await rig.fails("POST", "/login", { role: null, body: { password } });
  assert.deepEqual([answer.status, answer.body.error.code], [413, "PAYLOAD_TOO_LARGE"]);
});

test("a body of a hundred thousand faults is answered soon and shortly", async () => {
  const bodies = [
    JSON.stringify({ name: "a", labels: Array.from({ length: 500_000 }, () => 1) }),
    JSON.stringify(Object.fromEntries(Array.from({ length: 90_000 }, (_, index) => [`k${index}`, 1]))),
    JSON.stringify({ name: "a", config: { any: "\\u0000 ".repeat(100) } }).replace("\\\\u0000", "\\u0000"),
  ];
  for (const body of bodies) {
    const answer = await rig.fails("POST", "/things", { body });
    assert.equal(answer.status, 422);
    const count = answer.body.error.details?.length ?? 0;
    assert.ok(count >= 1 && count <= 100, `${count} faults`);
  }
});
