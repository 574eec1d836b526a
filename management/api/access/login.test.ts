import assert from "node:assert/strict";
import { test } from "node:test";
import { updateUser } from "@datafly-signal/ports/store";
import { eachDatabase } from "@datafly-signal/ports/store/testing";
import { type FaultBody, PASSWORD, accountOf, openAccessRig } from "./access-fixture.ts";
import { type Passwords, createPasswords } from "./passwords.ts";

const WRONG = "not the password at all";
const MINUTE = 60_000;

eachDatabase("login", (open) => {
  test("the right password signs in, in any case of the address", async () => {
    const rig = await openAccessRig({ database: await open() });
    const id = await rig.addUser("jane", "source_admin");
    const body = { email: "JANE@Example.com", password: PASSWORD };
    const answer = await rig.call("POST", "/auth/login", { body });
    assert.equal(answer.status, 200);
    const { access_token: token, refresh_token: refresh, user, ...rest } = answer.body as Record<string, unknown>;
    assert.deepEqual(rest, { token_type: "Bearer", expires_in: 900 });
    assert.match(String(refresh), /^dfs_rt_\w{49}$/);
    assert.deepEqual(user, {
      id,
      email: "jane@example.com",
      name: "jane",
      role: "source_admin",
      status: "active",
      must_change_password: false,
      locked_until: null,
      last_login_at: "2026-11-21T09:00:00.000Z",
      version: 1,
      created_at: "2026-11-21T09:00:00.000Z",
      updated_at: "2026-11-21T09:00:00.000Z",
    });
    const me = await rig.call("GET", "/auth/me", { token: String(token) });
    assert.equal(me.status, 200);
    const [record] = await rig.rig.audits();
    assert.equal(record?.action, "auth.login");
    assert.equal(record?.user_id, id);
    await rig.close();
  });

  test("five wrong passwords in a row lock for fifteen minutes, for the right one too", async () => {
    const rig = await openAccessRig({ database: await open() });
    await rig.addUser("jane");
    for (let tries = 0; tries < 5; tries += 1) {
      const answer = await rig.login("jane", WRONG);
      assert.equal(answer.status, 401);
      assert.equal((answer.body as unknown as FaultBody).error.code, "INVALID_CREDENTIALS");
      rig.clock.advance(1_000);
    }
    const locked = await rig.login("jane");
    assert.equal(locked.status, 429);
    assert.equal((locked.body as unknown as FaultBody).error.code, "ACCOUNT_LOCKED");
    assert.equal(locked.headers["retry-after"], String(15 * 60 - 1));
    rig.clock.advance(15 * MINUTE - 1_001);
    assert.equal((await rig.login("jane")).status, 429);
    rig.clock.advance(1);
    assert.equal((await rig.login("jane")).status, 200);
    assert.equal((await accountOf(rig, "jane")).failed_logins, 0);
    await rig.close();
  });

  test("after a lock ran out, the next row of wrong ones begins at one", async () => {
    const rig = await openAccessRig({ database: await open() });
    await rig.addUser("jane");
    for (let tries = 0; tries < 5; tries += 1) await rig.login("jane", WRONG);
    rig.clock.advance(15 * MINUTE);
    assert.equal((await rig.login("jane", WRONG)).status, 401);
    assert.equal((await rig.login("jane")).status, 200);
    await rig.close();
  });

  test("the right one in between begins the row anew", async () => {
    const rig = await openAccessRig({ database: await open() });
    await rig.addUser("jane");
    for (let round = 0; round < 3; round += 1) {
      for (let tries = 0; tries < 4; tries += 1) assert.equal((await rig.login("jane", WRONG)).status, 401);
      assert.equal((await rig.login("jane")).status, 200);
    }
    await rig.close();
  });

  test("tried at once, no more than five passwords are looked at", async () => {
    const counted = countingPasswords();
    const rig = await openAccessRig({ database: await open(), options: { passwords: counted.passwords } });
    await rig.addUser("jane");
    const answers = await Promise.all(Array.from({ length: 40 }, () => rig.login("jane", WRONG)));
    const codes = answers.map(({ body }) => (body as unknown as FaultBody).error.code);
    assert.equal(codes.filter((code) => code === "INVALID_CREDENTIALS").length, 5);
    assert.equal(counted.checked(), 5);
    assert.ok(codes.every((code) => ["INVALID_CREDENTIALS", "ACCOUNT_LOCKED", "RATE_LIMITED"].includes(code)));
    assert.equal((await rig.login("jane")).status, 429);
    await rig.close();
  });

  test("two servers on one database lock together", async () => {
    const database = await open();
    const [one, other] = [await openAccessRig({ database }), await openAccessRig({ database })];
    await one.addUser("jane");
    const tries = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? one : other).login("jane", WRONG));
    await Promise.all(tries);
    const account = await accountOf(one, "jane");
    assert.ok(account.failed_logins >= 5 && account.failed_logins <= 6, String(account.failed_logins));
    assert.equal((await one.login("jane")).status, 429);
    assert.equal((await other.login("jane")).status, 429);
    await Promise.all([one.close(), other.close()]);
  });

  test("texts that are SQL are only texts", async () => {
    const rig = await openAccessRig({ database: await open() });
    await rig.addUser("jane");
    for (const local of ["'or'1'='1'--", "jane'--", "%", "_", "*/;drop/**/table/**/users"]) {
      const body = { email: `${local}@example.com`, password: "' or 1=1; drop table users; --" };
      assert.ok(
        ["INVALID_CREDENTIALS", "VALIDATION_FAILED"].includes(await rig.refused("POST", "/auth/login", { body })),
      );
    }
    assert.equal((await rig.login("jane")).status, 200);
    await rig.close();
  });

  test("a password kept under weaker parameters is kept under today's from the next sign-in on", async () => {
    const database = await open();
    const before = await openAccessRig({ database });
    await before.addUser("jane");
    const passwords = createPasswords({ random: randomOf, cost: { memoryKiB: 16, passes: 2 } });
    const rig = await openAccessRig({ database, options: { passwords } });
    assert.match((await accountOf(rig, "jane")).password_hash, /m=8,t=1/);
    assert.equal((await rig.login("jane")).status, 200);
    assert.match((await accountOf(rig, "jane")).password_hash, /m=16,t=2/);
    assert.equal((await rig.login("jane")).status, 200);
    await Promise.all([before.close(), rig.close()]);
  });
});

