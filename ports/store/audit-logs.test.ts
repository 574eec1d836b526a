import assert from "node:assert/strict";
import { test } from "node:test";
import { type AuditLogFilter, deleteAuditLogs, insertAuditLogs, listAuditLogs } from "./audit-logs.ts";
import type { Queries } from "./queries.ts";
import { eachDatabase } from "./testing.ts";

const row = (id: string, more: object = {}) => ({
  id,
  action: "pipeline.created",
  user_id: "usr_1",
  user_email: "jane@example.com",
  token_id: null,
  resource_type: "pipeline",
  resource_id: "pip_1",
  changes: '{"name":{"old":null,"new":"Shop"}}',
  ip_address: null,
  user_agent: null,
  timestamp: 1_000,
  ...more,
});

const ROWS = [
  row("log_a"),
  row("log_b", { action: "pipeline.updated", user_id: "usr_2", user_email: "Änne@example.com" }),
  row("log_c", {
    resource_type: "integration",
    resource_id: "tmpl_1",
    timestamp: 2_000,
    changes: '{"a":{"old":"50%","new":"5_0"}}',
  }),
  row("log_d", {
    action: "auth.login_failed",
    user_id: null,
    user_email: "",
    resource_id: "",
    timestamp: 3_000,
    changes: "{}",
  }),
];

async function ids(queries: Queries, filter: Partial<AuditLogFilter>): Promise<string> {
  return (await listAuditLogs(queries, { limit: 100, ...filter })).map(({ id }) => id.slice(4)).join("");
}

eachDatabase("audit log", (open) => {
  test("is read newest first, by any of its sides", async () => {
    const { queries } = await open();
    await insertAuditLogs(queries, []);
    await insertAuditLogs(queries, ROWS);
    const table: [Partial<AuditLogFilter>, string][] = [
      [{}, "dcba"],
      [{ limit: 2 }, "dc"],
      [{ after: { timestamp: 2_000, id: "log_c" } }, "ba"],
      [{ after: { timestamp: 1_000, id: "log_b" } }, "a"],
      [{ after: { timestamp: 1_000, id: "log_a" } }, ""],
      [{ action: "pipeline.created" }, "ca"],
      [{ userId: "usr_2" }, "b"],
      [{ resourceType: "pipeline", userId: "usr_1" }, "a"],
      [{ resourceId: "tmpl_1" }, "c"],
      [{ since: 2_000 }, "dc"],
      [{ until: 2_000 }, "ba"],
      [{ since: 1_000, until: 1_000 }, ""],
      [{ search: "LOGIN" }, "d"],
      [{ search: "shop" }, "ba"],
      [{ search: "Änne" }, "b"],
      [{ search: "50%" }, "c"],
      [{ search: "5_0" }, "c"],
      [{ search: "%" }, "c"],
      [{ search: "' or 1=1 --" }, ""],
      [{ search: "\\" }, ""],
    ];
    for (const [filter, found] of table) assert.equal(await ids(queries, filter), found, JSON.stringify(filter));
  });

  test("forgets what is older, and tells how much that was", async () => {
    const { queries } = await open();
    await insertAuditLogs(queries, ROWS);
    assert.equal(await deleteAuditLogs(queries, 1_000), 0);
    assert.equal(await deleteAuditLogs(queries, 2_001), 3);
    assert.equal(await ids(queries, {}), "d");
  });

  test("goes with the transaction that it is written in", async () => {
    const { queries, transaction } = await open();
    const failed = transaction(async (inside) => {
      await insertAuditLogs(inside, ROWS);
      assert.equal(await ids(inside, {}), "dcba");
      throw new RangeError("no");
    });
    await assert.rejects(failed, RangeError);
    assert.equal(await ids(queries, {}), "");
  });
});
