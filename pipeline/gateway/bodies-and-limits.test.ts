import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { LogError, type NewRecord } from "@datafly-signal/ports/log";
import { KEY, OTHER_KEY, pipeline, startRig, type Reply, type Rig } from "./gateway-rig.ts";

const EVENT = JSON.stringify({ type: "track", event: "A", userId: "u" });
const AUTH = { authorization: `Bearer ${KEY}` };
const MIB = 1_048_576;

let rig: Rig;
before(async () => {
  rig = await startRig({
    pipelines: [pipeline({ rateLimitRps: 0 }), pipeline({ id: "pip_slow", keys: [OTHER_KEY], rateLimitRps: 2 })],
  });
});
beforeEach(() => {
  rig.log.records = [];
});
after(() => rig.close());

function sendBody(body: string | Buffer, headers: Record<string, string> = {}, path = "/v1/t"): Promise<Reply> {
  return rig.send({ path, headers: { ...AUTH, ...headers }, body });
}

async function refuses(name: string, sent: Promise<Reply>, [status, error]: readonly [number, string]): Promise<void> {
  const reply = await sent;
  assert.equal(reply.status, status, `${name}: ${reply.text.slice(0, 200)}`);
  assert.equal(reply.json["error"], error, name);
  assert.equal(typeof reply.json["message"], "string", name);
  assert.equal(reply.headers["access-control-allow-credentials"], "true", name);
}

/** An event of exactly so many bytes. */
function eventOfSize(bytes: number): string {
  const empty = JSON.stringify({ type: "track", event: "A", properties: { text: "" } });
  return JSON.stringify({ type: "track", event: "A", properties: { text: "x".repeat(bytes - empty.length) } });
}

test("a body is JSON whatever its content type, in every encoding", async () => {
  const rows: [name: string, body: string | Buffer, headers: Record<string, string>][] = [
    ["no type", EVENT, {}],
    ["text/plain", EVENT, { "content-type": "text/plain" }],
    [
      "form with gzip, as RudderStack's SDK",
      gzipSync(EVENT),
      { "content-type": "application/x-www-form-urlencoded", "content-encoding": "gzip" },
    ],
    ["gzip in capitals", gzipSync(EVENT), { "content-encoding": "GZIP" }],
    [
      "gzip in two members",
      Buffer.concat([gzipSync(EVENT.slice(0, 9)), gzipSync(EVENT.slice(9))]),
      { "content-encoding": "gzip" },
    ],
    ["br", brotliCompressSync(EVENT), { "content-encoding": "br" }],
    ["deflate", deflateSync(EVENT), { "content-encoding": "deflate" }],
    ["raw deflate", deflateRawSync(EVENT), { "content-encoding": "deflate" }],
    ["identity", EVENT, { "content-encoding": "identity" }],
    ["byte order mark", `\ufeff${EVENT}`, {}],
    ["white space", `\n ${EVENT} \r\n`, {}],
    ["chunked", EVENT, { "transfer-encoding": "chunked" }],
  ];
  for (const [name, body, headers] of rows) {
    const reply = await sendBody(body, headers);
    assert.equal(reply.status, 200, `${name}: ${reply.text}`);
  }
  assert.equal(rig.log.records.length, rows.length);
});

