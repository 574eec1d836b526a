/** Sizes at their limits and one beyond, before and after inflating, and what inflates without end. */
import assert from "node:assert/strict";
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { Arena } from "./arena.ts";
import { inGroups } from "./in-groups.ts";
import type { Bytes } from "./wire.ts";

export const MIB = 1_048_576;
const GIB = 1_073_741_824;
const GZIP_HEADER = Buffer.from("1f8b08000000000000ff", "hex");
const TOO_LARGE = "413 payload_too_large";
const BAD_ENCODING = "400 invalid_encoding";

/** An event of exactly so many bytes. */
function eventOfSize(bytes: number, messageId: string): string {
  const event = (text: string): string =>
    JSON.stringify({ type: "track", event: "L", messageId, properties: { text } });
  return event("x".repeat(bytes - event("").length));
}

export async function sizes(arena: Arena): Promise<void> {
  const exact = eventOfSize(MIB, "exactly-the-limit");
  await arena.expect("exactly the limit", "200", { body: exact });
  arena.accepted("exactly-the-limit", ({ properties }) => assert.deepEqual(properties, JSON.parse(exact).properties));
  const over = eventOfSize(MIB + 1, "one-more");
  await arena.expect("one byte more", TOO_LARGE, { body: over });
  await arena.expect("one byte more, of spaces", TOO_LARGE, { body: `${eventOfSize(MIB, "spaces")} ` });
  await arena.expect("one byte more, unknown key", TOO_LARGE, { key: "dk_test_nobody_knows", body: over });
  await arena.expect("announced and not sent", TOO_LARGE, { length: String(10 * GIB) });
  await arena.expect("announced beyond exact numbers", TOO_LARGE, { length: "9007199254740993" });
  const chunked = ["Transfer-Encoding: chunked"];
  const chunk = Buffer.from(`10000\r\n${"y".repeat(0x10000)}\r\n`);
  const endless = Array.from({ length: 40 }, () => chunk);
  await arena.expect("chunks beyond the limit", TOO_LARGE, {
    headers: chunked,
    length: null,
    body: Buffer.concat(endless),
  });
  await wideEvents(arena);
}

/** Not large, but much of something. */
async function wideEvents(arena: Arena): Promise<void> {
  const keys = Array.from({ length: 100_000 }, (_, index) => `"k${index.toString(36)}":1`);
  const wide: [name: string, properties: string, count: number][] = [
    ["a hundred thousand properties", `{${keys.join(",")}}`, 100_000],
    ["half a million items", `{"v":[${"0,".repeat(499_999)}0]}`, 500_000],
    ["three hundred thousand lists", `{"v":[${"[],".repeat(299_999)}[]]}`, 300_000],
    ["a hundred thousand lone surrogates", `{"v":["${"\\ud800".repeat(100_000)}"]}`, 1],
  ];
  for (const [name, properties, count] of wide) {
    const body = `{"type":"track","event":"L","messageId":"${name}","properties":${properties}}`;
    await arena.expect(name, "200", { body });
    arena.accepted(name, ({ properties: arrived }) => {
      assert.deepEqual(arrived, JSON.parse(properties), name);
      assert.equal(Object.keys((arrived as { v?: object }).v ?? (arrived as object)).length, count, name);
    });
  }
  // Written out again, such numbers take four times the room: more than a record of the log may have.
  const numbers = `{"v":[${"1e20,".repeat(199_999)}1e20]}`;
  const body = `{"type":"track","event":"L","messageId":"numbers","properties":${numbers}}`;
  await arena.expect("numbers that grow when written", TOO_LARGE, { body });
}

