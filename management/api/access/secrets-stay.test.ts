import assert from "node:assert/strict";
import { test } from "node:test";
import { type SessionBody, PASSWORD, accountOf, openAccessRig } from "./access-fixture.ts";

const NEXT = "seven green doors on a hill";
const WRONG = "one wrong password here";

test("what is secret stands in no audit record, log line, table or answer but the one that gives it", async () => {
  const rig = await openAccessRig();
  const secrets = new Set([PASSWORD, NEXT, WRONG]);
  const answers: string[] = [];
  const keep = <Body>({ body }: { body: Body }, given: (body: Body) => string[] = () => []): Body => {
    const text = JSON.stringify(body ?? null);
    const fresh = given(body);
    answers.push(fresh.reduce((left, secret) => left.replaceAll(secret, ""), text));
    for (const secret of fresh) secrets.add(secret);
    return body;
  };
  const pair = ({ access_token: access, refresh_token: refresh }: SessionBody) => [access, refresh];

  await rig.addUser("ada", "org_admin");
  keep(await rig.login("ada", WRONG));
  const session = keep(await rig.login("ada"), pair);
  const token = session.access_token;
  const post = (path: string, body: object) => rig.call<Record<string, string>>("POST", path, { token, body });
  const made = keep(await post("/api-tokens", { name: "x", scopes: ["metrics:read"] }), (body) => [
    body["token"] ?? "",
  ]);
  const invited = keep(await post("/invitations", { email: "jane@example.com", role: "source_viewer" }), (body) => [
    body["token"] ?? "",
  ]);
  const acceptance = { token: invited["token"], name: "Jane", password: NEXT };
  keep(await rig.call<SessionBody>("POST", "/auth/invitations/accept", { body: acceptance }), pair);
  keep(await post("/auth/invitations/accept", acceptance));
  keep(await rig.call("PATCH", "/auth/me", { token, body: { password: NEXT, current_password: WRONG } }));
  keep(await rig.call("PATCH", "/auth/me", { token, body: { password: NEXT, current_password: PASSWORD } }));
  keep(await rig.call("PATCH", "/auth/me", { token, body: { password: 5, current_password: NEXT } }));
  for (const path of ["/auth/me", "/users", "/api-tokens", `/api-tokens/${made["id"]}`, "/invitations"])
    keep(await rig.call("GET", path, { token }));
  const body = { refresh_token: session.refresh_token };
  keep(await rig.call<SessionBody>("POST", "/auth/refresh", { body }), pair);
  keep(await rig.call("POST", "/auth/refresh", { body }));
  keep(await rig.call("GET", "/auth/me", { token }));
  keep(await rig.call("GET", "/auth/me", { token: `${made["token"]}x` }));
  secrets.add((await accountOf(rig, "ada")).password_hash);

  const { queries } = rig.database;
  const tables = await Promise.all([
    queries.selectFrom("audit_logs").selectAll().execute(),
    queries.selectFrom("api_tokens").selectAll().execute(),
    queries.selectFrom("refresh_tokens").selectAll().execute(),
    queries.selectFrom("invitations").selectAll().execute(),
    queries.selectFrom("users").selectAll().execute(),
  ]);
  const audits = JSON.stringify(tables[0]);
  const places = {
    answers: answers.join("\n"),
    audits,
    logs: JSON.stringify(rig.rig.logs),
    tables: JSON.stringify(tables.slice(1)),
  };
  assert.ok(tables[0].length >= 8, "the run left its records");
  for (const [place, text] of Object.entries(places)) {
    for (const secret of secrets) {
      if (place === "tables" && secret.startsWith("$argon2id$")) continue;
      assert.ok(!text.includes(secret), `${secret.slice(0, 12)}… stands in ${place}`);
    }
  }
  assert.ok(!audits.includes("token_hash") && !places.answers.includes("argon2"));
  await rig.close();
});
