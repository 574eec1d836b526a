/** For tests of the foundation: a small resource with everything a route can have. */
import { type Database, insertAuditLogs } from "@datafly-signal/ports/store";
import Type from "typebox";
import { defineRoute, fault, type Route } from "./route.ts";

const closed = { additionalProperties: false };
const id = Type.String({ pattern: "^pip_[0-9a-v]{26}$", maxLength: 30 });
const thing = Type.Object(
  {
    id,
    name: Type.String(),
    key: Type.String(),
    note: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  },
  closed,
);
const thingBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 20 }),
    rate: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
    kind: Type.Optional(Type.Union([Type.Literal("web"), Type.Literal("app"), Type.Literal("server")])),
    note: Type.Optional(Type.Union([Type.String({ maxLength: 10 }), Type.Null()])),
    labels: Type.Optional(Type.Array(Type.String({ maxLength: 10 }), { maxItems: 3 })),
    config: Type.Optional(
      Type.Object(
        { url: Type.Optional(Type.String({ format: "uri", maxLength: 200 })), any: Type.Optional(Type.Unknown()) },
        closed,
      ),
    ),
    ending: Type.Optional(Type.Enum(["fault", "throw", "twice", "touch", "leak", "undeclared"])),
  },
  closed,
);
const common = { tag: "Things", summary: "For tests." };

/** `seen` gets each call's input. */
export function thingRoutes(database: Database, seen: unknown[] = []): Route[] {
  const list = defineRoute({
    ...common,
    method: "GET",
    path: "/things",
    operation: "listThings",
    access: "pipelines:read",
    query: Type.Object(
      {
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
        enabled: Type.Optional(Type.Boolean()),
        tags: Type.Optional(Type.Array(Type.String({ maxLength: 10 }), { maxItems: 3 })),
        revision: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 99 }), Type.Literal("latest")])),
        search: Type.Optional(Type.String({ maxLength: 20 })),
      },
      closed,
    ),
    answers: { 200: { description: "All.", schema: Type.Object({ query: Type.Unknown() }, closed) } },
    errors: [],
    handle: ({ query }) => ({ status: 200, body: { query } }),
  });
  const create = defineRoute({
    ...common,
    method: "POST",
    path: "/things",
    operation: "createThing",
    access: "pipelines:create",
    body: thingBody,
    answers: { 201: { description: "Made.", schema: thing } },
    errors: ["IN_USE", "CONFLICT"],
    changes: true,
    async handle({ body, caller, queries, now, newId, audit, touchConfiguration }) {
      seen.push(body);
      const made = { id: newId("pip_"), name: body.name, key: `dk_${seen.length}` };
      const changes = { name: { old: null, new: body.name } };
      audit({ action: "thing.created", resourceType: "thing", resourceId: made.id, changes });
      // What a handler writes itself, to see it go when the call fails.
      const row = {
        id: newId("log_"),
        action: "thing.written",
        user_id: null,
        user_email: caller.email,
        token_id: null,
      };
      const rest = { resource_type: "thing", resource_id: made.id, changes: "{}", ip_address: null, user_agent: null };
      await insertAuditLogs(queries, [{ ...row, ...rest, timestamp: now }]);
      if (body.ending === "touch") touchConfiguration();
      if (body.ending === "fault") return fault("IN_USE", "The other one uses it.");
      if (body.ending === "undeclared") return fault("ACCOUNT_LOCKED");
      if (body.ending === "throw") throw new TypeError(`cannot work with ${body.name}`);
      if (body.ending === "twice") await insertAuditLogs(queries, [{ ...row, ...rest, timestamp: now }]);
      return { status: 201, body: { ...made, ...(body.ending === "leak" && { password_hash: "x" }) } };
    },
  });
  const remove = defineRoute({
    ...common,
    method: "DELETE",
    path: "/things/{id}",
    operation: "deleteThing",
    access: "pipelines:create",
    params: Type.Object({ id }, closed),
    answers: { 204: { description: "Gone.", schema: null } },
    errors: [],
    changes: true,
    handle: ({ params, audit }) => {
      audit({ action: "thing.deleted", resourceType: "thing", resourceId: params.id, changes: {} });
      return { status: 204 };
    },
  });
  const mine = defineRoute({
    ...common,
    method: "GET",
    path: "/things/mine",
    operation: "getMyThing",
    access: "signed_in",
    answers: { 200: { description: "Who.", schema: Type.Object({ email: Type.String() }, closed) } },
    errors: [],
    handle: ({ caller }) => ({ status: 200, body: { email: caller.email } }),
  });
  const rotate = defineRoute({
    ...common,
    method: "POST",
    path: "/things/{id}/rotate",
    operation: "rotateThing",
    access: "pipelines:create",
    params: Type.Object({ id }, closed),
    body: Type.Optional(Type.Object({ hours: Type.Optional(Type.Integer({ minimum: 0, maximum: 99 })) }, closed)),
    answers: { 200: { description: "Done.", schema: Type.Object({ hours: Type.Integer() }, closed) } },
    errors: [],
    changes: true,
    handle: ({ body }) => ({ status: 200, body: { hours: body.hours ?? 24 } }),
  });
  const login = defineRoute({
    ...common,
    method: "POST",
    path: "/login",
    operation: "login",
    access: "public",
    body: Type.Object({ password: Type.String({ maxLength: 100 }) }, closed),
    bodyLimit: 1_000,
    answers: { 200: { description: "Text.", schema: Type.String() } },
    errors: ["INVALID_CREDENTIALS"],
    handle({ body, audit, touchConfiguration }) {
      audit({ action: "auth.login_failed", resourceType: "user", resourceId: "", changes: {} });
      if (body.password === "touch") touchConfiguration();
      if (body.password !== "right") return fault("INVALID_CREDENTIALS");
      return { status: 200, body: "plain: 1\n", headers: { "content-type": "application/yaml" } };
    },
  });
  const reach = defineRoute({
    ...common,
    method: "GET",
    path: "/reach",
    operation: "reach",
    access: "public",
    answers: { 200: { description: "Reached.", schema: Type.Object({}, closed) } },
    errors: [],
    async handle() {
      await database.queries.selectFrom("users").select("id").execute();
      return { status: 200, body: {} };
    },
  });
  return [list, create, remove, mine, rotate, login, reach];
}
