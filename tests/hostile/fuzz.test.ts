/**
 * Valid requests with bytes changed, lost, doubled and moved, from a seed: whatever they have become, each is answered
 * with a documented code or let go, and nobody else notices. `FUZZ_SEED` repeats a run, `FUZZ_REQUESTS` makes it longer.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { PROJECT } from "../harness/signal-server.ts";
import { type Arena, openArena, SHOP_KEY } from "./arena.ts";
import { inGroups } from "./in-groups.ts";
import { type WireAnswer, openLine, requestBytes } from "./wire.ts";

const SEED = Number(process.env["FUZZ_SEED"] ?? Date.now() % 1_000_000_007);
const REQUESTS = Number(process.env["FUZZ_REQUESTS"] ?? 1_500);
/** A mutated request may be one that waits for more: after this it is told that there is none. */
const ENOUGH_MS = 20;

/** Repeatable randomness (mulberry32): a number from 0 up to `below`. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Random = ReturnType<typeof randomFrom>;
type Mutation = (bytes: Buffer, random: Random) => Buffer;

const NASTY = [
  "\r\n",
  "\r\n\r\n",
  "\u0000",
  "\xff\xfe",
  '"',
  "\\",
  "\\ud800",
  "{",
  "}",
  "[[[[[[[[",
  "1e999",
  "-",
  ",",
  ":",
  "__proto__",
  "constructor",
  "null",
  "Content-Length: 0\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Content-Encoding: br\r\n",
  "0\r\n\r\n",
  "HTTP/1.1",
  "POST /v1/t ",
  "\xed\xa0\x80",
  "x".repeat(20_000),
];

const cut = (bytes: Buffer, random: Random): [number, number] => {
  const from = random(bytes.length);
  return [from, Math.min(bytes.length, from + 1 + random(24))];
};

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    const at = random(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << random(8));
    return copy;
  },
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    copy[random(copy.length)] = random(256);
    return copy;
  },
  (bytes, random) => {
    const [from, to] = cut(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (bytes, random) => {
    const [from, to] = cut(bytes, random);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  (bytes, random) => {
    const at = random(bytes.length);
    const nasty = Buffer.from(NASTY[random(NASTY.length)] ?? "", "latin1");
    return Buffer.concat([bytes.subarray(0, at), nasty, bytes.subarray(at)]);
  },
  (bytes, random) => {
    const [from, to] = cut(bytes, random);
    const at = random(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(from, to), bytes.subarray(at)]);
  },
  (bytes, random) => bytes.subarray(0, 1 + random(bytes.length)),
  (bytes) => Buffer.concat([bytes, bytes]),
];

function mutated(bytes: Buffer, random: Random): Buffer {
  let result = bytes;
  for (let left = 1 + random(4); left > 0; left -= 1) {
    const mutate = MUTATIONS[random(MUTATIONS.length)];
    if (mutate !== undefined && result.length > 0) result = mutate(result, random);
  }
  return result;
}

/** Valid requests of every kind: what is changed in them is not far from what is taken. */
function validRequests(index: number): Buffer {
  const event = {
    type: "track",
    event: "Order Completed",
    messageId: `fuzz-${index}`,
    userId: "user_98765",
    timestamp: "2026-02-25T14:30:00.000Z",
    context: { page: { url: "https://shop.example.com/?a=%20" }, consent: { analytics: true } },
    properties: {
      value: 79.99,
      items: [
        { item_id: "SKU-1", quantity: 1 },
        { item_id: "é😀", price: -1.5e3 },
      ],
    },
  };
  const body = JSON.stringify(event);
  const batch = JSON.stringify({ sentAt: event.timestamp, context: {}, batch: [event, { type: "page", name: "a" }] });
  const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
  const kinds = [
    () => requestBytes({ key: SHOP_KEY, body, headers: ["Origin: https://shop.example.com"] }),
    () => requestBytes({ key: SHOP_KEY, path: "/v1/batch", body: batch }),
    () => requestBytes({ key: null, path: "/v1/track", body: JSON.stringify({ ...event, writeKey: SHOP_KEY }) }),
    () => requestBytes({ key: SHOP_KEY, body: gzipSync(body), headers: ["Content-Encoding: gzip"] }),
    () => requestBytes({ key: SHOP_KEY, body: brotliCompressSync(body), headers: ["Content-Encoding: br"] }),
    () => requestBytes({ key: SHOP_KEY, body: deflateSync(body), headers: ["Content-Encoding: deflate"] }),
    () =>
      requestBytes({
        key: SHOP_KEY,
        length: null,
        headers: ["Transfer-Encoding: chunked"],
        body: `${chunk(body.slice(0, 50))}${chunk(body.slice(50))}0\r\n\r\n`,
      }),
    () => requestBytes({ key: SHOP_KEY, path: `/v1/i?wk=${SHOP_KEY}`, headers: ["Cookie: _dfid=a; b=c"], body }),
  ];
  return (kinds[index % kinds.length] ?? kinds[0])?.() ?? Buffer.alloc(0);
}

/** The codes that docs/errors.md names, as `400 invalid_json`. */
function documentedAnswers(): Set<string> {
  const [collect = ""] = readFileSync(join(PROJECT, "docs/errors.md"), "utf8").split(
    "\n## Answers of the management API",
  );
  const rows = collect.matchAll(/^### <a id="([a-z_]+)"><\/a>\1\n\nStatus (\d{3})\./gm);
  return new Set(Array.from(rows, ([, code, status]) => `${status} ${code}`));
}

/** Sends it, ends our side, and reads all answers. */
async function answersTo(port: number, bytes: Buffer): Promise<WireAnswer[]> {
  const line = await openLine(port);
  try {
    await line.write(bytes);
    await line.until(() => line.closed() || line.read().answers.length > 0, ENOUGH_MS).catch(() => undefined);
    line.socket.end();
    await line.until(() => line.closed());
    const { answers, rest } = line.read();
    assert.equal(rest, "", "half an answer");
    return answers;
  } finally {
    line.socket.destroy();
  }
}

let arena: Arena;
before(async () => {
  arena = await openArena({ memoryGrowthMiB: 450, goodPipelines: ["other"] });
});
after(() => arena.close());

test(`${REQUESTS} mutated requests, seed ${SEED}`, async (context) => {
  context.diagnostic(`FUZZ_SEED=${SEED}`);
  const random = randomFrom(SEED);
  const documented = documentedAnswers();
  assert.ok(documented.size > 10);
  const requests = Array.from({ length: REQUESTS }, (_, index) => mutated(validRequests(index), random));
  const seen = new Map<string, number>();
  await inGroups(requests, async (bytes, index) => {
    const answers = await answersTo(arena.port, bytes);
    for (const { label, body } of answers) {
      if (label === "200") arena.acceptedUnnamed((JSON.parse(body) as { accepted?: number }).accepted ?? 1);
      seen.set(label, (seen.get(label) ?? 0) + 1);
      const known = documented.has(label) || label === "200" || label === "204";
      assert.ok(
        known && label !== "500 internal_error",
        `request ${index}, seed ${SEED}: ${label} ${body.slice(0, 200)}`,
      );
    }
  });
  context.diagnostic(JSON.stringify(Object.fromEntries(seen)));
  assert.ok((seen.get("200") ?? 0) > 0 && (seen.get("400 invalid_json") ?? 0) > 0, "both are among them");
});

test("good events beside them arrive, and nothing is unaccounted for", async () => {
  await arena.balance({ refusals: false });
});
