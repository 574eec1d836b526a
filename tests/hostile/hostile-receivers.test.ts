/** Vendors whose answers are broken, endless or lies: each delivery comes to its documented end, and nobody else notices. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { type Arena, ONCE_KEY, openArena } from "./arena.ts";
import { dripping, endlessly, type RawAnswer, startRawVendor } from "./raw-vendor.ts";

interface VendorCase {
  name: string;
  answer: RawAnswer;
  /** `delivered`, or why it is given up. */
  end: "delivered" | "rejected" | "retries_exhausted" | "misconfigured";
}

const EVENTS = 8;
const MEMORY_GROWTH_MIB = 550;

const says =
  (answer: string | Buffer): RawAnswer =>
  (socket) =>
    void socket.write(typeof answer === "string" ? Buffer.from(answer, "latin1") : answer);
const saysAndCloses =
  (answer: string | Buffer): RawAnswer =>
  (socket) =>
    void socket.end(typeof answer === "string" ? Buffer.from(answer, "latin1") : answer);
const given = (name: string, answer: RawAnswer): VendorCase => ({ name, answer, end: "retries_exhausted" });
const done = (name: string, answer: RawAnswer): VendorCase => ({ name, answer, end: "delivered" });
const refused = (name: string, answer: RawAnswer): VendorCase => ({ name, answer, end: "rejected" });

const OK = "HTTP/1.1 200 OK\r\n";
const mebibyte = Buffer.alloc(1_048_576, "v");
const hints = (count: number): string => "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n".repeat(count);
const bomb = gzipSync(Buffer.alloc(50_000_000));
const length = (bytes: number): string => `Content-Length: ${bytes}\r\n\r\n`;

