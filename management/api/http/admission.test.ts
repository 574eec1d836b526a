import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openApiRig } from "./api-rig.ts";
import { fault, type Method, type Role } from "./route.ts";
import { thingRoutes } from "./routes-fixture.ts";

const ID = `pip_${"a".repeat(26)}`;
const rig = await openApiRig({ routes: (database) => thingRoutes(database) });
after(() => rig.close());

test("every answer says that it is not to be kept or guessed at, and which request it was", async () => {
  const calls = [
    ["GET", "/things", {}],
    ["GET", "/things", { role: null }],
    ["GET", "/nothing", {}],
    ["PUT", "/things", {}],
    ["OPTIONS", "/things", {}],
    ["POST", "/things", { body: "{" }],
    ["POST", "/things", { body: { name: "a", ending: "throw" } }],
    ["DELETE", `/things/${ID}`, {}],
  ] as const;
  const ids = new Set<string | undefined>();
  for (const [method, path, options] of calls) {
    const { headers, status } = await rig.fails(method, path, options);
    assert.equal(headers["cache-control"], "no-store", `${method} ${path}`);
    assert.equal(headers["x-content-type-options"], "nosniff", `${method} ${path}`);
    assert.match(headers["x-request-id"] ?? "", /^req_[0-9a-v]{26}$/);
    assert.equal(headers["access-control-allow-origin"], undefined, "no other origin may read it");
    assert.equal(headers["www-authenticate"], status === 401 ? "Bearer" : undefined);
    ids.add(headers["x-request-id"]);
  }
  assert.equal(ids.size, calls.length);
});

test("what is not there and what does not take the method is said before anything else", async () => {
  const table: [string, string, number, string | undefined][] = [
    ["GET", "/nothing", 404, undefined],
    ["POST", "/nothing", 404, undefined],
    ["GET", "/things/", 404, undefined],
    ["GET", "/Things", 404, undefined],
    ["GET", "", 404, undefined],
    ["PUT", "/things", 405, "GET, HEAD, OPTIONS, POST"],
    ["DELETE", "/things", 405, "GET, HEAD, OPTIONS, POST"],
    ["TRACE", "/things", 405, "GET, HEAD, OPTIONS, POST"],
    ["QUERY", "/things", 405, "GET, HEAD, OPTIONS, POST"],
    ["PROPFIND", "/things", 405, "DELETE, GET, HEAD, OPTIONS, POST"],
    ["GET", `/things/${ID}`, 405, "DELETE, OPTIONS"],
    ["HEAD", `/things/${ID}`, 405, "DELETE, OPTIONS"],
    ["DELETE", "/things/mine", 405, "GET, HEAD, OPTIONS"],
    ["GET", `/things/${"a".repeat(600)}/rotate`, 404, undefined],
  ];
  for (const [method, path, status, allow] of table) {
    const options = { role: null, body: method === "POST" ? "{" : undefined };
    const answer = await rig.fails(method as Method, path, options);
    assert.equal(answer.status, status, `${method} ${path}`);
    assert.equal(answer.headers["allow"], allow, `${method} ${path}`);
    if (method === "HEAD") continue;
    assert.equal(answer.body.error.code, status === 404 ? "NOT_FOUND" : "METHOD_NOT_ALLOWED");
  }
});

test("headers and parameters do not turn one method into another", async () => {
  const headers = { "x-http-method-override": "DELETE", "x-method-override": "DELETE", "x-http-method": "DELETE" };
  assert.equal((await rig.fails("GET", `/things/${ID}`, { headers })).status, 405);
  const { status, body } = await rig.fails("GET", "/things", { headers, query: { _method: "DELETE" } });
  assert.equal(status, 422);
  assert.equal(body.error.details?.[0]?.path, "query._method");
});

