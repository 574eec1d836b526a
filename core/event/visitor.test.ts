import assert from "node:assert/strict";
import { test } from "node:test";
import { isUuidV4, visitorOf, type Visitor, type VisitorClaim, type VisitorSeen } from "./visitor.ts";

const OWN = "11111111-1111-4111-8111-111111111111";
const COOKIE = "22222222-2222-4222-8222-222222222222";
const HINT = "33333333-3333-4333-8333-333333333333";
const NEW = "44444444-4444-4444-8444-444444444444";
const FOREIGN = "foreign-id";

const nothing: VisitorClaim = { anonymousId: null, userId: null, hint: null, reset: false };
const page: VisitorSeen = { browser: true, dfid: null };
const known: VisitorSeen = { browser: true, dfid: COOKIE };
const server: VisitorSeen = { browser: false, dfid: null };

test("who a visitor is, and what the cookie becomes", () => {
  const rows: [name: string, claim: Partial<VisitorClaim>, seen: VisitorSeen, expected: Visitor][] = [
    ["first visit", {}, page, { anonymousId: NEW, cookie: NEW }],
    ["known visitor", {}, known, { anonymousId: COOKIE, cookie: null }],
    ["hint becomes the cookie", { hint: HINT }, page, { anonymousId: HINT, cookie: HINT }],
    ["cookie before hint", { hint: HINT }, known, { anonymousId: COOKIE, cookie: null }],
    ["hint that is no UUID v4", { hint: "1" }, page, { anonymousId: NEW, cookie: NEW }],
    ["own id before all", { anonymousId: OWN, hint: HINT }, known, { anonymousId: OWN, cookie: null }],
    ["own UUID v4 becomes the cookie", { anonymousId: OWN }, page, { anonymousId: OWN, cookie: OWN }],
    ["own foreign id keeps, cookie new", { anonymousId: FOREIGN }, page, { anonymousId: FOREIGN, cookie: NEW }],
    ["reset overrules the cookie", { hint: HINT, reset: true }, known, { anonymousId: HINT, cookie: HINT }],
    ["reset without a hint is none", { reset: true }, known, { anonymousId: COOKIE, cookie: null }],
    ["reset with own id", { anonymousId: OWN, hint: HINT, reset: true }, known, { anonymousId: OWN, cookie: HINT }],
    ["server never gets a cookie", { hint: HINT, reset: true }, server, { anonymousId: HINT, cookie: null }],
    ["server's own id", { anonymousId: FOREIGN }, server, { anonymousId: FOREIGN, cookie: null }],
    ["server that names a user", { userId: "user_1" }, server, { anonymousId: null, cookie: null }],
    ["server that names nobody", {}, server, { anonymousId: NEW, cookie: null }],
    ["page of a user", { userId: "user_1" }, page, { anonymousId: NEW, cookie: NEW }],
  ];
  for (const [name, claim, seen, expected] of rows) {
    assert.deepEqual(
      visitorOf({ ...nothing, ...claim }, seen, () => NEW),
      expected,
      name,
    );
  }
});

test("a UUID v4 is told from its neighbours", () => {
  assert.ok(isUuidV4(OWN));
  assert.ok(isUuidV4(OWN.toUpperCase()));
  for (const text of ["", "1", OWN.replace("4", "7"), `${OWN}0`, OWN.replaceAll("-", ""), `${OWN.slice(0, 35)}\n`]) {
    assert.equal(isUuidV4(text), false, text);
  }
});
