/** The audit log as the API shows it. */
import type { JsonObject } from "@datafly-signal/core";
import { type AuditLogRow, listAuditLogs } from "@datafly-signal/ports/store";
import Type, { type Static } from "typebox";
import { limitOf, mapPage, page, pageOf, pagingQuery, readCursor } from "../http/paging.ts";
import { defineRoute, isFault, type Route } from "../http/route.ts";

const auditLogSchema = Type.Object(
  {
    id: Type.String({ description: "`log_…`" }),
    action: Type.String({ description: "As in `pipeline.created`." }),
    user_id: Type.Union([Type.String(), Type.Null()], {
      description: "Null for the configuration file, the server itself, and whoever was not signed in.",
    }),
    user_email: Type.String({
      description: "As it was then; `signal.yaml`, `command line` and `server` for what nobody signed in did.",
    }),
    resource_type: Type.String(),
    resource_id: Type.String(),
    changes: Type.Record(
      Type.String(),
      Type.Object({ old: Type.Unknown(), new: Type.Unknown() }, { additionalProperties: false }),
      { description: "By field. A secret is shown as `{set: true}`, never with its value." },
    ),
    ip_address: Type.Union([Type.String(), Type.Null()]),
    user_agent: Type.Union([Type.String(), Type.Null()]),
    timestamp: Type.String({ format: "date-time" }),
  },
  { additionalProperties: false },
);

const word = (description: string) => Type.Optional(Type.String({ minLength: 1, maxLength: 128, description }));
const time = (description: string) => Type.Optional(Type.String({ format: "date-time", maxLength: 40, description }));
const cursorShape = Type.Object({ timestamp: Type.Integer(), id: Type.String() }, { additionalProperties: false });

const listQuery = Type.Object(
  {
    ...pagingQuery,
    action: word("Exactly, as in `pipeline.created`."),
    user_id: word("Who did it."),
    resource_type: word("As in `pipeline`."),
    resource_id: word("What it was done to."),
    since: time("From then on."),
    until: time("Before then."),
    search: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: "A part of action, user, resource or changes." }),
    ),
  },
  { additionalProperties: false },
);

export function auditRoutes(): Route[] {
  return [
    defineRoute({
      method: "GET",
      path: "/audit-logs",
      operation: "listAuditLogs",
      tag: "Audit log",
      summary: "List what was changed, by whom and when, newest first",
      description: "Records are kept for 90 days. They are written with the change itself and never altered.",
      access: "audit_logs:read",
      query: listQuery,
      answers: { 200: { description: "A page of records.", schema: pageOf(auditLogSchema) } },
      errors: [],
      async handle({ query, queries }) {
        const after = readCursor(query, cursorShape);
        if (isFault(after)) return after;
        const limit = limitOf(query);
        const rows = await listAuditLogs(queries, {
          action: query.action,
          userId: query.user_id,
          resourceType: query.resource_type,
          resourceId: query.resource_id,
          since: milliseconds(query.since),
          until: milliseconds(query.until),
          search: query.search,
          after: after ?? undefined,
          limit: limit + 1,
        });
        const found = page(rows, limit, ({ timestamp, id }) => ({ timestamp, id }));
        return { status: 200, body: mapPage(found, shown) };
      },
    }),
  ];
}

function milliseconds(time: string | undefined): number | undefined {
  return time === undefined ? undefined : Date.parse(time);
}

function shown(row: AuditLogRow): Static<typeof auditLogSchema> {
  return {
    id: row.id,
    action: row.action,
    user_id: row.user_id,
    user_email: row.user_email,
    resource_type: row.resource_type,
    resource_id: row.resource_id,
    changes: JSON.parse(row.changes) as Record<string, { old: JsonObject; new: JsonObject }>,
    ip_address: row.ip_address,
    user_agent: row.user_agent,
    timestamp: new Date(row.timestamp).toISOString(),
  };
}
