import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { type ClientOptions, each, type ManagementClient, memorySession, openManagementClient } from "./client.ts";
import { ManagementCallError } from "./result.ts";

interface Seen {
  line: string;
  headers: IncomingMessage["headers"];
  body: string;
}

interface Rig {
  client: ManagementClient;
  seen: Seen[];
  /** How long the client wanted to wait, in milliseconds. */
  waits: number[];
}

const closers: (() => void)[] = [];
after(() => closers.forEach((close) => close()));

/** A server that answers as the test says, and a client of it that does not wait. */
async function openRig(
  answer: (seen: Seen, response: ServerResponse, count: number) => void,
  options: Partial<ClientOptions> = {},
): Promise<Rig> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const one = {
        line: `${request.method} ${request.url}`,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      seen.push(one);
      answer(one, response, seen.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => (server.closeAllConnections(), server.close()));
  const waits: number[] = [];
  const client = openManagementClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    wait: async (milliseconds) => void waits.push(milliseconds),
    ...options,
  });
  return { client, seen, waits };
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
  response.end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  json(response, status, { error: { code, message: "No." } }, headers);
}

const PAIR = { access_token: "access-1", refresh_token: "refresh-1" };

test("a call is method, path, query and body as the API reads them", async () => {
  const { client, seen } = await openRig((_, response) => json(response, 200, { id: "x" }), { token: "tok" });
  await client.listPipelines({ query: { search: "a&b c", limit: 5, cursor: undefined } });
  await client.getPipeline({ params: { id: "pip_/../é" } });
  await client.createPipeline({ body: { name: "Shop" }, idempotencyKey: "once" });
  await client.getMe();
  assert.deepEqual(
    seen.map(({ line }) => line),
    [
      "GET /v1/admin/pipelines?search=a%26b+c&limit=5",
      "GET /v1/admin/pipelines/pip_%2F..%2F%C3%A9",
      "POST /v1/admin/pipelines",
      "GET /v1/admin/auth/me",
    ],
  );
  const post = seen[2];
  assert.deepEqual(JSON.parse(post?.body ?? ""), { name: "Shop" });
  assert.equal(post?.headers["content-type"], "application/json");
  assert.equal(post?.headers["idempotency-key"], "once");
  assert.ok(seen.every(({ headers }) => headers.authorization === "Bearer tok"));
  assert.equal(seen[0]?.headers["content-type"], undefined);
});

test("answers are values: data, nothing, text, and errors with their code", async () => {
  const { client } = await openRig((one, response) => {
    if (one.line.startsWith("DELETE")) return response.writeHead(204).end();
    if (one.line.endsWith("/logo")) return response.writeHead(200, { "content-type": "image/svg+xml" }).end("<svg/>");
    if (one.line.startsWith("GET")) return json(response, 200, { id: "pip_1" });
    const details = [{ path: "name", message: "must not be empty" }];
    return json(response, 422, { error: { code: "VALIDATION_FAILED", message: "Not valid.", details } });
  });
  const found = await client.getPipeline({ params: { id: "pip_1" } });
  assert.ok(found.ok);
  assert.equal(found.data.id, "pip_1");
  const gone = await client.deletePipeline({ params: { id: "pip_1" } });
  assert.deepEqual(gone, { ok: true, status: 204, data: undefined });
  const logo = await client.getCatalogueLogo({ params: { key: "webhook" } });
  assert.equal(logo.ok && logo.data, "<svg/>");
  const refused = await client.createPipeline({ body: { name: "" } });
  assert.ok(!refused.ok);
  const code: "VALIDATION_FAILED" | string = refused.error.code;
  assert.deepEqual([refused.status, code, refused.error.details?.[0]?.path], [422, "VALIDATION_FAILED", "name"]);
});

