import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { Writable } from "node:stream";
import { after, before, test } from "node:test";
import type { Clock } from "@datafly-signal/core";
import { type DemoFixture, sentTrace, startDemo } from "./demo-fixture.ts";
import { createDemoVendor } from "./demo-vendor.ts";
import { traceStreams } from "./trace-stream.ts";

let demo: DemoFixture;
before(async () => {
  demo = await startDemo();
});
after(() => demo.http.close());

interface Stream {
  heard: { name: string; data: { messageId?: string; count?: number; answer?: string; reason?: string } }[];
  until(check: (heard: Stream["heard"]) => boolean): Promise<void>;
  end(): void;
}

/** Reads `/demo/traces` as a browser does. */
async function open(): Promise<Stream> {
  const ending = new AbortController();
  const response = await fetch(`${demo.url}/demo/traces`, { signal: ending.signal });
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  const heard: Stream["heard"] = [];
  const waiting = new Set<() => void>();
  let text = "";
  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const [, name = "", data = ""] = /^event: (\w+)\ndata: (.*)$/s.exec(text.slice(0, end)) ?? [];
        text = text.slice(end + 2);
        if (name !== "") heard.push({ name, data: JSON.parse(data) as Stream["heard"][number]["data"] });
      }
      for (const wake of waiting) wake();
    }
  };
  read().catch(() => undefined);
  return {
    heard,
    async until(check) {
      while (!check(heard)) await new Promise<void>((resolve) => waiting.add(resolve));
    },
    end: () => ending.abort(),
  };
}

const ids = ({ heard }: Stream): (string | undefined)[] =>
  heard.filter(({ name }) => name === "trace").map(({ data }) => data.messageId);

test("what was comes first, then what comes, and the vendor's behaviour as it is", async () => {
  demo.recent.push(sentTrace("past 1"), sentTrace("past 2"));
  const stream = await open();
  await stream.until((heard) => heard.some(({ name }) => name === "live"));
  demo.emit(sentTrace("</script>\n\nevent: live"));
  await stream.until(() => ids(stream).length === 3);
  assert.deepEqual(ids(stream), ["past 1", "past 2", "</script>\n\nevent: live"]);
  assert.deepEqual(stream.heard.find(({ name }) => name === "behaviour")?.data, { answer: "well", left: 0 });
  await fetch(`${demo.url}/demo/behaviour`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"answer":"slow"}',
  });
  await stream.until((heard) => heard.some(({ data }) => data.answer === "slow"));
  stream.end();
  demo.recent.length = 0;
});

test("only the demo's own events are shown, and nothing any more when its configuration has gone", async () => {
  demo.recent.push(sentTrace("of another integration", { integrationId: "tmpl_2" }), sentTrace("of the demo"));
  const stream = await open();
  await stream.until((heard) => heard.some(({ name }) => name === "live"));
  demo.emit(sentTrace("of another integration, live", { integrationId: "tmpl_2" }));
  demo.emit(sentTrace("of the demo, live"));
  await stream.until(() => ids(stream).length === 2);
  assert.deepEqual(ids(stream), ["of the demo", "of the demo, live"]);
  demo.setDemo(null);
  await stream.until((heard) => heard.some(({ name }) => name === "ended"));
  assert.equal(stream.heard.at(-1)?.data.reason, "a signal.yaml was found");
  while (demo.followers() > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal((await fetch(`${demo.url}/demo/traces`)).status, 404);
  demo.setDemo({ receiveUrl: "http://127.0.0.1:1/demo/receive" });
  demo.recent.length = 0;
});

test("more events than can be read are left out and counted", async () => {
  const stream = await open();
  await stream.until((heard) => heard.some(({ name }) => name === "live"));
  for (let index = 0; index < 80; index += 1) demo.emit(sentTrace(`burst ${index}`));
  await stream.until((heard) => heard.some(({ name }) => name === "skipped"));
  assert.equal(ids(stream).length, 50);
  assert.equal(stream.heard.find(({ name }) => name === "skipped")?.data.count, 30);
  stream.end();
});

test("a long past is cut to its newest", async () => {
  const body = "x".repeat(60_000);
  for (let index = 0; index < 20; index += 1) demo.recent.push(sentTrace(`old ${index}`, { body }));
  const stream = await open();
  await stream.until((heard) => heard.some(({ name }) => name === "live"));
  assert.equal(ids(stream).at(-1), "old 19");
  assert.equal(ids(stream).length, 8);
  stream.end();
  demo.recent.length = 0;
});

test("who does not read is cut off, and what it waited for is not kept", async () => {
  while (demo.followers() > 0) await new Promise((resolve) => setImmediate(resolve));
  const { hostname, port } = new URL(demo.url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.on("error", () => undefined);
  socket.write(`GET /demo/traces HTTP/1.1\r\nhost: ${hostname}:${port}\r\n\r\n`);
  await once(socket, "readable");
  while (demo.followers() === 0) await new Promise((resolve) => setImmediate(resolve));
  const body = "x".repeat(500_000);
  for (let index = 0; index < 400 && demo.followers() > 0; index += 1) {
    demo.emit(sentTrace("one that is shown already", { body }));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(demo.followers(), 0);
  socket.destroy();
});

test("there are as many streams as there may be, and one that ends makes room", async () => {
  const streams = await Promise.all(Array.from({ length: 20 }, open));
  const tooMany = await open();
  await tooMany.until((heard) => heard.length > 0);
  assert.equal(tooMany.heard[0]?.name, "full");
  for (const stream of streams) stream.end();
  while (demo.followers() > 0) await new Promise((resolve) => setImmediate(resolve));
  const next = await open();
  await next.until((heard) => heard.some(({ name }) => name === "live"));
  next.end();
});

test("two reasons to end, one right after the other, end a stream once", async () => {
  const chunks: string[] = [];
  // Never takes the first chunk: the stream stays open, as that of a browser which is slow to hang up.
  const response = new Writable({ write: (chunk: Buffer) => void chunks.push(chunk.toString()) });
  const failed: Error[] = [];
  response.on("error", (error) => failed.push(error));
  const traces = { recent: async () => Promise.resolve([]), follow: () => () => undefined };
  const clock: Clock = { wall: () => 0, monotonic: () => 0, after: () => () => undefined };
  const streams = traceStreams({ traces, vendor: createDemoVendor(), clock });
  assert.ok(streams.open(response as unknown as ServerResponse));
  streams.end("a signal.yaml was found");
  streams.end("a signal.yaml was found");
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(response.writableEnded);
  assert.deepEqual(failed, []);
  response.destroy();
});
