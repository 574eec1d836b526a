import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger, type LoggerOptions } from "./logging.ts";
import { createRedactor, secretVariables } from "./logs/redaction.ts";

const SECRET = "planted-S3cr3t/value";

function logged(
  write: (logger: ReturnType<typeof createLogger>) => void,
  options: Partial<LoggerOptions["settings"]> & { isTerminal?: boolean } = {},
): string {
  const { isTerminal = false, ...settings } = options;
  const lines: string[] = [];
  const output = { isTerminal, write: (line: string) => void lines.push(line) };
  const redactor = createRedactor([SECRET]);
  const all = { logLevel: "debug", logFormat: "auto", logColour: true, ...settings } as const;
  write(createLogger({ settings: all, role: "worker", redactor, output }));
  return lines.join("");
}

test("JSON away from a terminal: one object a line, with level, time, role and message", () => {
  const record: unknown = JSON.parse(logged((logger) => logger.info({ lane: "pi_1" }, "ready")));
  assert.ok(typeof record === "object" && record !== null && "time" in record);
  assert.match(String(record.time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual({ ...record, time: "" }, { level: "info", time: "", role: "worker", lane: "pi_1", msg: "ready" });
});

const PRETTY = /^\d\d:\d\d:\d\d\.\d{3} WARN {2}worker {4}it broke {2}lane=pi_1 text="two words" fault=\{"n":3\}\n$/;
const FIELDS = { lane: "pi_1", text: "two words", fault: { n: 3 } };
const COLOUR = "\u001b[";

test("lines for people on a terminal, coloured unless that is not wanted", () => {
  const write = (logger: ReturnType<typeof createLogger>): void => logger.warn(FIELDS, "it broke");
  assert.ok(logged(write, { isTerminal: true }).includes(COLOUR));
  assert.match(logged(write, { isTerminal: true, logColour: false }), PRETTY);
  assert.match(logged(write, { logFormat: "pretty" }), PRETTY, "no colour away from a terminal");
  assert.match(logged(write, { isTerminal: true, logFormat: "json" }), /^\{.*\}\n$/);
});

test("faults that stood above are counted for people, and all there for programs", () => {
  const write = (logger: ReturnType<typeof createLogger>): void =>
    logger.error({ faults: ["one.", "two."] }, "refused");
  assert.match(logged(write, { logFormat: "pretty" }), /refused {2}faults=2\n$/);
  assert.match(logged(write), /"faults":\["one\.","two\."\]/);
});

test("levels below the one that is set are not written", () => {
  assert.equal(
    logged((logger) => logger.info({}, "quiet"), { logLevel: "warn" }),
    "",
  );
  assert.equal(
    logged((logger) => logger.error({}, "quiet"), { logLevel: "silent" }),
    "",
  );
});

test("an error keeps its kind, stack and causes", () => {
  const error = new TypeError("outer", { cause: new Error("inner", { cause: { code: "EIO" } }) });
  const json = logged((logger) => logger.error({ err: error }, "failed"));
  for (const part of ["TypeError", "outer", "inner", "EIO", "logging.test.ts"]) assert.ok(json.includes(part), part);
  const pretty = logged((logger) => logger.error({ err: error }, "failed"), { logFormat: "pretty" });
  assert.match(pretty, /failed {2}err=\{"type":"TypeError".*\}\n {4}TypeError: outer\n {8}at /);
});

/** Each writes a line in which `planted` must not stand. */
const planted: [name: string, fields: object, message?: string][] = [
  ["a field", { access_token: "planted" }],
  ["a field in camel case", { refreshToken: "planted", clientSecret: "planted" }],
  ["a header", { headers: { "X-Api-Key": "planted", "Set-Cookie": ["planted=1"] } }],
  ["a deep field", { a: { b: { c: { d: { PASSWORD: "planted" } } } } }],
  ["a deeper field than is looked at", { a: { b: { c: { d: { e: { f: { g: { password: "planted" } } } } } } } }],
  ["a field in a list", { list: [{ secrets: { one: "planted" } }] }],
  ["a map", { values: new Map([["api_key", "planted"]]) }],
  ["bytes", { key: Buffer.from("planted") }],
  ["a URL with user and password", { url: "redis://:planted@cache.internal:6379/0" }],
  ["a URL object", { url: new URL("https://jane:planted@example.com/x") }],
  ["a query", { url: "https://example.com/v1?a=1&key=planted&b=2" }],
  ["a query's signature", {}, "GET https://example.com/?sig=planted#x failed"],
  ["a query with a prefix", {}, "https://example.com/?hub.verify_token=planted"],
  ["a bearer header in a message", {}, "sent Authorization: Bearer planted.abc-1"],
  ["basic", {}, "got Basic planted= from"],
  ["a pair in a message", {}, "password=planted, user=jane"],
  ["a pair in quotes", {}, 'answer {"client_secret": "planted words"}'],
  ["escaped JSON", {}, String.raw`body "{\"access_token\":\"planted\"}"`],
  ["a private key", {}, "-----BEGIN RSA PRIVATE KEY-----\nplanted\n-----END RSA PRIVATE KEY-----"],
  ["a cut private key", {}, "-----BEGIN PRIVATE KEY-----\nplanted"],
  ["a JSON web token", {}, "got eyJhbGciOiJIUzI1NiJ9.planted.planted"],
  ["an error's message", { err: new Error(`connect ${SECRET}`) }],
  ["an error's cause", { err: new Error("x", { cause: new Error("amqp://u:planted@h/") }) }],
  ["an error's own fields", { error: Object.assign(new Error("x"), { config: { auth: { password: "planted" } } }) }],
  ["a known value in a message", {}, `refused ${SECRET} today`],
  ["a known value, encoded", {}, `path /x/${encodeURIComponent(SECRET)}`],
  ["a known value in base64", {}, Buffer.from(SECRET).toString("base64")],
  ["a known value in a field's text", { body: `<${SECRET}>` }],
];
for (const [name, fields, message = "said"] of planted) {
  for (const logFormat of ["json", "pretty"] as const) {
    test(`redacted in ${logFormat}: ${name}`, () => {
      const text = logged((logger) => logger.error(fields, message), { logFormat });
      for (const form of ["planted", Buffer.from("planted").toString("base64").slice(0, -2), "112,108,97,110"]) {
        assert.ok(!text.includes(form), text);
      }
      assert.ok(!text.includes(Buffer.from(SECRET).toString("base64").slice(0, 12)), text);
    });
  }
}

test("what is no secret stays readable", () => {
  const fields = { url: "https://shop.example.com/a?page=2&sort=key", tokens: 3, authorized: true, key: "orders" };
  const text = logged((logger) => logger.info(fields, "the token of lane pi_1 was refreshed; secrets: 2"));
  for (const part of ["page=2&sort=key", '"tokens":3', '"authorized":true', '"key":"orders"', "lane pi_1"]) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
});

test("a secret that is learned later is taken out from then on; a short one is not", () => {
  const redactor = createRedactor();
  redactor.learn("correct-horse");
  redactor.learn("the");
  assert.equal(redactor.text("the correct-horse"), "the [redacted]");
  for (let index = 0; index < 1000; index += 1) redactor.learn(`another-secret-${index}`);
  assert.equal(redactor.text("another-secret-999"), "[redacted]");
});

test("a secret that is past leaves its place, in all its spellings, to others", () => {
  const redactor = createRedactor(["kept-secret"]);
  for (let index = 0; index < 3_000; index += 1) {
    redactor.learn(`an hour's token ${index}`);
    redactor.forget(`an hour's token ${index - 1}`);
  }
  const seen = ["kept-secret", "an hour's token 2999", encodeURIComponent("an hour's token 2999")];
  assert.equal(redactor.text(seen.join(" ")), "[redacted] [redacted] [redacted]");
  assert.equal(redactor.text("an hour's token 2998"), "an hour's token 2998");
});

test("variables named as secrets give theirs", () => {
  const env = {
    SHOP_KEY: "dk_live_1",
    ORDERS_TOKEN: " t0ken ",
    DB_PASSWORD: "p",
    PWD: "/srv/signal",
    ENCRYPTION_KEY_PREVIOUS: "k",
  };
  assert.deepEqual(secretVariables(env), ["dk_live_1", "t0ken", "p", "k"]);
});

test("a line is never longer than what is written in one piece, and JSON stays JSON", () => {
  const huge: [fields: object, message: string][] = [
    [{ text: "x".repeat(100_000) }, "m"],
    [{ list: Array.from({ length: 1000 }, () => "é".repeat(500)) }, "m"],
    [{}, "ü€😀".repeat(20_000)],
    [Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`name-${"n".repeat(300)}-${index}`, index])), "m"],
  ];
  for (const [fields, message] of huge) {
    for (const logFormat of ["json", "pretty"] as const) {
      const line = logged((logger) => logger.error(fields, message), { logFormat });
      assert.ok(Buffer.byteLength(line) <= 4096, `${Buffer.byteLength(line)}`);
      assert.ok(line.endsWith("\n") && line.indexOf("\n") === line.length - 1);
      assert.ok(!line.includes("\ufffd"));
      if (logFormat === "json") assert.equal((JSON.parse(line) as { role: string }).role, "worker");
    }
  }
});

