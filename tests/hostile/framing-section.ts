/** HTTP that is broken, ambiguous or none at all: nothing may be smuggled past it, and nothing answered twice. */
import assert from "node:assert/strict";
import { type Arena, SHOP_KEY } from "./arena.ts";
import { inGroups } from "./in-groups.ts";
import { type Bytes, type Talk, requestBytes, talk } from "./wire.ts";

const AUTH = `Authorization: Bearer ${SHOP_KEY}\r\n`;
const BAD = ["400 bad_request"];
const event = (messageId: string): string => JSON.stringify({ type: "track", event: "F", messageId });
/** Must never be taken: whoever finds it in the account was smuggled to. */
const SMUGGLED = event("smuggled");
const smuggledRequest = `POST /v1/t HTTP/1.1\r\n${AUTH}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`;
const post = (lines: string, body: string, version = "HTTP/1.1"): string =>
  `POST /v1/t ${version}\r\n${AUTH}${lines}\r\n${body}`;
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const chunked = (body: string): string => post("Transfer-Encoding: chunked\r\n", body);

interface FramingCase {
  name: string;
  bytes: Bytes | readonly Bytes[];
  labels: readonly string[];
  talk?: Talk;
  /** What is taken. */
  accepted?: string[];
}

const bad = (name: string, bytes: Bytes | readonly Bytes[], labels: readonly string[] = BAD): FramingCase => ({
  name,
  bytes,
  labels,
  talk: { untilClosed: true },
});
const good = (name: string, build: (body: string, length: number) => Bytes): FramingCase => {
  const body = event(`framing-${name}`);
  return { name, bytes: build(body, body.length), labels: ["200"], accepted: [`framing-${name}`] };
};

const notHttp: FramingCase[] = [
  bad("random", Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 89 + 7) % 251))),
  bad("nuls", Buffer.alloc(512)),
  bad("all ones", Buffer.alloc(512, 0xff)),
  bad("TLS hello", Buffer.concat([Buffer.from("16030100c8010000c40303", "hex"), Buffer.alloc(196, 7)])),
  bad("TLS hello of SSL 2", Buffer.from("802e0100020015000000100100800200800300800400800500800600400700c0", "hex")),
  bad("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"),
  bad("SSH", "SSH-2.0-OpenSSH_9.9\r\n"),
  bad("SMTP", "EHLO mail.example.com\r\n"),
  bad("SOCKS", Buffer.from("050100", "hex")),
  bad("PROXY protocol", "PROXY TCP4 192.0.2.1 192.0.2.2 5 6\r\n"),
  bad("ICE", "SOURCE /a ICE/1.0\r\nA: b\r\nb\r\n\r\n"),
  bad("an answer", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
  bad("JSON", SMUGGLED),
];

const requestLines: FramingCase[] = [
  bad("method in lower case", "post /v1/t HTTP/1.1\r\n\r\n"),
  bad("unknown method", "FOO /v1/t HTTP/1.1\r\n\r\n"),
  bad("long method", `${"A".repeat(30_000)} / HTTP/1.1\r\n\r\n`),
  bad("no path", "POST HTTP/1.1\r\n\r\n"),
  bad("path without slash", "POST v1/t HTTP/1.1\r\n\r\n"),
  bad("backslashes", "POST \\v1\\t HTTP/1.1\r\n\r\n"),
  bad("NUL in the path", "POST /v1/t\x00 HTTP/1.1\r\n\r\n"),
  bad("latin1 in the path", "POST /v1/\xe9 HTTP/1.1\r\n\r\n"),
  bad("space in the path", "POST /v1/t /x HTTP/1.1\r\n\r\n"),
  bad("version 1.2", "POST /v1/t HTTP/1.2\r\n\r\n"),
  bad("version 3", "POST /v1/t HTTP/3\r\n\r\n"),
  bad("no version", "POST /v1/t \r\n\r\n"),
  bad("huge path", `POST /v1/t?${"a".repeat(17_000)} HTTP/1.1\r\n\r\n`, ["431 headers_too_large"]),
  bad("CONNECT", "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n", ["405 method_not_allowed"]),
];

const headers: FramingCase[] = [
  bad("huge header", post(`X: ${"a".repeat(17_000)}\r\n`, ""), ["431 headers_too_large"]),
  bad("endless header", [`POST /v1/t HTTP/1.1\r\nX: `, Buffer.alloc(4_000_000, "a")], ["431 headers_too_large"]),
  bad("header flood", post("X:\r\n".repeat(5_000), ""), ["431 headers_too_large"]),
  bad("cookie flood", post(`Cookie: a=b\r\n`.repeat(2_000), ""), ["431 headers_too_large"]),
  bad("NUL in a header", post("X: a\x00b\r\n", "")),
  bad("bare CR in a header", post("X: a\rY: b\r\n", "")),
  bad("bare LF", `POST /v1/t HTTP/1.1\nHost: a\n\n`),
  bad("LF in a header", post(`X: a\nContent-Length: ${SMUGGLED.length}\r\n`, SMUGGLED)),
  bad("no colon", post("Hello\r\n", "")),
  bad("empty name", post(": a\r\n", "")),
  bad("space before the colon", post("X : a\r\n", "")),
  bad("latin1 in a name", post("X\xe9: a\r\n", "")),
  bad("folded line", post("X: a\r\n b\r\n", "")),
];

