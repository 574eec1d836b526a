/** Every route with every role, with nobody and with an API token: what the table of permissions says is what a server does. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { describedRoutes, permissionsOf, type Role, ROLES } from "@datafly-signal/management-api/openapi";
import { type ApiRig, openApiRig } from "./api-rig.ts";

const routes = describedRoutes();
const tokens = new Map<Role, string>();
let rig: ApiRig;

before(async () => {
  rig = await openApiRig();
  for (const role of ROLES) tokens.set(role, await tokenOf(role));
});

after(() => rig.close());

/** Of somebody who was invited with that role. */
async function tokenOf(role: Role): Promise<string> {
  const invited = await rig.made<{ token: string }>("POST", "/invitations", { email: `${role}@example.com`, role });
  const account = { token: invited.token, name: role, password: `the ${role} has a long password` };
  const { access_token: token } = await rig.made<{ access_token: string }>("POST", "/auth/invitations/accept", account);
  return token;
}

/** With ids of nothing and without a body, so that no call changes anything. */
async function statusOf(route: (typeof routes)[number], token: string | null): Promise<number> {
  const path = route.path.replace(/\{\w+\}/g, "nothing");
  return (await rig.call(route.method, path, { token })).status;
}

test("there is a route for each permission, or nothing could use it", () => {
  const used = new Set<string>(routes.map(({ access }) => access));
  // Totals and traces have no routes yet that read them over HTTP; the command line has its socket.
  const missing = [...permissionsOf("org_admin")].filter((one) => !used.has(one) && one !== "metrics:read");
  assert.deepEqual(missing, []);
});

for (const role of ROLES) {
  test(`${role} may do what its permissions say, and nothing else`, async () => {
    const permissions = permissionsOf(role);
    for (const route of routes) {
      const { access, operation } = route;
      const isAllowed = access === "public" || access === "signed_in" || permissions.has(access);
      const status = await statusOf(route, tokens.get(role) ?? "");
      if (!isAllowed) assert.equal(status, 403, `${operation} is forbidden`);
      else if (access === "public") assert.notEqual(status, 403, operation);
      else assert.ok(status !== 401 && status !== 403, `${operation} is allowed, and answered ${status}`);
    }
  });
}

test("nobody gets past a route that needs a token, and everybody past one that does not", async () => {
  for (const route of routes) {
    const { body, status } = await rig.call(route.method, route.path.replace(/\{\w+\}/g, "nothing"), { token: null });
    const { error } = (body ?? {}) as { error?: { code: string } };
    if (route.access !== "public") assert.deepEqual([status, error?.code], [401, "MISSING_TOKEN"], route.operation);
    else assert.ok(status !== 403 && error?.code !== "MISSING_TOKEN", route.operation);
  }
});

test("an API token may do what its scopes say, of what its owner may", async () => {
  const scopes = ["pipelines:read", "audit_logs:read"];
  const { token } = await rig.made<{ token: string }>("POST", "/api-tokens", { name: "Narrow", scopes });
  for (const route of routes) {
    if (route.access === "public" || route.access === "signed_in") continue;
    const status = await statusOf(route, token);
    if (scopes.includes(route.access)) assert.ok(status !== 401 && status !== 403, `${route.operation}: ${status}`);
    else assert.equal(status, 403, route.operation);
  }
});
