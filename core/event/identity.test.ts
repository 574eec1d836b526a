import assert from "node:assert/strict";
import { test } from "node:test";
import type { SignalEvent } from "./event.ts";
import { decodeLink, encodeLink, isNewerLink, linkFrom, linkKey, linkedIds, unlinkedVisitor } from "./identity.ts";

function event(fields: object): SignalEvent {
  const time = "2026-02-25T14:30:00.000Z";
  return { type: "identify", messageId: "m1", timestamp: time, receivedAt: time, context: {}, ...fields };
}

const linking: [string, object, string[]][] = [
  ["identify", { userId: "u1", anonymousId: "a1" }, ["a1"]],
  ["alias", { userId: "u1", previousId: "p1" }, ["p1"]],
  ["alias with a visitor", { userId: "u1", anonymousId: "a1", previousId: "p1" }, ["a1", "p1"]],
  ["alias of itself", { userId: "u1", previousId: "u1" }, []],
  ["alias naming its visitor twice", { userId: "u1", anonymousId: "a1", previousId: "a1" }, ["a1"]],
  ["no user", { userId: null, anonymousId: "a1" }, []],
  ["an empty user", { userId: "", anonymousId: "a1" }, []],
  ["a user that is no text", { userId: 7, anonymousId: "a1" }, []],
  ["a user too long to keep", { userId: "u".repeat(1025), anonymousId: "a1" }, []],
  ["a track", { type: "track", userId: "u1", anonymousId: "a1" }, []],
];
for (const [name, fields, ids] of linking) {
  test(`links of: ${name}`, () => assert.deepEqual(linkedIds(event(fields)), ids));
}

const carrying: [string, object, string | undefined][] = [
  ["no user", { anonymousId: "a1" }, "a1"],
  ["a null user", { anonymousId: "a1", userId: null }, "a1"],
  ["an empty user", { anonymousId: "a1", userId: "" }, "a1"],
  ["an own user", { anonymousId: "a1", userId: "u1" }, undefined],
  ["a user that is no text", { anonymousId: "a1", userId: 0 }, undefined],
  ["no visitor", {}, undefined],
];
for (const [name, fields, visitor] of carrying) {
  test(`carries: ${name}`, () => assert.equal(unlinkedVisitor(event(fields)), visitor));
}

test("keys are short, printable and apart, whatever the id", () => {
  const ids = ["a", "=a", "a b", "ä", "\u0000", "\ud800", "\udfff", "x".repeat(1e6), `${"x".repeat(1e6)}y`];
  const keys = ids.map((id) => linkKey("pip_shop", id));
  assert.equal(new Set(keys).size, ids.length);
  for (const key of keys) assert.match(key, /^[\x21-\x7e]{1,200}$/);
  assert.notEqual(linkKey("pip_a", "x"), linkKey("pip_b", "x"));
});

test("the later link wins, by time, then by messageId", () => {
  const older = { userId: "u1", timestamp: "2026-02-25T14:30:00.000Z", messageId: "b" };
  assert.ok(isNewerLink(older, undefined));
  assert.ok(isNewerLink({ ...older, timestamp: "2026-02-25T14:30:00.001Z", messageId: "a" }, older));
  assert.ok(isNewerLink({ ...older, messageId: "c" }, older));
  assert.ok(!isNewerLink({ ...older, messageId: "a" }, older));
  assert.ok(!isNewerLink(older, older));
});

test("links survive their bytes; other bytes are no link", () => {
  const link = linkFrom(event({ userId: "ü\u0000" }));
  assert.deepEqual(decodeLink(encodeLink(link)), link);
  assert.equal(decodeLink(undefined), undefined);
  for (const text of ["", "{", "[]", '{"userId":1}', "null"]) assert.equal(decodeLink(Buffer.from(text)), undefined);
});