function randomOf(size: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(size));
}

test("an address without an account answers, locks and works as one that has one", async () => {
  const counted = countingPasswords();
  const rig = await openAccessRig({ options: { passwords: counted.passwords } });
  await rig.addUser("jane");
  const [known, unknown]: unknown[][] = [[], []];
  for (let tries = 0; tries < 7; tries += 1) {
    for (const [name, seen] of [
      ["jane", known],
      ["nobody", unknown],
    ] as const) {
      const before = counted.checked();
      const { status, body, headers } = await rig.login(name, WRONG);
      seen?.push({
        status,
        body,
        retry: headers["retry-after"],
        names: Object.keys(headers).sort(),
        checked: counted.checked() - before,
      });
    }
  }
  assert.deepEqual(unknown, known);
  assert.deepEqual(
    counted.kept().map((kept) => kept === null),
    Array.from({ length: 5 }, () => [false, true]).flat(),
  );
  const records = (await rig.rig.audits()).map(({ action, user_id: user, user_email: email, changes }) => ({
    action,
    user,
    email,
    reason: changes["reason"]?.new,
  }));
  assert.deepEqual(new Set(records.map(({ action }) => action)), new Set(["auth.login_failed"]));
  assert.ok(records.some(({ email, reason }) => email === "nobody@example.com" && reason === "unknown_account"));
  assert.ok(records.every(({ user }) => user === null));
  rig.clock.advance(15 * MINUTE);
  assert.equal((await rig.login("nobody", WRONG)).status, 401);
  await rig.close();
});

test("a disabled account is told nothing, even with the right password", async () => {
  const rig = await openAccessRig();
  const id = await rig.addUser("jane");
  await rig.database.transaction((queries) => updateUser(queries, { id, now: 0 }, { status: "disabled" }));
  const answer = await rig.login("jane");
  assert.equal(answer.status, 401);
  assert.deepEqual(answer.body, (await rig.login("nobody")).body);
  assert.equal((await rig.rig.audits())[0]?.changes["reason"]?.new, "disabled");
  await rig.close();
});

test("an account that was disabled or given another password while the password was checked does not sign in", async () => {
  const cheap = countingPasswords().passwords;
  let meanwhile: () => Promise<unknown> = async () => undefined;
  const passwords: Passwords = {
    ...cheap,
    async verify(kept, password) {
      const verdict = await cheap.verify(kept, password);
      await meanwhile();
      return verdict;
    },
  };
  const rig = await openAccessRig({ options: { passwords } });
  const id = await rig.addUser("jane");
  const changes = [
    { status: "disabled" },
    { status: "active", password_hash: "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAA" },
  ] as const;
  for (const change of changes) {
    meanwhile = () => rig.database.transaction((queries) => updateUser(queries, { id, now: 0 }, change));
    assert.equal((await rig.login("jane")).status, 401);
    await rig.database.transaction((queries) => updateUser(queries, { id, now: 0 }, { status: "active" }));
  }
  await rig.close();
});

test("what is no e-mail address or no text is refused before anything is asked", async () => {
  const rig = await openAccessRig();
  for (const email of [
    "jane\0@example.com",
    "jane",
    "@",
    "a b@example.com",
    `${"a".repeat(250)}@example.com`,
    5,
    null,
    ["a@b"],
  ]) {
    assert.equal(
      await rig.refused("POST", "/auth/login", { body: { email, password: PASSWORD } }),
      "VALIDATION_FAILED",
    );
  }
  for (const password of ["", "x".repeat(1025), "nul\0nul", 5, {}]) {
    assert.equal(
      await rig.refused("POST", "/auth/login", { body: { email: "jane@example.com", password } }),
      "VALIDATION_FAILED",
    );
  }
  await rig.close();
});

test("no more passwords are checked than there is room for", async () => {
  const cheap = createPasswords({ random: randomOf, cost: { memoryKiB: 8, passes: 1 }, atOnce: 1, waiting: 1 });
  const rig = await openAccessRig({ options: { passwords: cheap } });
  const names = Array.from({ length: 12 }, (_, index) => `user${index}`);
  const answers = await Promise.all(names.map((name) => rig.login(name)));
  const busy = answers.filter(({ status }) => status === 429);
  assert.ok(busy.length > 0 && busy.length < names.length);
  for (const { headers } of busy) assert.equal(headers["retry-after"], "1");
  await rig.close();
});

function countingPasswords() {
  const cheap = createPasswords({ random: randomOf, cost: { memoryKiB: 8, passes: 1 }, waiting: 200 });
  const kept: (string | null)[] = [];
  const passwords: Passwords = {
    ...cheap,
    verify(hash, password) {
      kept.push(hash);
      return cheap.verify(hash, password);
    },
  };
  return { passwords, checked: () => kept.length, kept: () => kept };
}
