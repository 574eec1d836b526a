import assert from "node:assert/strict";
import { test } from "node:test";
import { KEY, NOW, OTHER_KEY, pipeline, snapshotOf, startRig, type Rig } from "./gateway-rig.ts";

const EVENT = { type: "page" };

async function withRig(options: Parameters<typeof startRig>[0], run: (rig: Rig) => Promise<void>): Promise<void> {
  const rig = await startRig(options);
  try {
    await run(rig);
  } finally {
    await rig.close();
  }
}

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}

test("a key is found wherever clients put it", () =>
  withRig({}, async (rig) => {
    const rows: [name: string, headers: Record<string, string>, query: string, body: object, outcome: string][] = [
      ["bearer", { authorization: `Bearer ${KEY}` }, "", EVENT, "accepted"],
      ["bearer in lower case", { authorization: `bearer ${KEY}` }, "", EVENT, "accepted"],
      ["basic as Segment", { authorization: basic(`${KEY}:`) }, "", EVENT, "accepted"],
      ["basic without a colon", { authorization: basic(KEY) }, "", EVENT, "accepted"],
      ["x-write-key", { "x-write-key": KEY }, "", EVENT, "accepted"],
      ["x-pipeline-key", { "x-pipeline-key": KEY }, "", EVENT, "accepted"],
      ["body", {}, "", { ...EVENT, writeKey: KEY }, "accepted"],
      ["query writeKey", {}, `?writeKey=${KEY}`, EVENT, "accepted"],
      ["query wk", {}, `?wk=${KEY}&x=1`, EVENT, "accepted"],
      [
        "the same everywhere",
        { authorization: basic(`${KEY}:`), "x-write-key": KEY },
        `?wk=${KEY}`,
        { ...EVENT, writeKey: KEY },
        "accepted",
      ],
      ["masked beside a whole one", { "x-write-key": KEY }, "", { ...EVENT, writeKey: "dk_live:***" }, "accepted"],
      [
        "a proxy's password beside the key",
        { authorization: basic("staging:secret") },
        "",
        { ...EVENT, writeKey: KEY },
        "accepted",
      ],
      ["only masked", {}, "", { ...EVENT, writeKey: "dk_live:***" }, "missing_pipeline_key"],
      ["none", {}, "", EVENT, "missing_pipeline_key"],
      ["empty bearer", { authorization: "Bearer " }, "", EVENT, "missing_pipeline_key"],
      ["a number in the body", {}, "", { ...EVENT, writeKey: 7 }, "missing_pipeline_key"],
      ["unknown", { authorization: "Bearer dk_live_nobody" }, "", EVENT, "invalid_pipeline_key"],
      ["a name of the prototype", { authorization: "Bearer constructor" }, "", EVENT, "invalid_pipeline_key"],
      ["two in the head", { authorization: `Bearer ${KEY}`, "x-write-key": OTHER_KEY }, "", EVENT, "conflicting_keys"],
      ["head and body", { authorization: `Bearer ${KEY}` }, "", { ...EVENT, writeKey: OTHER_KEY }, "conflicting_keys"],
      ["head and query", { authorization: `Bearer ${KEY}` }, `?wk=${OTHER_KEY}`, EVENT, "conflicting_keys"],
      ["query twice", {}, `?wk=${KEY}&writeKey=${OTHER_KEY}`, EVENT, "conflicting_keys"],
    ];
    for (const [name, headers, query, body, outcome] of rows) {
      const reply = await rig.send({ path: `/v1/p${query}`, headers, body: JSON.stringify(body) });
      const status = { accepted: 200, missing_pipeline_key: 401, invalid_pipeline_key: 401, conflicting_keys: 400 }[
        outcome
      ];
      assert.equal(reply.status, status, `${name}: ${reply.text}`);
      if (outcome !== "accepted") assert.equal(reply.json["error"], outcome, name);
    }
    assert.ok(rig.log.events().every((event) => !Object.hasOwn(event, "writeKey")));
  }));

