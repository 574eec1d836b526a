import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, test } from "node:test";
import { openSqlite } from "@datafly-signal/ports/store/sqlite";
import type { FastifyInstance } from "fastify";
import { createApp } from "./app.ts";
import type { RequestFacts } from "./authenticate.ts";
import { type ApiOptions, mountApi } from "./mount-api.ts";
import { type Caller, fault } from "./route.ts";
import { thingRoutes } from "./routes-fixture.ts";
import { openManagementHttp } from "./server.ts";

let ids = 0;
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const http = await openManagementHttp({ host: "127.0.0.1", port: 0 });
const hasty = await openManagementHttp({ host: "127.0.0.1", port: 0, requestTimeoutMs: 100 });
const database = await openSqlite({ path: ":memory:" });
const api: ApiOptions = {
  routes: thingRoutes(database),
  database,
  authenticate: async () => fault("INVALID_TOKEN"),
  limit: () => null,
  now: () => 0,
  newId: (prefix) => `${prefix}${(ids += 1)}`,
  sealer: { seal: (text) => text, open: (text) => text },
  onConfigurationChanged: () => undefined,
  logger,
};
const parts = {
  ready: () => Promise.resolve([]),
  metrics: () => Promise.resolve({ contentType: "text/plain", text: "" }),
  logger,
  routes: [(server: FastifyInstance) => mountApi(server, api)],
};
await http.serve(parts);
await hasty.serve(parts);
after(async () => {
  await http.close();
  await hasty.close();
  await database.close();
});

/** Sends bytes and gives what comes back until the connection ends. */
async function spoken(text: string, { port } = http.address): Promise<{ status: number; head: string; body: string }> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("utf8").on("data", (data: string) => (answer += data));
  socket.on("error", () => undefined);
  socket.write(text);
  await once(socket, "close");
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), head: head.toLowerCase(), body };
}

const LOGIN = "POST /v1/admin/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";

test("what is no request, too long or too slow is answered in the API's shape, and the connection ends", async () => {
  const table: [string, string, number, RegExp][] = [
    ["no HTTP", "hello\r\n\r\n", 400, /not valid HTTP/],
    ["a length that is none", `${LOGIN}content-length: abc\r\n\r\n`, 400, /not valid HTTP/],
    ["two lengths", `${LOGIN}content-length: 1\r\ncontent-length: 2\r\n\r\nab`, 400, /not valid HTTP/],
    [
      "length and chunks",
      `${LOGIN}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      /not valid HTTP/,
    ],
    [
      "an address of 20 KB",
      `GET /v1/admin/things?search=${"x".repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
      431,
      /16 KB/,
    ],
    ["half a head", "GET /v1/admin/things HTTP/1.1\r\nhost:", 408, /in time/],
    ["half a body", `${LOGIN}content-length: 20\r\n\r\n{"pass`, 408, /in time/],
  ];
  const answers = await Promise.all(
    table.map(([, text, status]) => spoken(text, (status === 408 ? hasty : http).address)),
  );
  for (const [index, [what, , status, message]] of table.entries()) {
    const answer = answers[index];
    assert.equal(answer?.status, status, what);
    const { error } = JSON.parse(answer?.body ?? "") as { error: { code: string; message: string } };
    assert.equal(error.code, "BAD_REQUEST", what);
    assert.match(error.message, message, what);
    assert.match(answer?.head ?? "", /cache-control: no-store\r\n/, what);
    assert.match(answer?.head ?? "", /content-type: application\/json; charset=utf-8\r\n/, what);
  }
});

test("the client's address is what a trusted proxy says, and nobody else", async () => {
  for (const [trustedProxies, seen] of [
    [["127.0.0.0/8"], "192.0.2.7"],
    [["10.0.0.1"], "127.0.0.1"],
    [[], "127.0.0.1"],
  ] as const) {
    const app = createApp({ logger, trustedProxies });
    const addresses: string[] = [];
    const limit = (_caller: Caller, { ipAddress }: RequestFacts): null => {
      addresses.push(ipAddress);
      return null;
    };
    mountApi(app, { ...api, limit });
    const headers = { "x-forwarded-for": "203.0.113.9, 192.0.2.7" };
    for (const remoteAddress of ["127.0.0.1", "::ffff:127.0.0.1"]) {
      await app.inject({ url: "/v1/admin/reach", headers, remoteAddress });
    }
    assert.deepEqual(addresses, [seen, seen]);
    await app.close();
  }
});

test("a connection may be given up at any moment", async () => {
  const texts = ["", "POST /v1", `${LOGIN}content-length: 20\r\n\r\n`, `${LOGIN}content-length: 20\r\n\r\n{"pass`];
  for (const text of texts) {
    const socket = connect(http.address.port, "127.0.0.1");
    await once(socket, "connect");
    if (text !== "") await new Promise((resolve) => socket.write(text, resolve));
    socket.resetAndDestroy();
    await once(socket, "close");
  }
  const url = `http://127.0.0.1:${http.address.port}/v1/admin/reach`;
  assert.equal((await fetch(url)).status, 200, "and others are answered");
});

test("an answer is never taken for another request's", async () => {
  const login = '{"password":"right"}';
  const both = await spoken(`${LOGIN}content-length: ${login.length}\r\n\r\n${login}no HTTP\r\n\r\n`);
  assert.ok(!both.head.startsWith("http/1.1 400"), both.head);
});

test("over a real connection too: chunked bodies, large ones, refused ones", async () => {
  const url = `http://127.0.0.1:${http.address.port}/v1/admin`;
  const headers = { "content-type": "application/json" };
  const chunked = await spoken(
    `${LOGIN}transfer-encoding: chunked\r\nconnection: close\r\n\r\n14\r\n{"password":"right"}\r\n0\r\n\r\n`,
  );
  assert.equal(chunked.status, 200);
  const large = await fetch(`${url}/login`, { method: "POST", headers, body: "x".repeat(1_001) });
  assert.equal(large.status, 413);
  const untold = await spoken(
    `${LOGIN}transfer-encoding: chunked\r\n\r\n400\r\n${"x".repeat(1_024)}\r\n400\r\n${"x".repeat(1_024)}\r\n`,
  );
  assert.equal(untold.status, 413, "also where the length is not said before");
  const refused = await fetch(`${url}/things`, { method: "POST", headers, body: "x".repeat(2_000_000) });
  assert.deepEqual([refused.status, refused.headers.get("www-authenticate")], [401, "Bearer"]);
  assert.deepEqual(Object.keys((await refused.json()) as object), ["error"]);
});