/** The classics of request smuggling: each is refused, and the connection ends. */
const ambiguous: FramingCase[] = [
  bad("two lengths", post("Content-Length: 0\r\nContent-Length: 5\r\n", smuggledRequest)),
  bad("two equal lengths", post(`Content-Length: 2\r\nContent-Length: 2\r\n`, `{}${smuggledRequest}`)),
  bad("a list of lengths", post("Content-Length: 2, 2\r\n", `{}${smuggledRequest}`)),
  bad("negative length", post("Content-Length: -1\r\n", smuggledRequest)),
  bad("length with a plus", post("Content-Length: +2\r\n", `{}${smuggledRequest}`)),
  bad("hexadecimal length", post("Content-Length: 0x2\r\n", `{}${smuggledRequest}`)),
  bad("length with a space inside", post("Content-Length: 2 2\r\n", `{}${smuggledRequest}`)),
  bad("empty length", post("Content-Length: \r\n", smuggledRequest)),
  bad("length of letters", post("Content-Length: two\r\n", smuggledRequest)),
  bad("length beyond 64 bits", post("Content-Length: 99999999999999999999\r\n", smuggledRequest)),
  bad("length and chunks", post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", `0\r\n\r\n${smuggledRequest}`)),
  bad("chunks and length", post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", `0\r\n\r\n${smuggledRequest}`)),
  bad("chunks of another kind", post("Transfer-Encoding: xchunked\r\n", `0\r\n\r\n${smuggledRequest}`)),
  bad("chunks, then something", post("Transfer-Encoding: chunked, identity\r\n", `0\r\n\r\n${smuggledRequest}`)),
  bad("identity", post("Transfer-Encoding: identity\r\n", smuggledRequest)),
  bad("identity and length", post("Transfer-Encoding: identity\r\nContent-Length: 2\r\n", `{}${smuggledRequest}`)),
  bad(
    "chunks in two lines",
    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", `0\r\n\r\n${smuggledRequest}`),
  ),
  bad("chunks with a space", post("Transfer-Encoding : chunked\r\n", `0\r\n\r\n${smuggledRequest}`)),
  bad("chunks folded", post("Transfer-Encoding:\r\n chunked\r\n", `0\r\n\r\n${smuggledRequest}`)),
  bad("chunks in quotes", post('Transfer-Encoding: "chunked"\r\n', `0\r\n\r\n${smuggledRequest}`)),
  bad("chunks after a vertical tab", post("Transfer-Encoding: \x0bchunked\r\n", `0\r\n\r\n${smuggledRequest}`)),
  bad("chunk size negative", chunked(`-1\r\n${smuggledRequest}`)),
  bad("chunk size with 0x", chunked(`0x${chunk(SMUGGLED)}0\r\n\r\n`)),
  bad("chunk size beyond 64 bits", chunked(`FFFFFFFFFFFFFFFFF\r\n${smuggledRequest}`)),
  bad("chunk size missing", chunked(`\r\n${SMUGGLED}\r\n0\r\n\r\n`)),
  bad("chunk size of letters", chunked(`ZZ\r\n${SMUGGLED}\r\n0\r\n\r\n`)),
  bad("chunk longer than it says", chunked(`5\r\n${SMUGGLED}\r\n0\r\n\r\n`)),
  bad("chunk line ended by LF", chunked(`${SMUGGLED.length.toString(16)}\n${SMUGGLED}\n0\n\n`)),
  bad("chunk extension with LF", chunked(`${SMUGGLED.length.toString(16)};\n\r\n${SMUGGLED}\r\n0\r\n\r\n`)),
  bad("chunk extension without end", chunked(`2;${"a".repeat(20_000)}\r\n{}\r\n0\r\n\r\n`)),
  bad("trailers without end", chunked(`${chunk(SMUGGLED)}0\r\n${"X: y\r\n".repeat(5_000)}\r\n`), [
    "431 headers_too_large",
  ]),
];

const allowed: FramingCase[] = [
  good("chunked", (body) => chunked(`${chunk(body)}0\r\n\r\n`)),
  good("chunk_a_byte", (body) => chunked(`${[...body].map(chunk).join("")}0\r\n\r\n`)),
  good("chunk_extension", (body, length) => chunked(`${length.toString(16)};a="b"\r\n${body}\r\n0\r\n\r\n`)),
  good("trailer", (body) => chunked(`${chunk(body)}0\r\nX-Sum: 1\r\n\r\n`)),
  good("leading_line_ends", (body, length) => `\r\n\r\n${post(`Content-Length: ${length}\r\n`, body)}`),
  good("http_1_0", (body, length) => post(`Content-Length: ${length}\r\n`, body, "HTTP/1.0")),
  good("length_with_zeros", (body, length) => post(`Content-Length: 000${length}\r\n`, body)),
  good("two_hosts", (body, length) => post(`Host: a\r\nHost: b\r\nContent-Length: ${length}\r\n`, body)),
  good("byte_by_byte", (body, length) => post(`Content-Length: ${length}\r\n`, body)),
];

/** The client has said all it wants to say, and listens. */
const halfClosed: FramingCase[] = [
  { ...good("half_closed", (body, length) => post(`Content-Length: ${length}\r\n`, body)), talk: { halfClose: true } },
  { ...good("half_closed_chunks", (body) => chunked(`${chunk(body)}0\r\n\r\n`)), talk: { halfClose: true } },
];

/** A length that does not fit: what is too short is no JSON, what is left over is no request. */
const lengths: FramingCase[] = [
  bad("too short", post(`Content-Length: ${SMUGGLED.length - 5}\r\n`, SMUGGLED), [
    "400 invalid_json",
    "400 bad_request",
  ]),
  bad(
    "counted in characters, sent in bytes",
    requestBytes({
      key: SHOP_KEY,
      length: String(SMUGGLED.length + 12),
      body: `${SMUGGLED.slice(0, -1)},"n":"ééé"}`,
    }),
    ["400 invalid_json", "400 bad_request"],
  ),
  { ...bad("too long, and the client leaves", post("Content-Length: 5000\r\n", SMUGGLED)), talk: { halfClose: true } },
  { ...bad("headers cut off by the end", "POST /v1/t HTTP/1.1\r\nHost: a\r\nAutho"), talk: { halfClose: true } },
];

const CASES = [...notHttp, ...requestLines, ...headers, ...ambiguous, ...allowed, ...halfClosed, ...lengths];

export async function framing(arena: Arena): Promise<void> {
  await inGroups(CASES, async ({ name, bytes, labels, talk: how, accepted = [] }) => {
    const pieces = name === "byte_by_byte" ? [...String(bytes)] : bytes;
    await arena.expectBytes(name, labels, pieces, how);
    for (const id of accepted) arena.accepted(id);
  });
}

/** Requests without waiting for answers, with and without rubbish between them. */
export async function pipelined(arena: Arena): Promise<void> {
  const request = (id: string): string => post(`Content-Length: ${event(id).length}\r\n`, event(id));
  const faulty = '{"type":"track"}';
  const wrong = post(`Content-Length: ${faulty.length}\r\n`, faulty);
  const ids = Array.from({ length: 100 }, (_, index) => `pipelined-${index}`);
  const labels = ids.flatMap(() => ["200", "400 invalid_event"]);
  await arena.expectBytes("two hundred", labels, ids.map((id) => request(id) + wrong).join(""));
  for (const id of ids) arena.accepted(id);

  await arena.expectBytes("rubbish behind", ["200", "400 bad_request"], `${request("before-rubbish")}RUBBISH\r\n\r\n`, {
    untilClosed: true,
  });
  arena.accepted("before-rubbish");
  await arena.expectBytes(
    "rubbish between",
    ["200", "400 bad_request"],
    `${request("between-rubbish")}\x00\x01${smuggledRequest}`,
    {
      untilClosed: true,
    },
  );
  arena.accepted("between-rubbish");
  await arena.expectBytes(
    "CONNECT behind",
    ["200", "405 method_not_allowed"],
    `${request("before-connect")}CONNECT a:1 HTTP/1.1\r\n\r\n`,
    {
      untilClosed: true,
    },
  );
  arena.accepted("before-connect");
  const closing = post(`Connection: close\r\nContent-Length: ${event("closing").length}\r\n`, event("closing"));
  await arena.expectBytes("behind a last one", ["200"], closing + smuggledRequest, { untilClosed: true });
  arena.accepted("closing");
}

export async function continued(arena: Arena): Promise<void> {
  const expecting = (length: number): string => post(`Expect: 100-continue\r\nContent-Length: ${length}\r\n`, "");
  const body = event("continued");
  const { answers, rest } = await talk(arena.port, [expecting(body.length), body], { answers: 1, pauseMs: 50 });
  assert.deepEqual([answers.map(({ label }) => label), rest], [["200"], ""]);
  arena.accepted("continued");
  await arena.expectBytes("too large to be asked for", ["413 payload_too_large"], expecting(2_000_000), {
    untilClosed: true,
  });
  await arena.expectBytes(
    "nothing at this path",
    ["404 not_found"],
    "POST /nowhere HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    { untilClosed: true },
  );
}