export async function batchSizes(arena: Arena): Promise<void> {
  const batch = (items: readonly unknown[], context: object = {}): string => JSON.stringify({ context, batch: items });
  const event = (messageId: string): object => ({ type: "track", event: "L", messageId });
  const ids = (name: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `${name}-${index}`);
  const send = (name: string, label: string, body: Bytes): ReturnType<Arena["expect"]> =>
    arena.expect(name, label, { path: "/v1/batch", body });

  await send("500 events", "200", batch(ids("batch", 500).map(event)));
  for (const id of ids("batch", 500)) arena.accepted(id);
  await send("501 events", TOO_LARGE, batch(ids("more", 501).map(event)));
  arena.refused("payload_too_large", 500);
  await send("150,000 events", TOO_LARGE, `[${"{},".repeat(149_999)}{}]`);
  arena.refused("payload_too_large", 149_999);
  const broken = await send("500 broken events", "400 no_event_accepted", `[${"{},".repeat(499)}{}]`);
  arena.refused("invalid_event", 500);
  assert.equal(JSON.parse(broken.body).errors.length, 500);
  await send("no events", "400 no_event_accepted", batch([]));
  await send("a bare empty list", "400 no_event_accepted", "[]");
  await send("one byte more", TOO_LARGE, batch([event("x")]).padEnd(MIB + 1));
  const context = { text: "c".repeat(100_000) };
  await send("a context that would make 50 MB of events", TOO_LARGE, batch(ids("grown", 500).map(event), context));
  arena.refused("payload_too_large", 499);
  const long = await send(
    "ids that would be answered",
    "400 no_event_accepted",
    batch([{ type: "track", messageId: "i".repeat(900_000) }]),
  );
  arena.refused("invalid_event", 1);
  assert.ok(long.body.length < 1_000);
}

const event = (messageId: string): string => JSON.stringify({ type: "track", event: "Z", messageId });

interface Encoded {
  name: string;
  encoding: string;
  body: Bytes;
  label: string;
}

function encodedCases(): Encoded[] {
  const ok = (name: string, encoding: string, body: Bytes): Encoded => ({ name, encoding, body, label: "200" });
  const bad = (name: string, encoding: string, body: Bytes, label = BAD_ENCODING): Encoded => ({
    name,
    encoding,
    body,
    label,
  });
  const gzip = gzipSync(event("z"));
  const wrong = (at: number): Buffer => {
    const copy = Buffer.from(gzip);
    copy[at < 0 ? copy.length + at : at] = (copy.at(at) ?? 0) ^ 0xff;
    return copy;
  };
  return [
    ok("gzip", "gzip", gzipSync(event("gzip"))),
    ok("x-gzip", "X-GZIP", gzipSync(event("x-gzip"))),
    ok("br", "br", brotliCompressSync(event("br"))),
    ok("deflate", "deflate", deflateSync(event("deflate"))),
    ok("raw_deflate", "deflate", deflateRawSync(event("raw_deflate"))),
    ok("identity", "identity", event("identity")),
    ok("space_around", "  gzip\t", gzipSync(event("space_around"))),
    ok("two_members", "gzip", Buffer.concat(cut(event("two_members")).map((part) => gzipSync(part)))),
    ok("stored", "gzip", gzipSync(event("stored"), { level: 0 })),
    ok("zeros_after", "gzip", Buffer.concat([gzipSync(event("zeros_after")), Buffer.alloc(512)])),
    bad("garbage_after", "gzip", Buffer.concat([gzip, Buffer.from("garbage")])),
    bad("half_a_second_member", "gzip", Buffer.concat([gzip, gzip.subarray(0, 14)])),
    bad("empty", "gzip", ""),
    bad("one_byte", "gzip", gzip.subarray(0, 1)),
    bad("only_its_header", "gzip", gzip.subarray(0, 10)),
    bad("cut_in_the_middle", "gzip", gzip.subarray(0, gzip.length >> 1)),
    bad("cut_before_its_sum", "gzip", gzip.subarray(0, -8)),
    bad("cut_by_one", "gzip", gzip.subarray(0, -1)),
    bad("wrong_magic", "gzip", wrong(0)),
    bad("wrong_method", "gzip", wrong(2)),
    bad("wrong_sum", "gzip", wrong(-8)),
    bad("wrong_length", "gzip", wrong(-1)),
    bad("plain_text_as_gzip", "gzip", event("z")),
    bad("plain_text_as_br", "br", event("z")),
    bad("plain_text_as_deflate", "deflate", event("z")),
    bad("br_cut", "br", brotliCompressSync(event("z")).subarray(0, -2)),
    bad("br_empty", "br", ""),
    bad("deflate_cut", "deflate", deflateSync(event("z")).subarray(0, -3)),
    bad("deflate_wrong_sum", "deflate", Buffer.concat([deflateSync(event("z")).subarray(0, -4), Buffer.alloc(4)])),
    bad("zstd", "zstd", zstdCompressSync(event("z"))),
    bad("compress", "compress", gzip),
    bad("two_encodings", "gzip, gzip", gzipSync(gzip)),
    bad("two_encodings_of_which_one_is_none", "identity, gzip", gzip),
    bad("star", "*", gzip),
    bad("quality", "gzip;q=1", gzip),
    bad("of_the_machinery", "__proto__", gzip),
    bad("long", "g".repeat(10_000), gzip),
    bad("nested_gzip_inside_is_no_json", "gzip", gzipSync(gzip), "400 invalid_json"),
    bad("gzip_that_says_identity", "identity", gzip, "400 invalid_json"),
    bad("inflates_to_nothing", "gzip", gzipSync(""), "400 invalid_json"),
    bad("inflates_to_invalid_utf8", "gzip", gzipSync(Buffer.from('{"a":"\xff"}', "latin1")), "400 invalid_json"),
    bad("inflates_to_an_array", "gzip", gzipSync("[]"), "400 invalid_event"),
  ];
}

