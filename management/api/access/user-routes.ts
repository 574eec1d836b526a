/** The people of the organisation. */
import {
  type Queries,
  type UserRow,
  countActiveUsers,
  deleteUser,
  findUser,
  listUsers,
  revokeApiTokensOf,
  revokeInvitationsOf,
  revokeSessions,
  updateUser,
} from "@datafly-signal/ports/store";
import Type from "typebox";
import { limitOf, mapPage, page, pageOf, pagingQuery, readCursor } from "../http/paging.ts";
import { type Call, type Fault, type Route, defineRoute, fault, isFault } from "../http/route.ts";
import { changed } from "./access-audit.ts";
import { STRICT, User, idParams, nameField, role, searchField, userOf } from "./access-shapes.ts";
import { mayGrantNamed, permissionsOf, roleNamed, TOO_MUCH } from "./permissions.ts";

const TAG = "Users";
const ADMINISTRATOR = "org_admin";
const status = Type.Enum(["active", "disabled"]);

const ListQuery = Type.Object(
  { ...pagingQuery, role: Type.Optional(role), status: Type.Optional(status), search: searchField },
  STRICT,
);

const Change = Type.Object(
  {
    name: Type.Optional(nameField),
    role: Type.Optional(role),
    status: Type.Optional(status),
    version: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 2_147_483_647,
        description: "As it was read: 409 if it is another one by now.",
      }),
    ),
  },
  { ...STRICT, minProperties: 1 },
);

export function userRoutes(): Route[] {
  return [listRoute(), getRoute(), updateRoute(), deleteRoute()];
}

function listRoute(): Route {
  return defineRoute({
    method: "GET",
    path: "/users",
    operation: "listUsers",
    tag: TAG,
    summary: "List users, in the order of their addresses",
    access: "team:read",
    query: ListQuery,
    answers: { 200: { description: "A page of users.", schema: pageOf(User) } },
    errors: [],
    async handle({ query, queries, now }) {
      const after = readCursor(query, Type.String());
      if (isFault(after)) return after;
      const limit = limitOf(query);
      const { role, status, search } = query;
      const rows = await listUsers(queries, { role, status, search, after: after ?? undefined, limit: limit + 1 });
      const users = page(rows, limit, ({ email }) => email);
      return { status: 200, body: mapPage(users, (row) => userOf(row, now)) };
    },
  });
}

function getRoute(): Route {
  return defineRoute({
    method: "GET",
    path: "/users/{id}",
    operation: "getUser",
    tag: TAG,
    summary: "Show a user",
    access: "team:read",
    params: idParams("usr"),
    answers: { 200: { description: "The user.", schema: User } },
    errors: ["NOT_FOUND"],
    async handle({ params, queries, now }) {
      const user = await findUser(queries, params.id);
      return user === undefined ? noSuchUser() : { status: 200, body: userOf(user, now) };
    },
  });
}

function updateRoute(): Route {
  return defineRoute({
    method: "PATCH",
    path: "/users/{id}",
    operation: "updateUser",
    tag: TAG,
    summary: "Change a user's name, role or status",
    description:
      "Counts at once. Who is disabled loses all sessions and API tokens; who is no administrator any more, the invitations that were still open. The last active administrator stays one.",
    access: "team:write",
    params: idParams("usr"),
    body: Change,
    answers: { 200: { description: "The user as it is then.", schema: User } },
    errors: ["NOT_FOUND", "VERSION_CONFLICT", "CONFLICT"],
    changes: true,
    async handle(call) {
      const { params, body, queries, now, caller } = call;
      const before = await findUser(queries, params.id);
      if (before === undefined) return noSuchUser();
      if (body.version !== undefined && body.version !== before.version) return fault("VERSION_CONFLICT");
      const { name = before.name, role = before.role, status = before.status } = body;
      // Who comes back gets the role again.
      const isGiven = role !== before.role || (status === "active" && before.status !== "active");
      if (isGiven && !mayGrantNamed(caller.permissions, role)) return fault("FORBIDDEN", TOO_MUCH);
      const changes = changed(pick(before), { name, role, status });
      if (Object.keys(changes).length === 0) return { status: 200, body: userOf(before, now) };
      const user = await updateUser(queries, { id: before.id, now }, { name, role, status });
      if (user === undefined) return noSuchUser();
      if (before.status === "active" && status === "disabled") await endAccess(call, user);
      if (!mayInvite(user)) await closeInvitations(call, user);
      call.audit({ action: "user.updated", resourceType: "user", resourceId: user.id, changes });
      return (await lastAdministratorFault(queries)) ?? { status: 200, body: userOf(user, now) };
    },
  });
}

function deleteRoute(): Route {
  return defineRoute({
    method: "DELETE",
    path: "/users/{id}",
    operation: "deleteUser",
    tag: TAG,
    summary: "Remove a user, with all sessions and API tokens",
    description: "What they did stays in the audit log. The last active administrator cannot be removed.",
    access: "team:write",
    params: idParams("usr"),
    answers: { 204: { description: "The user is gone.", schema: null } },
    errors: ["NOT_FOUND", "CONFLICT"],
    changes: true,
    async handle(call) {
      const { params, queries } = call;
      const user = await findUser(queries, params.id);
      if (user === undefined) return noSuchUser();
      await closeInvitations(call, user);
      await deleteUser(queries, user.id);
      const { email, ...fields } = { email: user.email, ...pick(user) };
      const gone = changed({ email, ...fields }, { email: null, name: null, role: null, status: null });
      call.audit({ action: "user.deleted", resourceType: "user", resourceId: user.id, changes: gone });
      return (await lastAdministratorFault(queries)) ?? { status: 204 };
    },
  });
}

type ChangeCall = Pick<Call<unknown, unknown, unknown>, "queries" | "now" | "audit">;

function pick({ name, role, status }: UserRow): { name: string; role: string; status: string } {
  return { name, role, status };
}

async function endAccess({ queries, now }: ChangeCall, { id }: UserRow): Promise<void> {
  await revokeSessions(queries, { userId: id, now });
  await revokeApiTokensOf(queries, { userId: id, now });
}

function mayInvite({ role: name, status }: UserRow): boolean {
  const role = roleNamed(name);
  return status === "active" && role !== null && permissionsOf(role).has("team:write");
}

/** Else somebody who was let go could come back by one that was made before. */
async function closeInvitations({ queries, now, audit }: ChangeCall, { id }: UserRow): Promise<void> {
  for (const invitation of await revokeInvitationsOf(queries, { invitedBy: id, now })) {
    const changes = changed({ status: "open" }, { status: "revoked" });
    audit({ action: "invitation.revoked", resourceType: "invitation", resourceId: invitation, changes });
  }
}

/** Looked at after the change, which a fault undoes; no other transaction runs meanwhile. */
async function lastAdministratorFault(queries: Queries): Promise<Fault | null> {
  if ((await countActiveUsers(queries, ADMINISTRATOR)) > 0) return null;
  return fault("CONFLICT", "Nobody would be left to administer the organisation. Make somebody else org_admin first.");
}

function noSuchUser(): Fault {
  return fault("NOT_FOUND", "There is no such user.");
}
