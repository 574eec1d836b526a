import assert from "node:assert/strict";
import { test } from "node:test";
import { type Database, StoreError } from "@datafly-signal/ports/store";
import { eachDatabase } from "@datafly-signal/ports/store/testing";
import { type ApiRig, openApiRig, type RigOptions } from "./api-rig.ts";
import { thingRoutes } from "./routes-fixture.ts";

const openRig = (database: Database, api: RigOptions["api"] = {}): Promise<ApiRig> =>
  openApiRig({ database, api, routes: (given) => thingRoutes(given) });
const numberOf = async ({ queries }: Database): Promise<number> =>
  (await queries.selectFrom("configuration").select("number").executeTakeFirstOrThrow()).number;
const count = async ({ queries }: Database, table: "audit_logs" | "idempotency_keys"): Promise<number> =>
  (await queries.selectFrom(table).selectAll().execute()).length;
const key = (value: string) => ({ "idempotency-key": value });

eachDatabase("a route that changes something", (open) => {
  test("leaves its change, its audit record and the configuration's next number, or nothing", async () => {
    const database = await open();
    const rig = await openRig(database);
    const made = await rig.call("POST", "/things", { body: { name: "a", ending: "touch" } });
    assert.equal(made.status, 201);
    const audit = (await rig.audits()).find(({ action }) => action === "thing.created");
    assert.match(audit?.id ?? "", /^log_[0-9a-v]{26}$/);
    assert.deepEqual(
      { ...audit, id: "" },
      {
        id: "",
        action: "thing.created",
        user_id: "usr_org_admin",
        user_email: "org_admin@example.com",
        token_id: null,
        resource_type: "thing",
        resource_id: made.body["id"],
        changes: { name: { old: null, new: "a" } },
        ip_address: "127.0.0.1",
        user_agent: "lightMyRequest",
        timestamp: rig.now(),
      },
    );
    assert.deepEqual([await numberOf(database), rig.changes()], [1, 1]);
    const endings: [string, number, string][] = [
      ["fault", 409, "IN_USE"],
      ["throw", 500, "INTERNAL"],
      ["twice", 409, "CONFLICT"],
      ["leak", 500, "INTERNAL"],
      ["undeclared", 500, "INTERNAL"],
    ];
    for (const [ending, status, code] of endings) {
      const { body, ...answer } = await rig.fails("POST", "/things", {
        body: { name: "s3cret-name", ending },
        headers: key(ending),
      });
      assert.deepEqual([answer.status, body.error.code], [status, code], ending);
    }
    assert.equal(await count(database, "audit_logs"), 2, "what the handlers wrote is gone, and so are the records");
    assert.equal(await count(database, "idempotency_keys"), 0);
    assert.deepEqual([await numberOf(database), rig.changes()], [1, 1]);
    assert.equal(rig.logs.length, 3);
    assert.ok(!JSON.stringify(rig.logs).includes("s3cret-name"), "the log does not quote the request");
    assert.match(
      JSON.stringify(rig.logs),
      /POST .v1.admin.things.*TypeError.*routes-fixture/,
      "but it says where it was",
    );
    assert.match(JSON.stringify(rig.logs), /createThing answered 201 with another body.*body.password_hash/);
    await rig.call("POST", "/things", { body: { name: "b" } });
    assert.deepEqual([await numberOf(database), rig.changes()], [1, 1], "only what touches the configuration counts");
    await rig.close();
  });

  test("is done once under one Idempotency-Key, and answers the same again", async () => {
    const database = await open();
    const rig = await openRig(database);
    const call = { body: { name: "a", ending: "touch" }, headers: key("k-1") };
    const first = await rig.call("POST", "/things", call);
    const again = await rig.call("POST", "/things", call);
    assert.deepEqual([again.status, again.body], [first.status, first.body]);
    assert.equal(first.headers["idempotency-replayed"], undefined);
    assert.equal(again.headers["idempotency-replayed"], "true");
    assert.equal(again.headers["content-type"], "application/json; charset=utf-8");
    assert.notEqual(again.headers["x-request-id"], first.headers["x-request-id"]);
    assert.deepEqual([await numberOf(database), rig.changes(), await count(database, "audit_logs")], [1, 1, 2]);
    const others: [string, object][] = [
      ["/things", { ...call, body: { name: "b" } }],
      ["/things", { ...call, body: { ending: "touch", name: "a" } }],
      [`/things/${String(first.body["id"])}/rotate`, { headers: call.headers }],
    ];
    for (const [path, options] of others) {
      const { status, body } = await rig.fails("POST", path, options);
      assert.deepEqual([status, body.error.code], [422, "IDEMPOTENCY_KEY_REUSED"]);
    }
    assert.equal(
      (await rig.call("POST", "/things", { ...call, role: "source_admin" })).headers["idempotency-replayed"],
      undefined,
      "another person's key is another key",
    );
    assert.equal(
      (await rig.call("POST", "/things", { ...call, tokenId: "tok_1" })).headers["idempotency-replayed"],
      undefined,
      "an API token's too",
    );
    assert.equal(
      (await rig.call("POST", "/things", { ...call, headers: key("K-1") })).headers["idempotency-replayed"],
      undefined,
    );
    assert.equal((await rig.fails("POST", "/things", { ...call, role: "source_viewer" })).status, 403);
    await rig.close();
  });

  test("keeps an answer for 24 hours, and a fault not at all", async () => {
    const database = await open();
    const rig = await openRig(database);
    const call = { body: { name: "a", ending: "fault" }, headers: key("k") };
    for (let round = 0; round < 2; round += 1) assert.equal((await rig.fails("POST", "/things", call)).status, 409);
    const good = { body: { name: "a" }, headers: key("k") };
    const first = await rig.call("POST", "/things", good);
    rig.advance(24 * 3_600_000 - 1);
    assert.deepEqual((await rig.call("POST", "/things", good)).body, first.body);
    rig.advance(1);
    const other = await rig.call("POST", "/things", { body: { name: "b" }, headers: key("k") });
    assert.equal(other.status, 201);
    assert.notDeepEqual(other.body, first.body);
    assert.equal(await count(database, "idempotency_keys"), 1);
    await rig.close();
  });

  test("done at the same time under one key is done once, by one application and by two", async () => {
    const database = await open();
    const rigs = [await openRig(database), await openRig(database)];
    const racing = Array.from({ length: 12 }, (_, index) =>
      rigs[index % 2]!.call("POST", "/things", { body: { name: "a", ending: "touch" }, headers: key("race") }),
    );
    const answers = await Promise.all(racing);
    assert.equal(new Set(answers.map(({ body }) => body["id"])).size, 1);
    assert.equal(answers.filter(({ headers }) => headers["idempotency-replayed"] === undefined).length, 1);
    assert.deepEqual([await numberOf(database), await count(database, "audit_logs")], [1, 2]);
    assert.equal(rigs[0]!.changes() + rigs[1]!.changes(), 1);
    const different = await Promise.all(
      ["x", "y"].map((name) => rigs[0]!.fails("POST", "/things", { body: { name }, headers: key("two") })),
    );
    assert.deepEqual(different.map(({ status }) => status).toSorted(), [201, 422]);
    for (const rig of rigs) await rig.close();
  });
});