const FOREIGN: readonly [title: string, answer: (response: ServerResponse) => void][] = [
  ["a proxy's page", (response) => void response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad</h1>")],
  ["broken JSON", (response) => void response.writeHead(200, { "content-type": "application/json" }).end("{")],
  ["JSON of another shape", (response) => json(response, 400, { error: "no" })],
];

for (const [title, answer] of FOREIGN) {
  test(`${title} is an answer that cannot be read`, async () => {
    const { client } = await openRig((_, response) => answer(response));
    const result = await client.getMe();
    assert.equal(!result.ok && result.error.code, "UNREADABLE_ANSWER");
  });
}

test("a server that is not there is an error too; aborting is not", async () => {
  const client = openManagementClient({ baseUrl: "http://127.0.0.1:1" });
  const result = await client.getMe();
  assert.deepEqual([result.ok, result.status, !result.ok && result.error.code], [false, 0, "NO_ANSWER"]);
  const controller = new AbortController();
  const { client: slow } = await openRig(() => controller.abort());
  await assert.rejects(slow.getMe({}, { signal: controller.signal }), { name: "AbortError" });
});

test("reading is tried again when the server is busy, as it says; changes only with a key", async () => {
  const busy = await openRig((_, response, count) => {
    if (count === 3) return json(response, 200, { id: "usr_1" });
    return refuse(response, count === 1 ? 429 : 503, "RATE_LIMITED", count === 1 ? { "retry-after": "7" } : {});
  });
  assert.equal((await busy.client.getMe()).ok, true);
  assert.deepEqual(busy.waits, [7000, 1000]);

  const always = await openRig((_, response) => refuse(response, 503, "UNAVAILABLE", { "retry-after": "5" }));
  const given = await always.client.getMe();
  assert.equal(!given.ok && given.error.retryAfterMs, 5000);
  assert.equal(always.seen.length, 3);
  await always.client.createPipeline({ body: { name: "Shop" } });
  assert.equal(always.seen.length, 4);
  await always.client.createPipeline({ body: { name: "Shop" }, idempotencyKey: "once" });
  assert.equal(always.seen.length, 7);

  const long = await openRig((_, response) => refuse(response, 429, "RATE_LIMITED", { "retry-after": "900" }));
  await long.client.getMe();
  assert.deepEqual(long.waits, []);
});

test("waiting ends when the call is aborted", async () => {
  const controller = new AbortController();
  const headers = { "content-type": "application/json", "retry-after": "20" };
  const client = openManagementClient({
    baseUrl: "",
    fetch: async () => {
      setImmediate(() => controller.abort());
      return new Response('{"error":{"code":"UNAVAILABLE","message":"No."}}', { status: 503, headers });
    },
  });
  await assert.rejects(client.getMe({}, { signal: controller.signal }), { name: "AbortError" });
});

test("many calls with a token that has run out renew it once", async () => {
  const session = memorySession(PAIR);
  const { client, seen } = await openRig(
    (one, response) => {
      if (one.line === "POST /v1/admin/auth/refresh") {
        assert.equal(one.headers.authorization, undefined);
        const { refresh_token: used } = JSON.parse(one.body) as { refresh_token: string };
        assert.equal(used, "refresh-1");
        return setTimeout(() => json(response, 200, { access_token: "access-2", refresh_token: "refresh-2" }), 20);
      }
      if (one.headers.authorization !== "Bearer access-2") return refuse(response, 401, "EXPIRED_TOKEN");
      return json(response, 200, { id: "usr_1" });
    },
    { session },
  );
  const results = await Promise.all(Array.from({ length: 8 }, () => client.getMe()));
  assert.ok(results.every(({ ok }) => ok));
  assert.equal(seen.filter(({ line }) => line.endsWith("/auth/refresh")).length, 1);
  assert.equal(session.read()?.refresh_token, "refresh-2");
});

test("a call that comes back after the renewal takes the new token instead of renewing again", async () => {
  const session = memorySession(PAIR);
  let release = (): void => undefined;
  const late = new Promise<void>((resolve) => (release = resolve));
  const { client, seen } = await openRig(
    async (one, response) => {
      if (one.line.endsWith("/auth/refresh")) {
        return json(response, 200, { access_token: "access-2", refresh_token: "refresh-2" });
      }
      if (one.headers.authorization === "Bearer access-2") return json(response, 200, {});
      if (one.line.includes("organisation")) await late;
      return refuse(response, 401, "EXPIRED_TOKEN");
    },
    { session },
  );
  const slow = client.getOrganisation();
  assert.equal((await client.getMe()).ok, true);
  release();
  assert.equal((await slow).ok, true);
  assert.equal(seen.filter(({ line }) => line.endsWith("/auth/refresh")).length, 1);
});

const RENEWALS: readonly [title: string, answer: (response: ServerResponse) => void, after: string | null][] = [
  ["is not taken", (response) => refuse(response, 401, "INVALID_REFRESH_TOKEN"), null],
  ["meets a server that is busy", (response) => refuse(response, 503, "UNAVAILABLE"), "refresh-1"],
  ["gets no answer", (response) => void response.destroy(), "refresh-1"],
];

for (const [title, answer, after] of RENEWALS) {
  test(`a renewal that ${title} leaves the first error, and ${after === null ? "ends the session" : "keeps it"}`, async () => {
    const session = memorySession(PAIR);
    const { client } = await openRig(
      (one, response) =>
        one.line.endsWith("/auth/refresh") ? answer(response) : refuse(response, 401, "EXPIRED_TOKEN"),
      { session },
    );
    const result = await client.getMe();
    assert.equal(!result.ok && result.error.code, "EXPIRED_TOKEN");
    assert.equal(session.read()?.refresh_token ?? null, after);
  });
}

test("whoever signs out while the token is renewed stays signed out", async () => {
  const session = memorySession(PAIR);
  const { client } = await openRig(
    (one, response) => {
      if (!one.line.endsWith("/auth/refresh")) return refuse(response, 401, "EXPIRED_TOKEN");
      session.write(null);
      return json(response, 200, { access_token: "access-2", refresh_token: "refresh-2" });
    },
    { session },
  );
  assert.equal((await client.getMe()).ok, false);
  assert.equal(session.read(), null);
});

test("a list is walked page by page, and a page that is refused is thrown", async () => {
  const { client, seen } = await openRig((one, response) => {
    const cursor = new URL(one.line.slice(4), "http://x").searchParams.get("cursor");
    if (cursor === "c3") return refuse(response, 403, "FORBIDDEN");
    const next = cursor === null ? "c2" : "c3";
    return json(response, 200, { data: [{ id: `after-${cursor}` }], next_cursor: next, has_more: true });
  });
  const ids: string[] = [];
  await assert.rejects(
    async () => {
      for await (const { id } of each(client.listPipelines, { query: { search: "shop" } })) ids.push(id);
    },
    (error) => error instanceof ManagementCallError && error.error.code === "FORBIDDEN" && error.status === 403,
  );
  assert.deepEqual(ids, ["after-null", "after-c2"]);
  assert.ok(seen.every(({ line }) => line.includes("search=shop")));
});

test("a list without more ends", async () => {
  const { client } = await openRig((_, response) =>
    json(response, 200, { data: [{ id: "key_1" }], next_cursor: null, has_more: false }),
  );
  const keys: string[] = [];
  for await (const key of each(client.listPipelineKeys, { params: { id: "pip_1" } })) keys.push(key.id);
  assert.deepEqual(keys, ["key_1"]);
});

test("tabs that share a session renew it once between them", async () => {
  let queue: Promise<unknown> = Promise.resolve();
  const shared = memorySession(PAIR);
  const session = {
    ...shared,
    lock<Result>(work: () => Promise<Result>): Promise<Result> {
      const turn = queue.then(work);
      queue = turn.catch(() => undefined);
      return turn;
    },
  };
  let renewals = 0;
  const answer = (one: Seen, response: ServerResponse): void => {
    if (one.line.endsWith("/auth/refresh")) {
      renewals += 1;
      return json(response, 200, { access_token: "access-2", refresh_token: "refresh-2" });
    }
    if (one.headers.authorization === "Bearer access-2") return json(response, 200, {});
    return refuse(response, 401, "EXPIRED_TOKEN");
  };
  const tabs = await Promise.all([openRig(answer, { session }), openRig(answer, { session })]);
  const results = await Promise.all(tabs.flatMap(({ client }) => [client.getMe(), client.getMe()]));
  assert.ok(results.every(({ ok }) => ok));
  assert.equal(renewals, 1);
});
