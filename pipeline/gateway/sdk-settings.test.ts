import assert from "node:assert/strict";
import { test } from "node:test";
import { KEY, pipeline, startRig, type Reply, type Rig } from "./gateway-rig.ts";

const ORIGIN = "https://shop.example.com";
const SETTINGS = `/v1/projects/${KEY}/settings`;
const READ_METHODS = "GET, HEAD, OPTIONS";

async function withRig(options: Parameters<typeof startRig>[0], run: (rig: Rig) => Promise<void>): Promise<void> {
  const rig = await startRig(options);
  try {
    await run(rig);
  } finally {
    await rig.close();
  }
}

function get(rig: Rig, path: string, headers: Record<string, string> = {}): Promise<Reply> {
  return rig.send({ method: "GET", path, headers });
}

function segment(reply: Reply): Record<string, unknown> {
  const integrations = reply.json["integrations"] as Record<string, Record<string, unknown>>;
  assert.deepEqual(Object.keys(integrations), ["Segment.io"], "a second one would be loaded from Segment's servers");
  return integrations["Segment.io"] ?? {};
}

test("Segment's settings lead back to the host that was asked, through trusted proxies too", async () => {
  const proxied = { "x-forwarded-proto": "https", "x-forwarded-host": "data.example.com" };
  const secure = { host: "data.example.com", "sec-fetch-site": "cross-site" };
  const rows: [name: string, trusted: string[], headers: Record<string, string>, origin: string][] = [
    ["as asked", [], { host: "data.example.com:8080" }, "http://data.example.com:8080"],
    ["IPv6", [], { host: "[::1]:8080" }, "http://[::1]:8080"],
    ["proxy that is not trusted", [], { host: "a.example.com", ...proxied }, "http://a.example.com"],
    ["another proxy is trusted", ["10.0.0.0/8"], { host: "a.example.com", ...proxied }, "http://a.example.com"],
    ["trusted", ["127.0.0.1"], { host: "a.example.com", ...proxied }, "https://data.example.com"],
    [
      "only the protocol",
      ["127.0.0.1"],
      { host: "b.example.com", "x-forwarded-proto": "HTTPS" },
      "https://b.example.com",
    ],
    [
      "two proxies",
      ["127.0.0.1"],
      { host: "a.internal", "x-forwarded-proto": "https, http", "x-forwarded-host": "data.example.com, a.internal" },
      "https://data.example.com",
    ],
    [
      "Forwarded",
      ["127.0.0.1"],
      { host: "a.internal", forwarded: 'for=192.0.2.1;proto=https;host="data.example.com:8443", for=10.0.0.1' },
      "https://data.example.com:8443",
    ],
    [
      "rubbish",
      ["127.0.0.1"],
      { host: "a.example.com", "x-forwarded-proto": "ftp", "x-forwarded-host": "a b" },
      "http://a.example.com",
    ],
    ["a browser's request over https", [], secure, "https://data.example.com"],
    ["a page over https", [], { host: "data.example.com", origin: ORIGIN }, "https://data.example.com"],
    [
      "a trusted proxy knows better",
      ["127.0.0.1"],
      { ...secure, "x-forwarded-proto": "http" },
      "http://data.example.com",
    ],
    ["a browser on the same machine", [], { ...secure, host: "localhost:8080" }, "http://localhost:8080"],
  ];
  for (const [name, trustedProxies, headers, origin] of rows) {
    await withRig({ settings: { trustedProxies } }, async (rig) => {
      const reply = await get(rig, SETTINGS, headers);
      assert.equal(reply.status, 200, `${name}: ${reply.text}`);
      const { apiKey, apiHost, protocol } = segment(reply);
      assert.deepEqual([apiKey, `${String(protocol)}://${String(apiHost)}`], [KEY, `${origin}/v1`], name);
      assert.deepEqual(reply.json["metrics"], { sampleRate: 0, host: apiHost, protocol }, name);
    });
  }
});

test("a host that is none does not get into the answer", () =>
  withRig({}, async (rig) => {
    for (const host of ['a"b', "a/b", "a@b", "a b", "-", ""]) {
      const { apiHost } = segment(await get(rig, SETTINGS, { host }));
      assert.equal(apiHost, `127.0.0.1:${rig.port}/v1`, host);
    }
    const connection = await rig.raw();
    connection.socket.write(`GET ${SETTINGS} HTTP/1.0\r\n\r\n`);
    assert.ok((await connection.until(/\}$/)).includes(`"apiHost":"127.0.0.1:${rig.port}/v1"`));
  }));