test("circles, getters that throw, and odd values do not stop a line", () => {
  const circle: Record<string, unknown> = { n: 1n, f: () => 0, s: Symbol("s"), u: undefined, nothing: null };
  circle["self"] = circle;
  const line = logged((logger) => logger.info({ circle, set: new Set([1]) }, "odd"));
  assert.match(line, /"self":\{"circular":true\}/);
  const bad = {
    get password(): string {
      throw new Error("planted");
    },
  };
  assert.ok(!logged((logger) => logger.info({ bad }, "odd")).includes("planted"));
});

test("a terminal's control characters do not pass", () => {
  const line = logged((logger) => logger.info({ path: "a\u001b[2J\u0007" }, "x\u001b]0;t\u0007\ry"), {
    logFormat: "pretty",
  });
  assert.ok(![..."\u001b\u0007\r"].some((character) => line.includes(character)), JSON.stringify(line));
});

test("redaction takes time in proportion to the text", () => {
  const redactor = createRedactor();
  const hostile = [
    "a-".repeat(8000),
    "token".repeat(3000),
    "?".repeat(16_000),
    "x://".repeat(4000),
    "eyJaaaaaaaa.".repeat(1300),
  ];
  for (const text of hostile) {
    const began = process.cpuUsage();
    redactor.text(text);
    const { user, system } = process.cpuUsage(began);
    assert.ok(user + system < 400_000, `${(user + system) / 1000} ms for ${text.slice(0, 12)}…`);
  }
});