function cut(text: string): [string, string] {
  return [text.slice(0, 9), text.slice(9)];
}

export async function encodings(arena: Arena): Promise<void> {
  await inGroups(encodedCases(), async ({ name, encoding, body, label }) => {
    await arena.expect(name, label, { headers: [`Content-Encoding: ${encoding}`], body });
    if (label === "200") arena.accepted(name);
  });
}

/** What is a few bytes on the wire and much more in memory. */
export async function bombs(arena: Arena): Promise<void> {
  const zeros = (mebibytes: number): Buffer => Buffer.alloc(mebibytes * MIB);
  const spaces = `${eventOfSize(MIB, "spaces")}${" ".repeat(10 * MIB)}`;
  const gigabyte = Buffer.concat([GZIP_HEADER, gigabyteOfZeros()]);
  const rows: [name: string, encoding: string, body: Buffer, label?: string][] = [
    ["10 MB of zeros", "gzip", gzipSync(zeros(10))],
    ["10 MB of zeros", "deflate", deflateSync(zeros(10))],
    ["10 MB of zeros", "br", brotliCompressSync(zeros(10), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })],
    ["10 MB of spaces", "gzip", gzipSync(spaces)],
    ["1 GB of zeros", "gzip", gigabyte],
    ["1 GB of zeros", "deflate", gigabyte.subarray(GZIP_HEADER.length)],
    ["one byte more than the limit", "br", brotliCompressSync(Buffer.from(eventOfSize(MIB + 1, "z")))],
    ["a bomb in a bomb", "gzip", gzipSync(gigabyte), "400 invalid_json"],
    ["a bomb in a bomb, both named", "gzip, gzip", gzipSync(gigabyte), BAD_ENCODING],
    ["a thousand members", "gzip", Buffer.concat(Array.from({ length: 1_000 }, () => gzipSync(Buffer.alloc(4_096))))],
  ];
  for (const [name, encoding, body, label = TOO_LARGE] of rows) {
    assert.ok(body.length <= MIB, `${name}: ${body.length} bytes`);
    await arena.expect(name, label, { headers: [`Content-Encoding: ${encoding}`], body });
  }
  // Without a key none of it is inflated: the key could only be in the body, but a wrong one is seen at once.
  const wrong = { key: "dk_test_nobody_knows", headers: ["Content-Encoding: gzip"], body: gigabyte };
  await arena.expect("a bomb without a key", "401 invalid_pipeline_key", wrong);
  const many = Array.from({ length: 200 }, (_, index) => index);
  await inGroups(many, async () => {
    await arena.expect("bombs at once", TOO_LARGE, { headers: ["Content-Encoding: gzip"], body: gigabyte });
  });
  const exact = eventOfSize(MIB, "inflates-to-the-limit");
  await arena.expect("inflates to exactly the limit", "200", {
    headers: ["Content-Encoding: gzip"],
    body: gzipSync(exact),
  });
  arena.accepted("inflates-to-the-limit");
}

/** A deflate stream of a gigabyte of zeros; where it would end is never reached. */
function gigabyteOfZeros(): Buffer {
  const part = deflateRawSync(Buffer.alloc(16 * MIB), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat(Array.from({ length: GIB / (16 * MIB) }, () => part));
}