const sqlite = (api: RigOptions["api"] = {}): Promise<ApiRig> =>
  openApiRig({ api, routes: (database) => thingRoutes(database) });

test("an Idempotency-Key is 1 to 255 printable ASCII characters, on POST alone", async () => {
  const rig = await sqlite();
  for (const value of ["k", "a b", "~".repeat(255)]) {
    assert.equal((await rig.call("POST", "/things", { body: { name: "a" }, headers: key(value) })).status, 201, value);
  }
  for (const value of ["", "x".repeat(256), "é", "a\tb"]) {
    const { status, body } = await rig.fails("POST", "/things", { body: { name: "a" }, headers: key(value) });
    assert.deepEqual([status, body.error.details?.[0]?.path], [422, "headers.idempotency-key"], value);
  }
  const gone = { headers: key("") };
  assert.equal((await rig.call("DELETE", `/things/pip_${"a".repeat(26)}`, gone)).status, 204);
  assert.equal(
    (await rig.fails("POST", "/login", { role: null, body: { password: "x" }, headers: key("") })).status,
    401,
  );
  await rig.close();
});

test("of a route whose answer shows a secret nothing is kept: sent again, it is done again and shows another", async () => {
  const rig = await openApiRig({
    routes: (database) =>
      thingRoutes(database).map((route) => {
        return route.operation === "createThing" ? { ...route, showsSecret: true as const } : route;
      }),
  });
  const call = { body: { name: "a" }, headers: key("k") };
  const [first, again] = [await rig.call("POST", "/things", call), await rig.call("POST", "/things", call)];
  assert.deepEqual([first.status, again.status], [201, 201]);
  assert.deepEqual([first.body["key"], again.body["key"]], ["dk_1", "dk_2"]);
  assert.equal(again.headers["idempotency-replayed"], undefined);
  assert.equal(await count(rig.database, "idempotency_keys"), 0);
  const path = `/things/${String(first.body["id"])}/rotate`;
  const other = await rig.call("POST", path, { headers: call.headers });
  assert.equal(other.status, 200, "the key was not used up");
  assert.equal((await rig.call("POST", path, { headers: call.headers })).headers["idempotency-replayed"], "true");
  await rig.close();
});