test("HEAD is GET without the body, and OPTIONS says what there is, to anyone and for no other origin", async () => {
  const head = await rig.call("HEAD", "/things");
  const get = await rig.call("GET", "/things");
  assert.deepEqual([head.status, head.body], [200, undefined]);
  assert.equal(head.headers["content-length"], String(JSON.stringify(get.body).length));
  assert.equal((await rig.call("HEAD", "/things", { role: null })).status, 401);
  const headers = { origin: "https://shop.example.com", "access-control-request-method": "POST" };
  const options = await rig.call("OPTIONS", "/things", { role: null, headers });
  assert.deepEqual([options.status, options.body], [204, undefined]);
  assert.equal(options.headers["allow"], "GET, HEAD, OPTIONS, POST");
  assert.deepEqual(
    Object.keys(options.headers).filter((name) => name.startsWith("access-control")),
    [],
  );
});

test("roles and routes", async () => {
  const table: [Role | null, string, string, number][] = [
    ["org_admin", "GET", "/things", 200],
    ["source_viewer", "GET", "/things", 200],
    [null, "GET", "/things", 401],
    ["source_viewer", "GET", "/things/mine", 200],
    [null, "GET", "/things/mine", 401],
    ["org_admin", "DELETE", `/things/${ID}`, 204],
    ["source_admin", "DELETE", `/things/${ID}`, 204],
    ["source_editor", "DELETE", `/things/${ID}`, 403],
    ["source_viewer", "DELETE", `/things/${ID}`, 403],
    [null, "DELETE", `/things/${ID}`, 401],
    [null, "GET", "/reach", 200],
  ];
  for (const [role, method, path, status] of table) {
    assert.equal((await rig.call(method as Method, path, { role })).status, status, `${role} ${method} ${path}`);
  }
});

test("who is not allowed hears which permission it needs and who has it, before anything of the request is read", async () => {
  const refused = await rig.fails("POST", "/things", { role: "source_viewer", body: "{{{" });
  assert.equal(refused.body.error.code, "FORBIDDEN");
  assert.match(refused.body.error.message, /pipelines:create.*org_admin, source_admin\b/);
  assert.equal((await rig.fails("POST", "/things", { role: null, body: "x".repeat(2_000_000) })).status, 401);
  const narrow = await openApiRig({
    routes: (database) => thingRoutes(database),
    api: {
      authenticate: async ({ ipAddress, userAgent }) => {
        const permissions = new Set(["pipelines:read"] as const);
        const email = "jane@example.com";
        return {
          userId: "usr_1",
          email,
          role: "org_admin",
          permissions,
          tokenId: "tok_1",
          ipAddress,
          userAgent,
        } as never;
      },
    },
  });
  assert.equal((await narrow.call("GET", "/things")).status, 200);
  const scoped = await narrow.fails("DELETE", `/things/${ID}`);
  assert.match(scoped.body.error.message, /scope pipelines:create.*API token/);
  await narrow.close();
});

test("who calls too often is told before permission and body are looked at, on public routes too", async () => {
  const asked: string[] = [];
  const limited = await openApiRig({
    routes: (database) => thingRoutes(database),
    api: {
      limit: (caller, { operation, path, method }) => {
        asked.push([caller.email, operation, path, method].join(" "));
        return { ...fault("RATE_LIMITED"), headers: { "retry-after": "7" } };
      },
    },
  });
  const refused = await limited.fails("POST", "/things?a=1", { role: "source_viewer", body: "{" });
  assert.deepEqual([refused.status, refused.headers["retry-after"]], [429, "7"]);
  assert.equal((await limited.fails("POST", "/login", { role: null, body: {} })).status, 429);
  const guessed = await limited.fails("GET", "/things", { role: null });
  assert.equal(guessed.status, 429, "those who are refused are counted by their address");
  assert.deepEqual(asked, [
    "source_viewer@example.com createThing /v1/admin/things POST",
    " login /v1/admin/login POST",
    " listThings /v1/admin/things GET",
  ]);
  await limited.close();
});

test("an authentication that fails with an error is a failure of ours", async () => {
  const broken = await openApiRig({
    routes: (database) => thingRoutes(database),
    api: { authenticate: () => Promise.reject(new TypeError("token s3cret")) },
  });
  const { status, body, headers } = await broken.fails("GET", "/things");
  assert.deepEqual([status, body.error.code], [500, "INTERNAL"]);
  assert.ok(body.error.message.includes(headers["x-request-id"] ?? "none"));
  assert.ok(!JSON.stringify([body, broken.logs]).includes("s3cret"));
  await broken.close();
});
