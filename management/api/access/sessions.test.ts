import assert from "node:assert/strict";
import { test } from "node:test";
import { eachDatabase } from "@datafly-signal/ports/store/testing";
import { type AccessRig, type SessionBody, openAccessRig } from "./access-fixture.ts";
import { REFRESH_TOKEN_PREFIX, newSecret } from "./secret-tokens.ts";

const DAY = 86_400_000;

function refresh(rig: AccessRig, { refresh_token }: SessionBody) {
  return rig.call<SessionBody>("POST", "/auth/refresh", { body: { refresh_token } });
}

async function isAlive(rig: AccessRig, { access_token: token }: SessionBody): Promise<boolean> {
  const { status } = await rig.call("GET", "/auth/me", { token });
  assert.ok(status === 200 || status === 401, String(status));
  return status === 200;
}

async function actions(rig: AccessRig): Promise<string[]> {
  return (await rig.rig.audits()).map(({ action }) => action).filter((action) => action !== "auth.login");
}

eachDatabase("sessions", (open) => {
  test("a refresh token is exchanged for the next pair", async () => {
    const rig = await openAccessRig({ database: await open() });
    await rig.addUser("jane");
    const first = await rig.session("jane");
    rig.clock.advance(10_000);
    const second = await refresh(rig, first);
    assert.equal(second.status, 200);
    assert.equal(second.body.token_type, "Bearer");
    assert.equal(second.body.user.email, "jane@example.com");
    assert.notEqual(second.body.refresh_token, first.refresh_token);
    assert.notEqual(second.body.access_token, first.access_token);
    assert.ok(await isAlive(rig, second.body));
    assert.equal((await refresh(rig, second.body)).status, 200);
    await rig.close();
  });

  test("a stolen token that is used again ends all sessions of its user, and of nobody else", async () => {
    const rig = await openAccessRig({ database: await open() });
    await rig.addUser("jane");
    await rig.addUser("john");
    const [stolen, elsewhere, johns] = [
      await rig.session("jane"),
      await rig.session("jane"),
      await rig.session("john"),
    ];
    const thiefs = (await refresh(rig, stolen)).body;
    assert.ok(await isAlive(rig, thiefs));
    const answer = await refresh(rig, stolen);
    assert.equal(answer.status, 401);
    for (const session of [stolen, thiefs, elsewhere]) {
      assert.equal(await isAlive(rig, session), false);
      assert.equal((await refresh(rig, session)).status, 401);
    }
    assert.ok(await isAlive(rig, johns));
    assert.equal((await refresh(rig, johns)).status, 200);
    assert.deepEqual(await actions(rig), ["auth.refresh_reused"]);
    await rig.close();
  });

  test("a token of a session that is over cannot end the next ones", async () => {
    const rig = await openAccessRig({ database: await open() });
    await rig.addUser("jane");
    const stolen = await rig.session("jane");
    await refresh(rig, stolen);
    await refresh(rig, stolen);
    const next = await rig.session("jane");
    assert.equal((await refresh(rig, stolen)).status, 401);
    assert.ok(await isAlive(rig, next));
    assert.deepEqual(await actions(rig), ["auth.refresh_reused"]);
    await rig.close();
  });

  test("of those who use one token at once, one wins, and the session ends", async () => {
    const database = await open();
    const [one, other] = [await openAccessRig({ database }), await openAccessRig({ database })];
    await one.addUser("jane");
    const session = await one.session("jane");
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => refresh(index % 2 === 0 ? one : other, session)),
    );
    const winners = answers.filter(({ status }) => status === 200);
    assert.equal(winners.length, 1);
    assert.equal(answers.filter(({ status }) => status === 401).length, 7);
    assert.ok(winners[0]);
    assert.equal(await isAlive(one, winners[0].body), false);
    assert.deepEqual(await actions(one), ["auth.refresh_reused"]);
    await Promise.all([one.close(), other.close()]);
  });

  test("signing out ends the session at once, its access token too, and no other one", async () => {
    const rig = await openAccessRig({ database: await open() });
    await rig.addUser("jane");
    const [session, elsewhere] = [await rig.session("jane"), await rig.session("jane")];
    const body = { refresh_token: session.refresh_token };
    for (let times = 0; times < 2; times += 1) {
      const { status, body: answer } = await rig.call("POST", "/auth/logout", { body });
      assert.deepEqual([status, answer], [204, undefined]);
    }
    assert.equal(await isAlive(rig, session), false);
    assert.equal((await refresh(rig, session)).status, 401);
    assert.ok(await isAlive(rig, elsewhere));
    const unknown = { refresh_token: newSecret(REFRESH_TOKEN_PREFIX, (size) => new Uint8Array(size)) };
    assert.equal((await rig.call("POST", "/auth/logout", { body: unknown })).status, 204);
    assert.deepEqual(await actions(rig), ["auth.logout"]);
    const record = (await rig.rig.audits()).at(-1);
    assert.equal(record?.user_email, "jane@example.com");
    await rig.close();
  });

  test("seven days without a refresh end a session; each refresh gives seven more", async () => {
    const rig = await openAccessRig({ database: await open() });
    await rig.addUser("jane");
    let session = await rig.session("jane");
    for (let round = 0; round < 3; round += 1) {
      rig.clock.advance(7 * DAY - 1);
      const answer = await refresh(rig, session);
      assert.equal(answer.status, 200);
      session = answer.body;
    }
    rig.clock.advance(7 * DAY);
    assert.equal((await refresh(rig, session)).status, 401);
    await rig.session("jane");
    const { rows } = { rows: await rig.database.queries.selectFrom("refresh_tokens").select("id").execute() };
    assert.equal(rows.length, 1, "those that ran out are gone");
    await rig.close();
  });
});

test("what is no refresh token is refused", async () => {
  const rig = await openAccessRig();
  await rig.addUser("jane");
  const session = await rig.session("jane");
  const { token } = await rig.apiToken(session, ["metrics:read"]);
  for (const text of [
    session.access_token,
    token,
    "x",
    "' or 1=1 --",
    session.refresh_token.toLowerCase(),
    ` ${session.refresh_token}`,
  ]) {
    const code = await rig.refused("POST", "/auth/refresh", { body: { refresh_token: text } });
    assert.equal(code, text.length > 512 ? "VALIDATION_FAILED" : "INVALID_REFRESH_TOKEN");
  }
  assert.equal((await refresh(rig, session)).status, 200);
  await rig.close();
});

test("lifetimes are as configured", async () => {
  const rig = await openAccessRig({ options: { accessTokenTtl: 60, refreshTokenTtl: 120 } });
  await rig.addUser("jane");
  const session = await rig.session("jane");
  assert.equal(session.expires_in, 60);
  rig.clock.advance(59_999);
  assert.ok(await isAlive(rig, session));
  rig.clock.advance(1);
  assert.equal(await rig.refused("GET", "/auth/me", { token: session.access_token }), "EXPIRED_TOKEN");
  rig.clock.advance(60_000);
  assert.equal((await refresh(rig, session)).status, 401);
  await rig.close();
});