test("what is kept under a key is sealed, and cannot be guessed from the request's hash", async () => {
  const sealed: string[] = [];
  const reversed = (text: string): string => [...text].toReversed().join("");
  let canOpen = true;
  const rig = await sqlite({
    sealer: {
      seal: (text) => (sealed.push(text), reversed(text)),
      open: (text) => (canOpen ? reversed(text) : null),
    },
  });
  for (const name of ["k-1", "k-2"]) await rig.call("POST", "/things", { body: { name: "a" }, headers: key(name) });
  const rows = await rig.database.queries.selectFrom("idempotency_keys").selectAll().execute();
  assert.deepEqual(
    rows.map(({ answer }) => answer),
    sealed.map(reversed),
  );
  assert.match(sealed[0] ?? "", /dk_1/);
  assert.equal(new Set(rows.map(({ request_hash }) => request_hash)).size, 2, "one request, two hashes");
  canOpen = false;
  const lost = await rig.fails("POST", "/things", { body: { name: "a" }, headers: key("k-1") });
  assert.deepEqual([lost.status, lost.body.error.code], [409, "CONFLICT"]);
  assert.match(lost.body.error.message, /carried out/);
  await rig.close();
});

test("a database that is away is said so, with when to ask again, and events are not its matter", async () => {
  const away = new StoreError("The database cannot be reached.", { fault: "away", cure: "Start it." });
  const rig = await sqlite();
  const broken = await openApiRig({
    routes: () =>
      thingRoutes({
        ...rig.database,
        get queries(): never {
          throw away;
        },
      }),
    database: { ...rig.database, transaction: () => Promise.reject(away) },
  });
  for (const [method, path, body] of [
    ["POST", "/things", { name: "a" }],
    ["GET", "/reach", undefined],
  ] as const) {
    const answer = await broken.fails(method, path, { body });
    assert.deepEqual([answer.status, answer.body.error.code, answer.headers["retry-after"]], [503, "UNAVAILABLE", "5"]);
  }
  assert.deepEqual(
    broken.logs.map(({ level }) => level),
    ["warn", "warn"],
  );
  await broken.close();
  await rig.close();
});

test("a route that keeps its own transactions has its audit records kept whatever it answers", async () => {
  const rig = await sqlite();
  const failed = await rig.call("POST", "/login", { role: null, body: { password: "wrong" } });
  assert.deepEqual([failed.status, failed.headers["www-authenticate"]], [401, "Bearer"]);
  const text = await rig.call<string>("POST", "/login", { role: null, body: { password: "right" } });
  assert.deepEqual([text.body, text.headers["content-type"]], ["plain: 1\n", "application/yaml"]);
  assert.equal((await rig.audits()).length, 2);
  const misused = await rig.fails("POST", "/login", { role: null, body: { password: "touch" } });
  assert.equal(misused.status, 500, "it has no transaction to touch the configuration in");
  await rig.close();
});

test("in production an answer is not checked, and is what the handler says", async () => {
  const rig = await sqlite({ checkAnswers: false });
  assert.equal((await rig.call("POST", "/things", { body: { name: "a", ending: "leak" } })).status, 201);
  await rig.close();
});