test("an unknown key looks once for a newer configuration, and not again within a second", () =>
  withRig({}, async (rig) => {
    const send = (): Promise<number> =>
      rig.post("/v1/p", EVENT, { authorization: `Bearer ${OTHER_KEY}` }).then((r) => r.status);
    assert.equal(await send(), 401);
    assert.equal(await send(), 401);
    assert.equal(rig.snapshot.refreshes, 1);
    rig.snapshot.next = snapshotOf([pipeline({ keys: [KEY, OTHER_KEY] })], 2);
    assert.equal(await send(), 401);
    rig.time.monotonic += 1_000;
    assert.deepEqual(await Promise.all([send(), send(), send()]), [200, 200, 200]);
    assert.equal(rig.snapshot.refreshes, 2);
  }));

test("several keys work while they rotate; a revoked key, a disabled pipeline are refused at once", () =>
  withRig({ pipelines: [pipeline({ keys: [KEY, OTHER_KEY] })] }, async (rig) => {
    const status = (key: string): Promise<number> =>
      rig.post("/v1/p", EVENT, { authorization: `Bearer ${key}` }).then((r) => r.status);
    assert.deepEqual([await status(KEY), await status(OTHER_KEY)], [200, 200]);
    rig.snapshot.change(snapshotOf([pipeline({ keys: [OTHER_KEY] })], 2));
    assert.deepEqual([await status(KEY), await status(OTHER_KEY)], [401, 200]);
    rig.snapshot.change(snapshotOf([pipeline({ keys: [OTHER_KEY], enabled: false })], 3));
    assert.equal(await status(OTHER_KEY), 401);
  }));

test("a key that ends is taken up to that moment and refused from it on, whether or not a newer configuration comes", () => {
  const end = NOW + 60_000;
  const ending = pipeline({ keys: [KEY, OTHER_KEY], keyEnds: { [KEY]: end } });
  return withRig({ pipelines: [ending] }, async (rig) => {
    const status = (key: string): Promise<number> =>
      rig.post("/v1/p", EVENT, { authorization: `Bearer ${key}` }).then((r) => r.status);
    const statuses = async (): Promise<number[]> => [await status(KEY), await status(OTHER_KEY)];
    assert.deepEqual(await statuses(), [200, 200]);
    rig.time.wall = end - 1;
    assert.deepEqual(await statuses(), [200, 200]);
    // Time that passes is not the wall clock's.
    rig.time.monotonic += 120_000;
    assert.deepEqual(await statuses(), [200, 200]);
    assert.equal(rig.snapshot.refreshes, 0, "a key that counts asks for nothing newer");
    rig.time.wall = end;
    const refused = await rig.post("/v1/p", EVENT);
    assert.deepEqual([refused.status, refused.json["error"]], [401, "invalid_pipeline_key"]);
    assert.equal(await status(OTHER_KEY), 200);
    rig.time.wall = end + 86_400_000;
    assert.deepEqual(await statuses(), [401, 200]);
    rig.snapshot.change(snapshotOf([ending], 2));
    assert.deepEqual(await statuses(), [401, 200], "the same end in a newer configuration");
    rig.snapshot.change(snapshotOf([pipeline({ keys: [OTHER_KEY] })], 3));
    assert.deepEqual(await statuses(), [401, 200]);
    assert.equal(rig.log.events().length, 10);
  });
});

test("a key that has ended is refused wherever it stands, and in the form id:secret", () => {
  const pipelines = [pipeline({ keyEnds: { [KEY]: NOW } }), pipeline({ id: "pip_blog", keys: [OTHER_KEY] })];
  return withRig({ pipelines }, async (rig) => {
    const rows: [name: string, headers: Record<string, string>, path: string, body: object][] = [
      ["bearer", { authorization: `Bearer ${KEY}` }, "/v1/p", EVENT],
      ["basic", { authorization: basic(`${KEY}:`) }, "/v1/p", EVENT],
      ["x-write-key", { "x-write-key": KEY }, "/v1/p", EVENT],
      ["id:secret", { "x-write-key": `${KEY}:secret` }, "/v1/p", EVENT],
      ["query", {}, `/v1/p?writeKey=${KEY}`, EVENT],
      ["body", {}, "/v1/p", { ...EVENT, writeKey: KEY }],
      ["batch", {}, "/v1/batch", { writeKey: KEY, batch: [EVENT] }],
    ];
    for (const [name, headers, path, body] of rows) {
      const reply = await rig.send({ path, headers, body: JSON.stringify(body) });
      assert.deepEqual([reply.status, reply.json["error"]], [401, "invalid_pipeline_key"], name);
    }
    assert.equal(rig.log.appends, 0);
    rig.time.wall = NOW - 1;
    for (const [name, headers, path, body] of rows) {
      const reply = await rig.send({ path, headers, body: JSON.stringify(body) });
      assert.equal(reply.status, 200, `${name}: ${reply.text}`);
    }
  });
});

