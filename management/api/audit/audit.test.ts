import assert from "node:assert/strict";
import { test } from "node:test";
import type { Database } from "@datafly-signal/ports/store";
import { eachDatabase } from "@datafly-signal/ports/store/testing";
import { type ApiRig, openApiRig } from "../http/api-rig.ts";
import { type AuditAuthor, insertAudit, removeOldAudits, serverAuthor } from "./audit.ts";
import { auditRoutes } from "./audit-routes.ts";

const DAY = 24 * 3_600_000;
const JANE = {
  userId: "usr_1",
  email: "jane@example.com",
  tokenId: "tok_1",
  ipAddress: "192.0.2.1",
  userAgent: "curl",
};

interface Shown {
  data: Record<string, unknown>[];
  next_cursor: string | null;
  has_more: boolean;
}

async function filled(database: Database): Promise<ApiRig> {
  const rig = await openApiRig({ database, routes: auditRoutes() });
  let ids = 0;
  const newId = (prefix: string): string => `${prefix}${String((ids += 1)).padStart(3, "0")}`;
  const entry = { action: "pipeline.created", resourceType: "pipeline", resourceId: "pip_1", changes: {} };
  const change = { rate: { old: 5, new: 10 }, token: { old: { set: true }, new: { set: true } } };
  const at = (days: number, author: AuditAuthor) => ({ author, now: rig.now() - days * DAY, newId });
  await insertAudit(database.queries, [entry], at(91, serverAuthor()));
  await insertAudit(
    database.queries,
    Array.from({ length: 4 }, () => ({ ...entry, resourceId: "pip_2" })),
    at(2, serverAuthor()),
  );
  await insertAudit(database.queries, [{ ...entry, action: "pipeline.updated", changes: change }], at(0, JANE));
  return rig;
}

eachDatabase("audit log in the API", (open) => {
  test("shows who changed what, with old and new values", async () => {
    const rig = await filled(await open());
    const { body } = await rig.call<Shown>("GET", "/audit-logs", { query: { action: "pipeline.updated" } });
    assert.deepEqual(body, {
      data: [
        {
          id: "log_006",
          action: "pipeline.updated",
          user_id: "usr_1",
          user_email: "jane@example.com",
          resource_type: "pipeline",
          resource_id: "pip_1",
          changes: { rate: { old: 5, new: 10 }, token: { old: { set: true }, new: { set: true } } },
          ip_address: "192.0.2.1",
          user_agent: "curl",
          timestamp: "2026-11-21T09:00:00.000Z",
        },
      ],
      next_cursor: null,
      has_more: false,
    });
    await rig.close();
  });

  test("is walked in pages, also through one moment, and filtered", async () => {
    const rig = await filled(await open());
    const seen: unknown[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: Record<string, string> = { limit: "2", ...(cursor !== "" && { cursor }) };
      const { body }: { body: Shown } = await rig.call<Shown>("GET", "/audit-logs", { query });
      seen.push(...body.data.map(({ id }) => id));
      cursor = body.next_cursor;
    }
    assert.deepEqual(seen, ["log_006", "log_005", "log_004", "log_003", "log_002", "log_001"]);
    const table: [Record<string, string>, number][] = [
      [{ user_id: "usr_1" }, 1],
      [{ resource_id: "pip_2" }, 4],
      [{ resource_type: "pipeline", resource_id: "pip_1" }, 2],
      [{ since: "2026-11-19T09:00:00Z" }, 5],
      [{ until: "2026-11-19T10:00:00+01:00" }, 1],
      [{ search: "JANE@" }, 1],
      [{ search: "nothing of the kind" }, 0],
    ];
    for (const [query, count] of table) {
      const { body } = await rig.call<Shown>("GET", "/audit-logs", { query });
      assert.equal(body.data.length, count, JSON.stringify(query));
    }
    for (const query of [
      { cursor: "abc" },
      { since: "yesterday" },
      { since: "2026-02-30T00:00:00Z" },
      { action: "" },
      { limit: 0 },
    ]) {
      assert.equal((await rig.call("GET", "/audit-logs", { query })).status, 422, JSON.stringify(query));
    }
    await rig.close();
  });

  test("is read by three roles, kept for 90 days, and changed by nobody", async () => {
    const database = await open();
    const rig = await filled(database);
    const statuses = await Promise.all(
      (["org_admin", "source_admin", "data_governance_admin", "source_editor", "source_viewer", null] as const).map(
        async (role) => (await rig.call("GET", "/audit-logs", { role })).status,
      ),
    );
    assert.deepEqual(statuses, [200, 200, 200, 403, 403, 401]);
    for (const method of ["POST", "PUT", "PATCH", "DELETE"] as const) {
      assert.equal((await rig.call(method, "/audit-logs")).status, 405);
    }
    assert.equal(await removeOldAudits(database.queries, rig.now()), 1);
    assert.equal((await rig.audits()).length, 5);
    await rig.close();
  });
});
