import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { KEY, pipeline, startRig, type Reply, type Rig } from "./gateway-rig.ts";

const OWN_JITSU_KEY = "clx0abc:s3cr3t";

let rig: Rig;
before(async () => {
  rig = await startRig({ pipelines: [pipeline(), pipeline({ id: "pip_moved", keys: [OWN_JITSU_KEY] })] });
});
beforeEach(() => {
  rig.log.records = [];
});
after(() => rig.close());

function send(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Reply> {
  return rig.send({ path, headers: { "x-write-key": `${KEY}:any`, ...headers }, body: JSON.stringify(body) });
}

test("every type is taken, from browsers and servers, and answered in words that Jitsu's clients know", async () => {
  const rows: [name: string, body: object, type: string][] = [
    ["track", { type: "track", event: "A" }, "track"],
    ["page", { type: "page" }, "page"],
    ["identify", { type: "identify", userId: "u" }, "identify"],
    ["group", { type: "group", groupId: "g" }, "group"],
    ["screen", { name: "Home" }, "page"],
    ["alias", { userId: "u", previousId: "p" }, "identify"],
    ["event", { type: "track", event: "A" }, "track"],
    ["t", { type: "track", event: "A" }, "track"],
  ];
  for (const prefix of ["/api/s/", "/api/s/s2s/"]) {
    for (const [name, body, type] of rows) {
      const reply = await send(`${prefix}${name}`, body);
      assert.deepEqual([reply.status, reply.json], [200, { success: true, ok: true }], `${prefix}${name}`);
      assert.equal(rig.log.events().at(-1)?.type, type, name);
    }
    const batch = await send(`${prefix}batch`, { batch: [{ type: "page" }, { type: "track" }] });
    const { ok, receivedEvents, okEvents, accepted, rejected } = batch.json;
    assert.deepEqual([ok, receivedEvents, okEvents, accepted, rejected], [false, 2, 1, 1, 1]);
    assert.equal((await send(`${prefix}event`, { event: "A" })).json["error"], "invalid_event");
    assert.equal((await send(`${prefix}track`, { type: "page", event: "A" })).json["error"], "invalid_event");
    assert.equal((await send(`${prefix}other`, {})).status, 404);
  }
});

test("a key of the form id:secret is the whole of it, or what stands before the colon", async () => {
  const rows: [header: string, masked: string, outcome: string][] = [
    [`${KEY}:any`, `${KEY}:***`, "pip_shop"],
    [KEY, "***", "pip_shop"],
    [`${KEY}:`, `${KEY}:***`, "pip_shop"],
    [OWN_JITSU_KEY, "clx0abc:***", "pip_moved"],
    ["clx0abc:wrong", "clx0abc:***", "invalid_pipeline_key"],
    [":any", ":***", "invalid_pipeline_key"],
    [":", "", "invalid_pipeline_key"],
    ["constructor:any", "", "invalid_pipeline_key"],
  ];
  for (const [header, writeKey, outcome] of rows) {
    const reply = await send("/api/s/page", { type: "page", writeKey }, { "x-write-key": header });
    const stored = rig.log.events().at(-1);
    assert.equal(reply.json["error"] ?? stored?.pipelineId, outcome, header);
    assert.ok(!Object.hasOwn(stored ?? {}, "writeKey"));
  }
});

test("a preflight allows the headers of Jitsu's SDK; the seed's paths stay with theirs", async () => {
  const origin = "https://shop.example.com";
  const allowed = async (path: string): Promise<unknown> =>
    (await rig.send({ method: "OPTIONS", path, headers: { origin } })).headers["access-control-allow-headers"];
  assert.match(String(await allowed("/api/s/track")), /X-Write-Key.*X-Enable-Debug, X-IP-Policy/);
  assert.equal(await allowed("/v1/t"), "Content-Type, Authorization");
});

test("an address is kept only as far as X-IP-Policy says", async () => {
  const proxied = await startRig({ settings: { trustedProxies: ["127.0.0.1"] } });
  const rows: [policy: string, address: string, kept: string][] = [
    ["keep", "192.0.2.77", "192.0.2.77"],
    ["remove", "192.0.2.77", ""],
    ["stripLastOctet", "192.0.2.77", "192.0.2.0"],
    ["stripLastOctet", "2001:db8:aa:bb:cc:dd:ee:ff", "2001:db8:aa::"],
    ["stripLastOctet", "2001:db8::ff", "2001:db8::"],
    ["stripLastOctet", "::1", "::"],
    ["other", "192.0.2.77", "192.0.2.77"],
  ];
  for (const [policy, address, kept] of rows) {
    const headers = { "x-ip-policy": policy, "x-forwarded-for": address };
    assert.equal((await proxied.post("/api/s/page", { type: "page" }, headers)).status, 200);
    assert.equal(proxied.log.events().at(-1)?.request.ip, kept, `${policy} ${address}`);
  }
  await proxied.close();
});