test("a key whose end is put off, or taken back, is taken again with the configuration that says so", () =>
  withRig({ pipelines: [pipeline({ keyEnds: { [KEY]: NOW } })] }, async (rig) => {
    const status = (): Promise<number> => rig.post("/v1/p", EVENT).then((r) => r.status);
    assert.equal(await status(), 401);
    rig.snapshot.change(snapshotOf([pipeline({ keyEnds: { [KEY]: NOW + 1 } })], 2));
    assert.equal(await status(), 200);
    rig.time.wall += 1;
    rig.snapshot.next = snapshotOf([pipeline()], 3);
    rig.time.monotonic += 1_000;
    assert.equal(await status(), 200, "a refusal looks for a newer configuration first");
  }));

test("each pipeline takes events of its own pages, a preflight those of any", () => {
  const pipelines = [
    pipeline(),
    pipeline({ id: "pip_blog", keys: [OTHER_KEY], domainAllowlist: ["*.blog.example.com"] }),
    pipeline({ id: "pip_off", keys: ["dk_off"], enabled: false, domainAllowlist: ["off.example.com"] }),
  ];
  return withRig({ pipelines }, async (rig) => {
    const rows: [origin: string, preflight: number, shop: number, blog: number][] = [
      ["https://shop.example.com", 204, 200, 403],
      ["https://a.blog.example.com", 204, 403, 200],
      ["https://off.example.com", 403, 403, 403],
      ["http://localhost:3000", 403, 403, 403],
      ["null", 403, 403, 403],
    ];
    for (const [origin, preflight, shop, blog] of rows) {
      const asked = await rig.send({ method: "OPTIONS", path: "/v1/batch", headers: { origin } });
      assert.equal(asked.status, preflight, origin);
      assert.equal(
        asked.headers["access-control-allow-headers"],
        "Content-Type, Authorization, X-Write-Key, AnonymousId, X-Retry-Count, Content-Encoding, SentAt, " +
          "Rsa-Recovered, Rsa-Retry-Attempt, Rsa-Retry-Reason, Rsa-Since-First-Attempt, Rsa-Since-Last-Attempt",
      );
      if (preflight === 204) assert.equal(asked.headers["access-control-allow-origin"], origin);
      else assert.notEqual(asked.headers["access-control-allow-origin"], origin);
      for (const [key, status] of [
        [KEY, shop],
        [OTHER_KEY, blog],
      ] as const) {
        const reply = await rig.post("/v1/p", EVENT, { origin, authorization: `Bearer ${key}` });
        assert.equal(reply.status, status, `${origin} ${key}`);
        assert.equal(reply.headers["access-control-allow-origin"] === origin, status === 200, `${origin} ${key}`);
        if (status === 403) assert.equal(reply.json["error"], "origin_not_allowed");
        if (status === 403) assert.equal(/has no origin.*serve it over http/.test(reply.text), origin === "null");
      }
    }
  });
});

test("a preflight of the documented paths is answered as documented, and lets SDKs try again that ask for more", () =>
  withRig({}, async (rig) => {
    const rows: [requested: string | null, more: boolean][] = [
      [null, false],
      ["", false],
      ["authorization", false],
      ["Content-Type, authorization", false],
      ["authorization,content-type", false],
      ["authorization,x-retry-count", true],
      ["x-unknown", true],
    ];
    for (const path of ["/v1/t", "/v1/p", "/v1/i", "/v1/g"]) {
      for (const [requested, more] of rows) {
        const headers: Record<string, string> = { origin: "https://shop.example.com" };
        if (requested !== null) headers["access-control-request-headers"] = requested;
        const { headers: answered } = await rig.send({ method: "OPTIONS", path, headers });
        const allowed = String(answered["access-control-allow-headers"]).split(", ");
        assert.deepEqual(allowed.slice(0, 2), ["Content-Type", "Authorization"]);
        assert.equal(allowed.includes("X-Retry-Count"), more, `${path} ${requested}`);
        assert.ok(!allowed.includes("x-unknown"));
        assert.equal(answered["access-control-allow-methods"], "POST, OPTIONS");
      }
    }
  }));

