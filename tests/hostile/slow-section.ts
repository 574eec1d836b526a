/** Clients that take their time, go away, never listen or only sit there: opened first, they stay while everything else happens. */
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { type Arena, SHOP_KEY } from "./arena.ts";
import { inGroups } from "./in-groups.ts";
import { type Line, openLine, requestBytes } from "./wire.ts";

const IDLE_SOCKETS = 2_000;
/** Of each kind. */
const SLOW_CLIENTS = 20;
/** More promised bytes than may be under way: 100 MB. */
const PROMISING_CLIENTS = 100;
const DRIP_EVERY_MS = 400;
/** What the server gives a request to arrive, and then some. */
const PATIENCE_MS = 45_000;

export interface SlowClients {
  /** Each has been told that it took too long, and let go. */
  finish(): Promise<void>;
}

interface SlowKind {
  name: string;
  first: string;
  /** Sent again and again. */
  drip?: string;
}

const head = `POST /v1/t HTTP/1.1\r\nHost: collect.example.com\r\nAuthorization: Bearer ${SHOP_KEY}\r\n`;
const KINDS: readonly SlowKind[] = [
  { name: "headers by the letter", first: "POST /v1/t HTTP/1.1\r\nX: ", drip: "a" },
  { name: "a header now and then", first: "POST /v1/t HTTP/1.1\r\n", drip: "X: y\r\n" },
  { name: "line ends before the request", first: "\r\n", drip: "\r\n" },
  { name: "headers that stop", first: "POST /v1/t HTTP/1.1\r\nHost: coll" },
  { name: "HTTP/0.9", first: "GET /\r\n" },
  { name: "a body by the letter", first: `${head}Content-Length: 500\r\n\r\n{`, drip: " " },
  { name: "a body that stops", first: `${head}Content-Length: 500\r\n\r\n{"type":"track"` },
  { name: "chunks of a letter", first: `${head}Transfer-Encoding: chunked\r\n\r\n`, drip: "1\r\n \r\n" },
  { name: "a chunk that stops", first: `${head}Transfer-Encoding: chunked\r\n\r\nffff\r\n{` },
  { name: "a continue that nobody follows", first: `${head}Expect: 100-continue\r\nContent-Length: 500\r\n\r\n` },
];

export async function openSlowClients(arena: Arena): Promise<SlowClients> {
  const slow: { kind: SlowKind; line: Line }[] = [];
  const rows = KINDS.flatMap((kind) => Array.from({ length: SLOW_CLIENTS }, () => kind));
  await inGroups(rows, async (kind) => {
    const line = await openLine(arena.port);
    slow.push({ kind, line });
    await line.write(kind.first);
  });
  const promising = await openMany(arena, PROMISING_CLIENTS, `${head}Content-Length: 1048576\r\n\r\n{`);
  const idle = await openMany(arena, IDLE_SOCKETS, "");
  const timer = setInterval(() => {
    for (const { kind, line } of slow) {
      if (kind.drip !== undefined && line.socket.writable) line.socket.write(kind.drip);
    }
  }, DRIP_EVERY_MS);
  return {
    async finish() {
      try {
        await inGroups(slow, async ({ kind, line }) => {
          await line.until(() => line.closed(), PATIENCE_MS);
          const labels = line.read().answers.map(({ label }) => label);
          assert.deepEqual(labels, ["408 request_timeout"], kind.name);
        });
        for (const socket of promising) await closed(socket);
        for (const socket of idle) await closed(socket);
      } finally {
        clearInterval(timer);
        for (const socket of [...promising, ...idle, ...slow.map(({ line }) => line.socket)]) socket.destroy();
      }
    },
  };
}

async function openMany(arena: Arena, count: number, text: string): Promise<Socket[]> {
  const sockets: Socket[] = [];
  const rows = Array.from({ length: count }, () => text);
  await inGroups(rows, async () => {
    const line = await openLine(arena.port);
    sockets.push(line.socket);
    if (text !== "") await line.write(text);
  });
  return sockets;
}

function closed(socket: Socket): Promise<void> {
  if (socket.readableEnded || socket.destroyed) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("a silent connection was kept")), PATIENCE_MS);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    socket.once("end", end);
    socket.once("close", end);
  });
}

/** Clients that break off: in the headers, in the body, and while they are being answered. */
export async function brokenOff(arena: Arena): Promise<void> {
  const body = JSON.stringify({ type: "track", event: "S", properties: { text: "x".repeat(200_000) } });
  const whole = requestBytes({ key: SHOP_KEY, body });
  const cuts = [1, 10, 60, 120, 200, 1_000, 100_000, whole.length - 1];
  const rows = Array.from({ length: 400 }, (_, index) => cuts[index % cuts.length] ?? 1);
  await inGroups(rows, async (cut, index) => {
    const line = await openLine(arena.port);
    await line.write(whole.subarray(0, cut));
    if (index % 2 === 0) line.socket.resetAndDestroy();
    else line.socket.destroy();
  });
}

/** Clients that send requests for ever and never read an answer are let go. */
export async function neverReading(arena: Arena): Promise<void> {
  const requests = Buffer.from("GET /v1/t HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2_000));
  const lines = await Promise.all(Array.from({ length: 20 }, () => openLine(arena.port)));
  for (const { socket } of lines) {
    socket.pause();
    // Twenty megabytes a client, and ten times that in answers.
    for (let round = 0; round < 320; round += 1) socket.write(requests);
  }
  await Promise.all(lines.map(({ socket }) => new Promise((resolve) => socket.once("close", resolve))));
}
