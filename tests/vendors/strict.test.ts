import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { simulatedRequest } from "./simulated-request.ts";
import {
  asList,
  at,
  basicCredentials,
  bearerToken,
  epochUnit,
  firstMissing,
  firstUnknown,
  isCountryForm,
  isCurrency,
  isE164,
  isRfc3339,
  isSha256Hex,
  isSha256HexAnyCase,
  looksLikeEmail,
  mediaType,
  placeInWindow,
  readJson,
  readRfc3339,
} from "./strict.ts";

const HASH = "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f";

const forms: [string, (value: unknown) => unknown, unknown[], unknown[]][] = [
  ["isSha256Hex", isSha256Hex, [HASH], [HASH.toUpperCase(), HASH.slice(1), `${HASH}0`, "jane@example.com", 7, null]],
  ["isSha256HexAnyCase", isSha256HexAnyCase, [HASH, HASH.toUpperCase()], [HASH.slice(1), undefined]],
  ["looksLikeEmail", looksLikeEmail, ["jane@example.com", " a@b.co "], [HASH, "jane@", "@b.co", 7]],
  ["isE164", isE164, ["+16505551212", "+4479460000"], ["16505551212", "+0650555", "+1 650 555", 16505551212]],
  ["isCurrency", isCurrency, ["USD", "EUR", "JPY"], ["usd", "EURO", "XYZ", 978]],
  ["isCountryForm", isCountryForm, ["US", "GB"], ["us", "USA", "", null]],
  [
    "isRfc3339",
    isRfc3339,
    ["2026-11-21T12:00:00Z", "2026-11-21T12:00:00.123456+01:00", "2024-02-29t00:00:00z", "2016-12-31T23:59:60Z"],
    ["2026-11-21", "2026-11-21 12:00:00Z", "2026-11-21T12:00:00", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", 7],
  ],
];
for (const [name, check, good, bad] of forms) {
  test(`${name} takes its form and nothing else`, () => {
    for (const value of good) assert.equal(check(value), true, String(value));
    for (const value of bad) assert.equal(check(value), false, String(value));
  });
}

test("a time is read with its offset, and a leap second is the one before", () => {
  assert.equal(readRfc3339("1970-01-01T01:00:00.5+01:00"), 500);
  assert.equal(readRfc3339("1970-01-01T00:00:60Z"), 59_000);
  assert.equal(readRfc3339("1970-01-01"), null);
});

test("a time's unit is told by its size", () => {
  const values: [unknown, string | null][] = [
    [1_763_726_400, "seconds"],
    [1_763_726_400_000, "millis"],
    [1_763_726_400_000_000, "micros"],
    [1_763_726_400.5, null],
    ["1763726400", null],
    [17, null],
  ];
  for (const [value, unit] of values) assert.equal(epochUnit(value), unit, String(value));
});

test("a window has two ends, each of them inside", () => {
  const window = { unit: "seconds", now: 100_000, maxAgeMs: 10_000, maxAheadMs: 5000 } as const;
  const values: [unknown, string][] = [
    [90, "inside"],
    [89, "too_old"],
    [105, "inside"],
    [106, "ahead"],
    [100_000, "ahead"],
    [-1, "unreadable"],
    [99.5, "unreadable"],
    ["99", "unreadable"],
  ];
  for (const [value, place] of values) assert.equal(placeInWindow(value, window), place, String(value));
});

test("paths, required and known names", () => {
  const value = { user: { email: "", list: [{ id: 1 }] }, none: null };
  assert.equal(at(value, "user.list.0.id"), 1);
  assert.equal(at(value, "user.list.1.id"), undefined);
  assert.equal(firstMissing(value, ["user", "user.list", "user.email"]), "user.email");
  assert.equal(firstMissing(value, ["none"]), "none");
  assert.equal(firstMissing(value, ["user"]), null);
  assert.equal(firstUnknown(value, new Set(["user"])), "none");
  assert.equal(firstUnknown({}, new Set()), null);
  assert.deepEqual([asList(null), asList(1), asList([1, 2])], [[], [1], [1, 2]]);
});

function request(headers: Record<string, string>, body: string | Buffer = "") {
  return simulatedRequest({ method: "POST", url: "https://api.example.com/", headers, body }, 0);
}

test("credentials and media types are read from their headers", () => {
  assert.equal(bearerToken(request({ Authorization: "bearer abc.def" })), "abc.def");
  assert.equal(bearerToken(request({ Authorization: "Basic abc" })), null);
  const coded = Buffer.from("name:pass:word").toString("base64");
  assert.deepEqual(basicCredentials(request({ Authorization: `Basic ${coded}` })), {
    name: "name",
    password: "pass:word",
  });
  assert.equal(basicCredentials(request({ Authorization: "Basic bm9jb2xvbg==" })), null);
  assert.equal(basicCredentials(request({})), null);
  assert.equal(mediaType(request({ "Content-Type": "Application/JSON; charset=utf-8" })), "application/json");
  assert.equal(mediaType(request({})), "");
});

test("a body is read within its limits", () => {
  const fault = (read: ReturnType<typeof readJson>) => ("fault" in read ? read.fault : read.value);
  const zipped = request({ "Content-Encoding": "gzip" }, gzipSync('{"a":1}'));
  assert.deepEqual(fault(readJson(request({}, '{"a":1}'), { maxBytes: 7 })), { a: 1 });
  assert.equal(fault(readJson(request({}, '{"a":1}'), { maxBytes: 6 })), "too_large");
  assert.equal(fault(readJson(request({}, '{"a":'))), "json");
  assert.equal(fault(readJson(request({}, ""))), "json");
  assert.equal(fault(readJson(zipped)), "encoding");
  assert.deepEqual(fault(readJson(zipped, { encodings: ["gzip"] })), { a: 1 });
  assert.equal(fault(readJson(request({ "Content-Encoding": "gzip" }, "x"), { encodings: ["gzip"] })), "encoding");
  assert.equal(fault(readJson(request({}, '{"a":{"b":[]}}'), { maxDepth: 2 })), "too_deep");
  assert.deepEqual(fault(readJson(request({}, '{"a":{"b":[]}}'), { maxDepth: 3 })), { a: { b: [] } });
});