test("settings are answered to known keys and allowed pages, and to nobody else", async () => {
  const basic = { authorization: `Basic ${Buffer.from(`${KEY}:`).toString("base64")}` };
  const colon = "id-of-jitsu:secret";
  const pipelines = [pipeline({ keys: [KEY, colon, "dk_live_a%b"] })];
  await withRig({ pipelines }, async (rig) => {
    const rows: [path: string, headers: Record<string, string>, status: number, error: string | null][] = [
      [SETTINGS, {}, 200, null],
      [`${SETTINGS}/`, {}, 200, null],
      [`/${SETTINGS}?x=1`, {}, 200, null],
      [`/v1/projects/${encodeURIComponent(colon)}/settings`, {}, 200, null],
      ["/v1/projects/dk_live_a%b/settings", {}, 200, null],
      [SETTINGS, { origin: ORIGIN }, 200, null],
      [SETTINGS, { origin: "https://other.example" }, 403, "origin_not_allowed"],
      ["/v1/projects/dk_live_nobody/settings", {}, 401, "invalid_pipeline_key"],
      ["/v1/projects/constructor/settings", {}, 401, "invalid_pipeline_key"],
      ["/v1/projects//settings", {}, 404, "not_found"],
      ["/v1/projects", {}, 404, "not_found"],
      [`/sourceConfig/?p=npm&v=3.0.0&writeKey=${KEY}`, {}, 200, null],
      ["/sourceConfig", basic, 200, null],
      [`/sourceConfig?writeKey=${KEY}`, { ...basic, origin: ORIGIN }, 200, null],
      ["/sourceConfig", {}, 401, "missing_pipeline_key"],
      ["/sourceConfig?writeKey=dk_live_nobody", {}, 401, "invalid_pipeline_key"],
      ["/sourceConfig?writeKey=dk_live_nobody", basic, 400, "conflicting_keys"],
    ];
    for (const [path, headers, status, error] of rows) {
      const reply = await get(rig, path, headers);
      assert.equal(reply.status, status, `${path}: ${reply.text}`);
      assert.equal(reply.json["error"] ?? null, error, path);
      assert.equal(
        reply.headers["access-control-allow-methods"],
        status === 404 ? "POST, OPTIONS" : READ_METHODS,
        path,
      );
      const shown = reply.headers["access-control-allow-origin"];
      if (headers["origin"] !== undefined) assert.equal(shown === headers["origin"], status === 200, path);
      if (status === 200) assert.equal(reply.headers["cache-control"], "private, max-age=60");
      else if (status !== 404) assert.equal(reply.headers["cache-control"], "no-store");
    }
    assert.equal(rig.gateway.takeRefused().size, 0, "a question is no refused event");
    assert.ok(!JSON.stringify(rig.gateway.refused()).includes("dk_live"), "no key is kept with what was refused");
    assert.equal(rig.log.records.length, 0);
  });
});

test("RudderStack's source has what its SDKs insist on, and nothing to load", () =>
  withRig({}, async (rig) => {
    const { json } = await get(rig, `/sourceConfig?writeKey=${KEY}`);
    assert.deepEqual(json["source"], {
      id: "pip_shop",
      name: "pip_shop",
      writeKey: KEY,
      enabled: true,
      workspaceId: "",
      updatedAt: "1970-01-01T00:00:00.000Z",
      config: { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } },
      destinations: [],
      connections: [],
      dataplanes: {},
    });
  }));

test("what is read answers HEAD, OPTIONS and other methods by its own rule", () =>
  withRig({}, async (rig) => {
    for (const path of [SETTINGS, `/sourceConfig?writeKey=${KEY}`]) {
      const head = await rig.send({ method: "HEAD", path });
      assert.deepEqual([head.status, head.text], [200, ""]);
      assert.ok(Number(head.headers["content-length"]) > 100);
      const preflight = await rig.send({ method: "OPTIONS", path, headers: { origin: ORIGIN } });
      assert.equal(preflight.status, 204);
      assert.equal(preflight.headers["access-control-allow-methods"], READ_METHODS);
      assert.match(String(preflight.headers["access-control-allow-headers"]), /Authorization/);
      const post = await rig.send({ method: "POST", path, body: "{}" });
      assert.deepEqual([post.status, post.headers["allow"]], [405, READ_METHODS]);
      assert.equal(post.json["message"], "This path takes GET.");
      const expecting = await rig.raw();
      expecting.socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n`);
      assert.match(await expecting.until(/\}$/), /^HTTP\/1\.1 200 OK[^]*Connection: close/);
    }
    const health = await rig.send({ method: "OPTIONS", path: "/health" });
    assert.deepEqual([health.status, health.headers["allow"]], [204, READ_METHODS]);
    const star = await rig.send({ method: "OPTIONS", path: "*" });
    assert.equal(star.status, 204);
  }));