const CASES: readonly VendorCase[] = [
  done("endless_body", (socket) => {
    socket.write(`${OK}Content-Type: text/plain\r\n\r\n`);
    endlessly(socket, mebibyte);
  }),
  done("endless_chunks", (socket) => {
    socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n`);
    endlessly(socket, Buffer.concat([Buffer.from("100000\r\n"), mebibyte, Buffer.from("\r\n")]));
  }),
  refused("endless_refusal", (socket) => {
    socket.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    endlessly(socket, mebibyte);
  }),
  given("endless_headers", (socket) => {
    socket.write(OK);
    endlessly(socket, `X-Header: ${"h".repeat(1_000)}\r\n`.repeat(64));
  }),
  given("one_endless_header", (socket) => {
    socket.write(`${OK}X: `);
    endlessly(socket, mebibyte);
  }),
  given("endless_early_hints", (socket) => endlessly(socket, hints(1_000))),
  done("some_early_hints", says(`${hints(100)}${OK}${length(0)}`)),
  given("continue_unasked", says(`HTTP/1.1 100 Continue\r\n\r\n${OK}${length(0)}`)),
  given("switching_protocols", says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n")),
  given("drip_of_headers", (socket) => {
    socket.write(OK);
    dripping(socket, "X: y\r\n", 100);
  }),
  given("drip_of_a_body", (socket) => {
    socket.write(`${OK}${length(10_000)}`);
    dripping(socket, "x", 100);
  }),
  given("nothing_at_all", () => undefined),
  given("closes", (socket) => void socket.end()),
  given("resets", (socket) => void socket.resetAndDestroy()),
  given("resets_in_the_answer", (socket) => {
    socket.write(`${OK}${length(100)}abc`, () => socket.resetAndDestroy());
  }),
  given("not_http", saysAndCloses("\x00\x01\x02 what\r\n\r\n")),
  given("http_0_9", saysAndCloses("<html>hello</html>")),
  given("http_2", saysAndCloses(Buffer.from("000012040000000000000300000064", "hex"))),
  given("tls_alert", saysAndCloses(Buffer.from("15030300020246", "hex"))),
  given("status_of_letters", saysAndCloses("HTTP/1.1 abc OK\r\n\r\n")),
  given("status_zero", saysAndCloses("HTTP/1.1 000 Zero\r\nContent-Length: 0\r\n\r\n")),
  given("too_short", saysAndCloses(`${OK}${length(1_000)}short`)),
  given("negative_length", saysAndCloses(`${OK}Content-Length: -5\r\n\r\nabcde`)),
  given("two_lengths", saysAndCloses(`${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`)),
  given("length_beyond_all", saysAndCloses(`${OK}Content-Length: 99999999999999999999999\r\n\r\nab`)),
  given("bad_chunks", saysAndCloses(`${OK}Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n`)),
  given("half_a_chunk", saysAndCloses(`${OK}Transfer-Encoding: chunked\r\n\r\nff\r\nabc`)),
  given("bare_line_feeds_and_nul", saysAndCloses("HTTP/1.1 200 OK\nX: \x00\n\n")),
  given(
    "retry_after_nonsense",
    says(`HTTP/1.1 503 No\r\nRetry-After: -9e99\r\nRetry-After: 9999999999999\r\n${length(0)}`),
  ),
  done("two_answers", says(`${OK}${length(2)}ok${OK}${length(2)}ok`)),
  done("longer_than_it_says", says(`${OK}${length(2)}ok and more`)),
  done(
    "bomb_unasked",
    says(Buffer.concat([Buffer.from(`${OK}Content-Encoding: gzip\r\n${length(bomb.length)}`), bomb])),
  ),
  done(
    "not_what_it_says",
    says(`${OK}Content-Encoding: br, gzip, x\r\nContent-Type: ;;;\r\n${length(4)}\xff\x00\x1b[`),
  ),
  done("no_content_with_content", saysAndCloses("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nabcde")),
  done("http_1_0", saysAndCloses("HTTP/1.0 200 OK\r\n\r\nok")),
  done("cookies", says(`${OK}${"Set-Cookie: a=b\r\n".repeat(300)}${length(0)}`)),
  refused(
    "refusal_of_any_bytes",
    says(`HTTP/1.1 422 \x1b[31m\xff\r\nX: \xff\x80\r\n${length(10)}\x00\x1b[2J\xff\xfe\ud800"}`),
  ),
  refused(
    "refusal_like_ours",
    says(`HTTP/1.1 400 Bad\r\n${length(49)}{"__proto__":{"polluted":1},"constructor":null}  `),
  ),
];

const away = (name: string, answer: RawAnswer): VendorCase => ({ name, answer, end: "misconfigured" });
/** Taken for a wrong setting: the first event is given up and the rest would wait, so each gets one. */
const WRONG_SETTINGS: readonly VendorCase[] = [
  away("redirect_to_itself", says(`HTTP/1.1 302 Found\r\nLocation: /\r\n${length(0)}`)),
  away("redirect_to_metadata", says(`HTTP/1.1 307 Moved\r\nLocation: http://169.254.169.254/\r\n${length(0)}`)),
  away("redirect_to_a_file", says(`HTTP/1.1 308 Moved\r\nLocation: file:///etc/passwd\r\n${length(0)}`)),
  away("redirect_to_nonsense", says(`HTTP/1.1 301 Moved\r\nLocation: \xff ::// \r\nLocation: b\r\n${length(0)}`)),
  away("endless_forbidden", (socket) => {
    socket.write("HTTP/1.1 403 Forbidden\r\n\r\n");
    endlessly(socket, mebibyte);
  }),
];

let arena: Arena;
const vendors = new Map<string, Awaited<ReturnType<typeof startRawVendor>>>();

before(async () => {
  for (const { name, answer } of [...CASES, ...WRONG_SETTINGS]) vendors.set(name, await startRawVendor(answer));
  const integrations = [...CASES, ...WRONG_SETTINGS].map(({ name, end }) => ({
    name,
    ...(end === "misconfigured" ? { of: "once" as const } : {}),
    yaml: `  - { name: ${name}, vendor: webhook, config: { url: "${vendors.get(name)?.url}", retry_enabled: false, timeout_ms: 5000 } }`,
  }));
  arena = await openArena({ memoryGrowthMiB: MEMORY_GROWTH_MIB, integrations, goodPipelines: ["other"] });
});

after(async () => {
  await arena.close();
  for (const vendor of vendors.values()) await vendor.close();
});

test("each delivery comes to its end, and the neighbours are served", async () => {
  for (let index = 0; index < EVENTS; index += 1) {
    const messageId = `event-${index}`;
    await arena.expect(messageId, "200", { body: JSON.stringify({ type: "track", event: "R", messageId }) });
    arena.accepted(messageId);
  }
  const body = JSON.stringify({ type: "track", event: "R", messageId: "once" });
  await arena.expect("once", "200", { key: ONCE_KEY, body });
  arena.acceptedUnnamed(1);
  const status = await arena.balance();
  const rows = [...CASES, ...WRONG_SETTINGS];
  const ends = rows.map(({ name }) => {
    const { delivered, dead_lettered, accepted } = status.integrations.find((one) => one.name === name) ?? {};
    return [name, accepted, { ...dead_lettered, ...(delivered === 0 ? {} : { delivered }) }];
  });
  assert.deepEqual(
    ends,
    rows.map(({ name, end }) => {
      const count = end === "misconfigured" ? 1 : EVENTS;
      return [name, count, { [end]: count }];
    }),
  );
});

test("each event was asked about once, whatever was answered to another", () => {
  for (const { name } of CASES) assert.equal(vendors.get(name)?.asked(), EVENTS, name);
  for (const { name } of WRONG_SETTINGS) assert.equal(vendors.get(name)?.asked(), 1, name);
});

test("what vendors said is kept in bounds, and readable", async () => {
  for (const name of ["endless_refusal", "refusal_of_any_bytes", "refusal_like_ours", "one_endless_header"]) {
    const { code, stdout } = await arena.server.cli("dlq", "export", name);
    assert.equal(code, 0, name);
    const lines = stdout.trim().split("\n");
    assert.equal(lines.length, EVENTS, name);
    for (const line of lines) {
      assert.ok(line.length < 20_000, `${name}: ${line.length}`);
      // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
      assert.doesNotMatch(line, /[\u0000-\u001f\u007f]/, name);
      assert.equal((JSON.parse(line) as { event: string }).event, "R");
    }
  }
});