test("rubbish is refused, and named", async () => {
  const json = [400, "invalid_json"] as const;
  const event = [400, "invalid_event"] as const;
  const encoding = [400, "invalid_encoding"] as const;
  const deep = (levels: number): string => `{"type":"page","x":${"[".repeat(levels)}${"]".repeat(levels)}}`;
  const rows: [
    name: string,
    body: string | Buffer,
    headers: Record<string, string>,
    expected: readonly [number, string],
  ][] = [
    ["empty", "", {}, json],
    ["white space", "  ", {}, json],
    ["cut off", EVENT.slice(0, -1), {}, json],
    ["two objects", EVENT + EVENT, {}, json],
    ["no JSON", "hello", {}, json],
    ["comment", `/**/${EVENT}`, {}, json],
    ["single quotes", "{'type':'page'}", {}, json],
    ["NaN", '{"type":"page","x":NaN}', {}, json],
    ["a raw control character", '{"type":"page","x":"\u0000"}', {}, json],
    ["invalid UTF-8", Buffer.from('{"type":"page","x":"\xff"}', "latin1"), {}, json],
    [
      "a surrogate in UTF-8",
      Buffer.concat([Buffer.from('{"x":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
      {},
      json,
    ],
    ["UTF-16", Buffer.from(EVENT, "utf16le"), {}, json],
    ["random bytes", Buffer.from(Array.from({ length: 512 }, (_, index) => (index * 89) % 251)), {}, json],
    ["compressed without saying so", gzipSync(EVENT), {}, json],
    ["an array", `[${EVENT}]`, {}, event],
    ["a number", "7", {}, event],
    ["null", "null", {}, event],
    ["a text", '"track"', {}, event],
    ["a number beyond all", '{"type":"page","x":[{"y":-1e400}]}', {}, event],
    ["one beyond all by its digits", `{"type":"page","x":${"9".repeat(400)}}`, {}, event],
    ["one with zeros before its exponent", '{"type":"page","x":1.5E+000309}', {}, event],
    ["too deep", deep(101), {}, event],
    ["as deep as a megabyte goes", deep(500_000), {}, event],
    ["not gzip", EVENT, { "content-encoding": "gzip" }, encoding],
    ["gzip cut off", gzipSync(EVENT).subarray(0, -9), { "content-encoding": "gzip" }, encoding],
    ["not br", EVENT, { "content-encoding": "br" }, encoding],
    ["not deflate", "\x00\x01\x02", { "content-encoding": "deflate" }, encoding],
    ["nothing as gzip", "", { "content-encoding": "gzip" }, encoding],
    ["unknown encoding", EVENT, { "content-encoding": "zstd" }, encoding],
    ["two encodings", EVENT, { "content-encoding": "gzip, br" }, encoding],
  ];
  for (const [name, body, headers, expected] of rows)
    await refuses(name, sendBody(body, headers, name.includes("deep") ? "/v1/p" : "/v1/t"), expected);
  assert.equal((await sendBody(deep(99), {}, "/v1/p")).status, 200);
  await refuses("unparseable, key could only be in it", rig.send({ path: "/v1/t", body: "{" }), json);
  await refuses("empty without a key", rig.send({ path: "/v1/t", body: "" }), [401, "missing_pipeline_key"]);
});

test("numbers are as they came, or nothing is taken", async () => {
  const fits = '{"type":"page","x":[1e308,-1.7976931348623157e+308,1e-400,10e307],"y":"1e400, [1e400]","7e999":[0]}';
  assert.equal((await sendBody(fits, {}, "/v1/p")).status, 200);
  const [event] = rig.log.events();
  assert.deepEqual(event?.["x"], [1e308, -Number.MAX_VALUE, 0, 1e308]);
  const batch = `{"batch":[{"type":"page","x":1e999},{"type":"page"}]}`;
  const reply = await sendBody(batch, {}, "/v1/batch");
  assert.deepEqual([reply.json["accepted"], reply.json["rejected"]], [1, 1]);
  const shared = `{"context":{"x":1e999},"batch":[{"type":"page"}]}`;
  await refuses("in the shared context", sendBody(shared, {}, "/v1/batch"), [400, "no_event_accepted"]);
});

test("one item nested too deeply does not cost the others", async () => {
  const batch = `[{"type":"page","x":${"[".repeat(200)}${"]".repeat(200)}},{"type":"page"}]`;
  const reply = await sendBody(batch, {}, "/v1/batch");
  assert.deepEqual([reply.json["accepted"], reply.json["rejected"]], [1, 1]);
});

test("fields named like the machinery of objects are harmless", async () => {
  const bodies = [
    '{"type":"page","__proto__":{"polluted":1},"context":{"__proto__":{"polluted":1}}}',
    '{"type":"page","\\u005f_proto__":{"polluted":1},"x":[{"__proto\\u005F_":{"polluted":1}}]}',
    '{"type":"page","constructor":{"prototype":{"polluted":1}},"hasOwnProperty":1,"toJSON":"x","toString":null}',
    '{"type":"track","type":"page","type":"page"}',
  ];
  for (const body of bodies) assert.equal((await sendBody(body, {}, "/v1/p")).status, 200, body);
  const shared = `{"context":{"__proto__":{"polluted":1},"constructor":1},"__proto__":{"batch":1},"batch":[{"type":"page"}]}`;
  assert.equal((await sendBody(shared, {}, "/v1/batch")).status, 200);
  assert.equal(Reflect.get({}, "polluted"), undefined);
  const stored = rig.log.records.map(({ value }) => Buffer.from(value ?? []).toString());
  assert.ok(
    stored.every((text) => !text.includes("__proto__")),
    stored.join("\n"),
  );
  assert.equal(rig.log.events()[2]?.["toJSON"], "x");
});

test("exactly the limit passes, one byte more does not, before or after inflating", async () => {
  const exact = eventOfSize(MIB);
  const over = eventOfSize(MIB + 1);
  assert.equal(Buffer.byteLength(exact), MIB);
  assert.equal((await sendBody(exact)).status, 200);
  assert.equal((await sendBody(exact, { "transfer-encoding": "chunked" })).status, 200);
  assert.equal((await sendBody(gzipSync(exact), { "content-encoding": "gzip" })).status, 200);
  const large = [413, "payload_too_large"] as const;
  await refuses("with a length", sendBody(over), large);
  await refuses("without a length", sendBody(over, { "transfer-encoding": "chunked" }), large);
  await refuses("unknown key", rig.send({ path: "/v1/t", headers: { authorization: "Bearer x" }, body: over }), large);
  const bombs: [encoding: string, body: Buffer][] = [
    ["gzip", gzipSync(over)],
    ["br", brotliCompressSync(over)],
    ["deflate", deflateSync(over)],
    ["gzip", gzipSync(Buffer.alloc(256 * MIB), { level: 1 })],
    ["deflate", deflateRawSync(Buffer.alloc(64 * MIB))],
  ];
  for (const [encoding, body] of bombs) {
    if (body.length > MIB) continue;
    await refuses(`${encoding} of ${body.length} bytes`, sendBody(body, { "content-encoding": encoding }), large);
  }
  const metrics = await rig.registry.metrics();
  assert.match(metrics, /^signal_gateway_in_flight_bytes 0$/m);
});

test("a key's limit answers 429 with whole seconds to wait, for requests and for events", async () => {
  const send = (path: string, body: unknown): Promise<Reply> =>
    rig.post(path, body, { authorization: `Bearer ${OTHER_KEY}` });
  const page = { type: "page" };
  assert.deepEqual([(await send("/v1/p", page)).status, (await send("/v1/p", page)).status], [200, 200]);
  const limited = await send("/v1/p", page);
  assert.equal(limited.status, 429);
  assert.equal(limited.json["error"], "rate_limited");
  assert.equal(limited.headers["retry-after"], "1");
  assert.equal((await sendBody(EVENT)).status, 200, "another key is not held back");
  rig.time.monotonic += 1_000;
  const batch = Array.from({ length: 100 }, () => page);
  assert.equal((await send("/v1/batch", batch)).status, 200);
  const events = await send("/v1/batch", batch);
  assert.equal(events.status, 429);
  assert.equal(events.headers["retry-after"], "5");
});

test("what the log does not keep is not acknowledged", async () => {
  const rows: [failure: unknown, status: number, error: string][] = [
    [new LogError("log_full", "full"), 503, "overloaded"],
    [new LogError("commit_failed", "failed"), 503, "overloaded"],
    [new LogError("closed", "closed"), 503, "overloaded"],
    [new LogError("unknown_topic", "unknown"), 500, "internal_error"],
    [new LogError("record_too_large", "large"), 413, "payload_too_large"],
    [new Error("bug"), 500, "internal_error"],
    [undefined, 500, "internal_error"],
  ];
  for (const [failure, status, error] of rows) {
    rig.log.failure = failure === undefined ? () => Promise.reject(undefined) : failure;
    if (failure === undefined)
      rig.log.failure = () => {
        throw undefined;
      };
    const reply = await sendBody(EVENT, { origin: "https://shop.example.com" });
    assert.deepEqual([reply.status, reply.json["error"]], [status, error], String(failure));
    assert.equal(reply.headers["set-cookie"], undefined);
    assert.equal(reply.headers["retry-after"], status === 503 ? "5" : undefined);
  }
  rig.log.failure = null;
  assert.equal(rig.log.records.length, 0);
  assert.equal((await sendBody(EVENT)).status, 200);
});

test("requests that arrive together are one append; one too large does not cost the others", async () => {
  rig.log.appends = 0;
  const connection = await rig.raw();
  const request = (event: string): string => {
    const body = JSON.stringify({ type: "track", event });
    return `POST /v1/t HTTP/1.1\r\nAuthorization: Bearer ${KEY}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  };
  connection.socket.write([1, 2, 3, 4, 5].map((n) => request(`E${n}`)).join(""));
  await connection.until(/(HTTP\/1\.1 200 OK[^]*){5}/);
  assert.equal(rig.log.appends, 1);
  assert.deepEqual(
    rig.log.events().map((event) => event["event"]),
    ["E1", "E2", "E3", "E4", "E5"],
  );
  rig.log.failure = (records: readonly NewRecord[]) => {
    if (records.some(({ value }) => Buffer.from(value ?? []).includes("Large")))
      throw new LogError("record_too_large", "large");
  };
  connection.socket.write(request("A") + request("Large") + request("B"));
  const text = await connection.until(/413[^]*HTTP\/1\.1 200 OK[^]*success/);
  assert.equal(text.match(/HTTP\/1\.1 200 OK/g)?.length, 7);
  rig.log.failure = null;
  connection.socket.destroy();
});

test("refused requests are counted by event and kept as samples without their contents", async () => {
  rig.gateway.takeRefused();
  await sendBody('{"type":"track","event":"","properties":{"secret":"s3cret"}}', {
    origin: "https://shop.example.com",
  });
  await rig.send({ path: `/v1/t?wk=dk_live_s3cret`, body: EVENT });
  await rig.send({ method: "OPTIONS", path: "/v1/t", headers: { origin: "https://other.example" } });
  await rig.post("/v1/batch", { batch: Array.from({ length: 501 }, () => ({})) });
  await rig.post("/v1/batch", { batch: [{ type: "page" }, { type: "track" }, 7] });
  await rig.post("/v1/nowhere", {});
  assert.deepEqual(Object.fromEntries(rig.gateway.takeRefused()), {
    invalid_event: 3,
    invalid_pipeline_key: 1,
    payload_too_large: 501,
  });
  assert.equal(rig.gateway.takeRefused().size, 0);
  const samples = rig.gateway.refused();
  assert.ok(samples.length <= 100);
  assert.ok(!JSON.stringify(samples).includes("s3cret"));
  assert.deepEqual(
    samples.slice(-6).map(({ code, path, method, origin, pipelineId }) => [code, path, method, origin, pipelineId]),
    [
      ["invalid_event", "/v1/t", "POST", "https://shop.example.com", "pip_shop"],
      ["invalid_pipeline_key", "/v1/t", "POST", null, null],
      ["origin_not_allowed", "/v1/t", "OPTIONS", "https://other.example", null],
      ["payload_too_large", "/v1/batch", "POST", null, "pip_shop"],
      ["invalid_event", "/v1/batch", "POST", null, "pip_shop"],
      ["invalid_event", "/v1/batch", "POST", null, "pip_shop"],
    ],
  );
  const metrics = await rig.registry.metrics();
  assert.match(metrics, /signal_gateway_refused_events_total\{code="invalid_event"\} \d+/);
  assert.match(metrics, /signal_gateway_requests_total\{status="413"\} \d+/);
});