test("development takes local pages beside the list; production with an empty list takes none, servers pass", async () => {
  const rows: [environment: "development" | "production", list: string[], origin: string | null, status: number][] = [
    ["development", [], "http://localhost:3000", 200],
    ["development", [], "http://127.0.0.1:5500", 200],
    ["development", [], "https://shop.example.com", 403],
    ["production", [], "http://localhost:3000", 403],
    ["production", [], "https://shop.example.com", 403],
    ["production", [], null, 200],
    ["production", ["*"], "https://anything.example", 200],
  ];
  for (const [environment, domainAllowlist, origin, status] of rows) {
    await withRig({ settings: { environment }, pipelines: [pipeline({ domainAllowlist })] }, async (rig) => {
      const headers: Record<string, string> = origin === null ? {} : { origin };
      assert.equal((await rig.post("/v1/p", EVENT, headers)).status, status, `${environment} ${origin}`);
      const preflight = await rig.send({ method: "OPTIONS", path: "/v1/p", headers });
      assert.equal(preflight.status, status === 200 ? 204 : 403);
    });
  }
});

test("the client's address is believed only as far as trusted proxies wrote it", async () => {
  const rows: [proxies: string[], headers: Record<string, string>, ip: string][] = [
    [[], { "x-forwarded-for": "203.0.113.9" }, "127.0.0.1"],
    [["10.0.0.0/8"], { "x-forwarded-for": "203.0.113.9" }, "127.0.0.1"],
    [["127.0.0.1"], { "x-forwarded-for": "203.0.113.9" }, "203.0.113.9"],
    [["127.0.0.1"], { "x-forwarded-for": "6.6.6.6, 203.0.113.9" }, "203.0.113.9"],
    [["127.0.0.0/8", "10.0.0.0/8"], { "x-forwarded-for": "6.6.6.6, 203.0.113.9, 10.1.2.3" }, "203.0.113.9"],
    [["127.0.0.1", "10.0.0.0/8"], { "x-forwarded-for": "10.0.0.1, 10.0.0.2" }, "10.0.0.1"],
    [["127.0.0.1"], { "x-forwarded-for": "rubbish" }, "127.0.0.1"],
    [["127.0.0.1"], { "x-forwarded-for": "203.0.113.9:4711" }, "203.0.113.9"],
    [["127.0.0.1"], { "x-forwarded-for": "[2001:db8::1]:4711" }, "2001:db8::1"],
    [["127.0.0.1"], { "x-forwarded-for": "::ffff:203.0.113.9" }, "203.0.113.9"],
    [["127.0.0.1"], { forwarded: 'for="[2001:db8::1]:4711";proto=https' }, "2001:db8::1"],
    [["127.0.0.1"], { "x-forwarded-for": "" }, "127.0.0.1"],
  ];
  for (const [trustedProxies, headers, ip] of rows) {
    await withRig({ settings: { trustedProxies } }, async (rig) => {
      await rig.post("/v1/p", EVENT, headers);
      assert.equal(rig.log.events()[0]?.request.ip, ip, JSON.stringify(headers));
    });
  }
});

test("settings that cannot work are refused by name", async () => {
  const rows: [settings: object, name: RegExp][] = [
    [{ trustedProxies: ["10.0.0.0/33"] }, /TRUSTED_PROXIES/],
    [{ trustedProxies: ["proxy.example.com"] }, /TRUSTED_PROXIES/],
    [{ trustedProxies: ["10.0.0.0/"] }, /TRUSTED_PROXIES/],
    [{ cookieDomain: "example.com; Secure" }, /COOKIE_DOMAIN/],
  ];
  for (const [settings, name] of rows) await assert.rejects(startRig({ settings }), name);
});
