import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestFacts } from "../http/authenticate.ts";
import type { Caller } from "../http/route.ts";
import { type FaultBody, openAccessRig } from "./access-fixture.ts";
import { addressGroup } from "./address-group.ts";
import { minuteLimits } from "./minute-limits.ts";
import { type RateLimitOptions, createLimit } from "./rate-limits.ts";

function limitAt(options: RateLimitOptions = {}) {
  let now = 0;
  const limit = createLimit(options, () => now);
  return {
    advance: (milliseconds: number) => void (now += milliseconds),
    /** How many of so many requests pass. */
    passed(count: number, caller: Partial<Caller>, operation = "listUsers"): number {
      const whole: Caller = {
        userId: null,
        email: "",
        role: null,
        permissions: new Set(),
        tokenId: null,
        ipAddress: "192.0.2.1",
        userAgent: null,
        ...caller,
      };
      const facts: RequestFacts = {
        method: "GET",
        path: "/",
        operation,
        authorization: undefined,
        ipAddress: whole.ipAddress,
        userAgent: null,
      };
      return Array.from({ length: count }, () => limit(whole, facts)).filter((fault) => fault === null).length;
    },
    limit,
  };
}

test("a hundred a minute for each API token, 1,200 for each person, whatever their sessions", () => {
  const { passed, advance } = limitAt();
  const jane = { userId: "usr_1", sessionId: "ses_1" };
  assert.equal(passed(150, { userId: "usr_1", tokenId: "tok_1" }), 100);
  assert.equal(passed(150, { userId: "usr_1", tokenId: "tok_2" }), 100);
  assert.equal(passed(1_000, jane), 1_000);
  assert.equal(passed(1_000, { ...jane, sessionId: "ses_2" }), 200);
  advance(60_000);
  assert.equal(passed(150, { userId: "usr_1", tokenId: "tok_1" }), 100);
  assert.equal(passed(1_300, jane), 1_200);
});

test("in the long run no more than a minute's worth a minute", () => {
  const { passed, advance } = limitAt({ apiTokenRpm: 60 });
  const token = { userId: "usr_1", tokenId: "tok_1" };
  let total = passed(1_000, token);
  for (let second = 0; second < 600; second += 1) {
    advance(1_000);
    total += passed(10, token);
  }
  assert.equal(total, 60 + 600);
});

test("addresses are limited on public routes, harder where something can be tried", () => {
  const { passed } = limitAt();
  assert.equal(passed(50, {}, "login"), 30);
  assert.equal(passed(50, {}, "refreshSession"), 30);
  assert.equal(passed(50, {}, "acceptInvitation"), 30);
  assert.equal(passed(500, {}, "logout"), 300);
  assert.equal(passed(50, { ipAddress: "192.0.2.2" }, "login"), 30);
  assert.equal(passed(50, { ipAddress: "2001:db8::1" }, "login"), 30);
  assert.equal(passed(50, { ipAddress: "2001:db8::ffff:2" }, "login"), 0);
  assert.equal(passed(50, { ipAddress: "2001:db8:0:1::1" }, "login"), 30);
});

test("one too many is told when to come back", async () => {
  const rig = await openAccessRig({ options: { rateLimits: { attemptRpm: 2, apiTokenRpm: 3 } } });
  await rig.addUser("jane");
  const session = await rig.session("jane");
  const { token } = await rig.apiToken(session, ["metrics:read"]);
  await rig.session("jane");
  const third = await rig.login("jane");
  assert.equal(third.status, 429);
  assert.equal((third.body as unknown as FaultBody).error.code, "RATE_LIMITED");
  assert.equal(third.headers["retry-after"], "30");
  for (let count = 0; count < 3; count += 1) assert.equal((await rig.call("GET", "/auth/me", { token })).status, 200);
  const fourth = await rig.call("GET", "/auth/me", { token });
  assert.deepEqual([fourth.status, fourth.headers["retry-after"]], [429, "20"]);
  rig.clock.advance(20_000);
  assert.equal((await rig.call("GET", "/auth/me", { token })).status, 200);
  await rig.close();
});

test("those who were heard of last are remembered, in bounded memory", () => {
  const limits = minuteLimits(1, 3);
  for (const key of ["a", "b", "c"]) assert.equal(limits.take(key, 0), 0);
  assert.ok(limits.take("a", 0) > 0);
  assert.equal(limits.take("d", 0), 0);
  assert.ok(limits.take("a", 0) > 0, "a was heard of after b");
  assert.equal(limits.take("b", 0), 0, "b was forgotten");
});

test("who stands behind an address", () => {
  const rows = [
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002::", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["2001:db8:1:2::192.0.2.1", "2001:db8:1:2::/64"],
    ["unknown", "unknown"],
    ["", ""],
  ] as const;
  for (const [address, group] of rows) assert.equal(addressGroup(address), group);
});
