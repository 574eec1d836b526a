import assert from "node:assert/strict";
import { test } from "node:test";
import { KEY, NOW, startRig, type RawConnection, type Rig } from "./gateway-rig.ts";

const EVENT = '{"type":"track","event":"A"}';
const SMALL = { maxPayloadBytes: 1_000, maxInFlightBytes: 4_000 };

async function withRig(options: Parameters<typeof startRig>[0], run: (rig: Rig) => Promise<void>): Promise<void> {
  const rig = await startRig(options);
  try {
    await run(rig);
  } finally {
    await rig.close();
  }
}

function head(length: number, extra = ""): string {
  return `POST /v1/t HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEY}\r\nContent-Length: ${length}\r\n${extra}\r\n`;
}

async function inFlightOf(rig: Rig): Promise<number> {
  return Number(/^signal_gateway_in_flight_bytes (\d+)$/m.exec(await rig.registry.metrics())?.[1]);
}

async function waitForInFlight(rig: Rig, bytes: number): Promise<void> {
  while ((await inFlightOf(rig)) !== bytes) await new Promise((resolve) => setTimeout(resolve, 5));
}

test("pipelined requests are answered in their order, and a broken one does not forge an answer", () =>
  withRig({}, async (rig) => {
    const connection = await rig.raw();
    const bad = '{"type":"track"}';
    connection.socket.write(head(EVENT.length) + EVENT + head(bad.length) + bad + head(EVENT.length) + EVENT);
    const text = await connection.until(/(HTTP\/1\.1 \d+[^]*?\}){3}/);
    assert.deepEqual(text.match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 200", "HTTP/1.1 400", "HTTP/1.1 200"]);
    connection.socket.destroy();

    const held = Promise.withResolvers<void>();
    rig.log.gate = held.promise;
    const broken = await rig.raw();
    const appends = rig.log.appends;
    broken.socket.write(`${head(EVENT.length)}${EVENT}RUBBISH\r\n\r\n`);
    while (rig.log.appends === appends) await new Promise((resolve) => setTimeout(resolve, 5));
    broken.socket.write("MORE RUBBISH\r\n\r\n");
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(broken.received(), "", "the first request was not answered by the second one's fault");
    held.resolve();
    await broken.closed;
    assert.deepEqual(broken.received().match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 200", "HTTP/1.1 400"]);
  }));

test("a client that ends its side, expects the unknown or wants to be connected through is answered", () =>
  withRig({}, async (rig) => {
    const held = Promise.withResolvers<void>();
    rig.log.gate = held.promise;
    const ended = await rig.raw();
    ended.socket.end(head(EVENT.length) + EVENT);
    while (rig.log.appends === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    held.resolve();
    await ended.closed;
    assert.match(ended.received(), /^HTTP\/1\.1 200 OK[^]*success/);

    const expecting = await rig.raw();
    expecting.socket.write(head(EVENT.length, "Expect: a-miracle\r\n") + EVENT);
    await expecting.until(/^HTTP\/1\.1 200 OK[^]*success/);
    expecting.socket.write("CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n");
    await expecting.closed;
    assert.match(expecting.received(), /HTTP\/1\.1 405 [^]*Allow: POST, OPTIONS[^]*"error":"method_not_allowed"/);

    const gone = await rig.raw();
    gone.socket.write("CONNECT example.com:443 HTTP/1.1\r\n\r\n");
    gone.socket.resetAndDestroy();
    await gone.closed;
    assert.equal((await rig.post("/v1/t", { type: "track", event: "A" })).status, 200);
  }));

test("a client that asks on and does not read is let go, one that reads is not", () =>
  withRig({}, async (rig) => {
    const requests = "GET /v1/t HTTP/1.1\r\nHost: x\r\n\r\n";
    const greedy = await rig.raw();
    greedy.socket.pause();
    // More than the kernel takes off a client's hands, so that it notices the end.
    for (let round = 0; round < 200; round += 1) greedy.socket.write(requests.repeat(2_000));
    await greedy.closed;
    const reading = await rig.raw();
    for (let round = 0; round < 20; round += 1) {
      reading.socket.write(requests.repeat(50));
      const answers = (): number => reading.received().split("HTTP/1.1 405 ").length - 1;
      while (answers() < (round + 1) * 50) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    reading.socket.destroy();
  }));

test("a client that goes on sending sees the answer and no reset", () =>
  withRig({}, async (rig) => {
    const connection = await rig.raw();
    connection.socket.write(`POST /v1/t HTTP/1.1\r\nX: ${"x".repeat(4_000_000)}`);
    await connection.until(/^HTTP\/1\.1 431 [^]*"error":"headers_too_large"/);
    await connection.closed;
  }));

test("Expect: 100-continue is honoured, and refused before the body is sent", () =>
  withRig({ settings: SMALL }, async (rig) => {
    const connection = await rig.raw();
    connection.socket.write(head(EVENT.length, "Expect: 100-continue\r\n"));
    await connection.until(/HTTP\/1\.1 100 Continue\r\n\r\n/);
    connection.socket.write(EVENT);
    await connection.until(/HTTP\/1\.1 200 OK[^]*success/);
    connection.socket.write(head(1_001, "Expect: 100-continue\r\n"));
    const text = await connection.until(/HTTP\/1\.1 413/);
    assert.equal(text.match(/100 Continue/g)?.length, 1);
    assert.match(text, /Connection: close/);
    await connection.closed;
  }));

test("above the in-flight bound requests are shed with Retry-After, and taken again when there is room", () =>
  withRig({ settings: SMALL }, async (rig) => {
    const slow: RawConnection[] = [];
    for (let index = 0; index < 4; index += 1) {
      const connection = await rig.raw();
      connection.socket.write(`${head(1_000)}{`);
      slow.push(connection);
    }
    await waitForInFlight(rig, 4);
    assert.equal((await rig.post("/v1/t", { type: "track", event: "A" })).status, 200, "promises hold no room");
    for (const { socket } of slow) socket.write("x".repeat(998));
    await waitForInFlight(rig, 3_996);
    const shed = await rig.post("/v1/t", { type: "track", event: "A" });
    assert.deepEqual([shed.status, shed.json["error"], shed.headers["retry-after"]], [503, "overloaded", "1"]);
    const chunked = await rig.send({
      path: "/v1/t",
      headers: { authorization: `Bearer ${KEY}`, "transfer-encoding": "chunked" },
      body: EVENT,
    });
    assert.equal(chunked.status, 503);
    for (const { socket } of slow) socket.destroy();
    await waitForInFlight(rig, 0);
    assert.equal((await rig.post("/v1/t", { type: "track", event: "A" })).status, 200);
  }));

test("without disk reserve requests are shed, whatever they carry", () =>
  withRig({}, async (rig) => {
    rig.switches.accepting = false;
    const shed = await rig.send({ path: "/v1/t", body: "" });
    assert.deepEqual([shed.status, shed.headers["retry-after"]], [503, "5"]);
    rig.switches.accepting = true;
    assert.equal((await rig.send({ path: "/v1/t", body: "" })).status, 401);
  }));

test("who sends too slowly is told so and let go, in the headers and in the body", () =>
  withRig({ settings: { requestTimeoutMs: 100 } }, async (rig) => {
    for (const beginning of ["POST /v1/t HTTP/1.1\r\nHost:", `${head(1_000)}{"type":`]) {
      const connection = await rig.raw();
      connection.socket.write(beginning);
      await connection.closed;
      assert.match(connection.received(), /^HTTP\/1\.1 408 Request Timeout\r\n/);
      assert.match(connection.received(), /"error":"request_timeout"/);
      assert.match(connection.received(), /Access-Control-Allow-Credentials: true/);
    }
    assert.equal(await inFlightOf(rig), 0);
  }));

test("what is no HTTP is answered in the documented shape", () =>
  withRig({}, async (rig) => {
    const rows: [sent: string, status: number, error: string][] = [
      ["RUBBISH\r\n\r\n", 400, "bad_request"],
      [`POST /v1/t HTTP/1.1\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431, "headers_too_large"],
      ["POST /v1/t HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "bad_request"],
      ["POST /v1/t HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, "bad_request"],
      [
        `POST /v1/t HTTP/1.1\r\nAuthorization: Bearer ${KEY}\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n`,
        400,
        "bad_request",
      ],
    ];
    for (const [sent, status, error] of rows) {
      const connection = await rig.raw();
      connection.socket.write(sent);
      await connection.closed;
      const text = connection.received();
      assert.ok(text.startsWith(`HTTP/1.1 ${status} `), `${sent.slice(0, 60)}: ${text}`);
      assert.ok(text.includes(`"error":"${error}"`), text);
      assert.match(text, /Access-Control-Expose-Headers: Retry-After/);
    }
  }));

test("a client that goes away leaves nothing behind", () =>
  withRig({}, async (rig) => {
    const connection = await rig.raw();
    connection.socket.write(`${head(500)}{"type"`);
    await waitForInFlight(rig, 7);
    connection.socket.resetAndDestroy();
    await waitForInFlight(rig, 0);
    const held = Promise.withResolvers<void>();
    rig.log.gate = held.promise;
    const gone = await rig.raw();
    gone.socket.write(head(EVENT.length) + EVENT);
    while (rig.log.appends === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    gone.socket.resetAndDestroy();
    held.resolve();
    await waitForInFlight(rig, 0);
    assert.equal(rig.log.records.length, 1);
  }));

test("more connections than the bound are turned away", () =>
  withRig({ settings: { maxConnections: 2 } }, async (rig) => {
    const kept = [await rig.raw(), await rig.raw()];
    await Promise.all(kept.map(({ socket, until }) => (socket.write(head(EVENT.length) + EVENT), until(/200 OK/))));
    const third = await rig.raw();
    await third.closed;
    for (const { socket } of kept) socket.destroy();
  }));

test("closing finishes what is under way, says so, and takes nothing new", async () => {
  const rig = await startRig();
  const held = Promise.withResolvers<void>();
  rig.log.gate = held.promise;
  const connection = await rig.raw();
  const idle = await rig.raw();
  connection.socket.write(head(EVENT.length) + EVENT);
  while (rig.log.appends === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const closed = rig.gateway.close(10_000);
  await idle.closed;
  await assert.rejects(rig.post("/v1/t", {}), /ECONNREFUSED/);
  held.resolve();
  await connection.closed;
  assert.match(connection.received(), /^HTTP\/1\.1 200 OK[^]*Connection: close/);
  await closed;
  assert.equal(rig.log.records.length, 1);
  await rig.gateway.close(0);
});

test("closing breaks off at its deadline what does not end", async () => {
  const rig = await startRig();
  rig.log.gate = new Promise(() => {});
  const connection = await rig.raw();
  connection.socket.write(head(EVENT.length) + EVENT);
  while (rig.log.appends === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await rig.gateway.close(20);
  await connection.closed;
  assert.equal(connection.received(), "");
});

test("readiness gives its reasons", () =>
  withRig({}, async (rig) => {
    rig.switches.reasons = ["the log is not open"];
    const reply = await rig.send({ method: "GET", path: "/ready" });
    assert.deepEqual([reply.status, reply.json], [503, { status: "not_ready", reasons: ["the log is not open"] }]);
  }));

test("a step that fails unexpectedly is answered 500 and logged", () =>
  withRig({}, async (rig) => {
    const times = [Number.NaN];
    Object.defineProperty(rig.time, "wall", { get: () => times.pop() ?? NOW });
    const reply = await rig.post("/v1/t", { type: "track", event: "A" });
    assert.deepEqual([reply.status, reply.json["error"]], [500, "internal_error"]);
    assert.equal(rig.logged.length, 1);
  }));
