import assert from "node:assert/strict";
import { test } from "node:test";
import { addPipeline } from "./pipeline-fixture.ts";
import { findPipeline, listPipelines, type PipelineFilter } from "./pipelines.ts";
import type { Database, Queries } from "./queries.ts";
import { eachDatabase } from "./testing/each-database.ts";

async function addOrganisation(queries: Queries): Promise<void> {
  await queries
    .insertInto("organisations")
    .values({
      id: "org_1",
      name: "Shop",
      settings: null,
      managed_by: null,
      version: 1,
      created_at: 1,
      updated_at: 1,
    })
    .execute();
}

async function idsOf(queries: Queries, filter: Partial<PipelineFilter>): Promise<string[]> {
  const rows = await listPipelines(queries, { sort: "name", limit: 100, ...filter });
  return rows.map(({ id }) => id);
}

eachDatabase("pipelines", (open) => {
  async function filled(): Promise<Database> {
    const database = await open();
    const { queries } = database;
    await addOrganisation(queries);
    await addPipeline(queries, { id: "pip_1", name: "beta", labels: '["env:prod","eu"]', created_at: 30 });
    await addPipeline(queries, {
      id: "pip_2",
      name: "Alpha",
      type: "server",
      labels: '["env:staging"]',
      created_at: 10,
    });
    await addPipeline(queries, { id: "pip_3", name: "Éclair 100%_\\", enabled: 0, created_at: 10 });
    await addPipeline(queries, {
      id: "pip_4",
      name: "alpha",
      type: "app",
      labels: '["a\\",\\"env:prod"]',
      created_at: 20,
    });
    return database;
  }

  test("lists them in each order, whatever the case of names", async () => {
    const { queries } = await filled();
    assert.deepEqual(await idsOf(queries, {}), ["pip_2", "pip_4", "pip_1", "pip_3"]);
    assert.deepEqual(await idsOf(queries, { sort: "-name" }), ["pip_3", "pip_1", "pip_4", "pip_2"]);
    assert.deepEqual(await idsOf(queries, { sort: "created_at" }), ["pip_2", "pip_3", "pip_4", "pip_1"]);
    assert.deepEqual(await idsOf(queries, { sort: "-created_at" }), ["pip_1", "pip_4", "pip_3", "pip_2"]);
  });

  test("pages of one go through every order without a gap or a repetition", async () => {
    const { queries } = await filled();
    for (const sort of ["name", "-name", "created_at", "-created_at"] as const) {
      const whole = await idsOf(queries, { sort });
      const paged: string[] = [];
      let after: PipelineFilter["after"];
      for (;;) {
        const [row] = await listPipelines(queries, { sort, limit: 1, after });
        if (row === undefined) break;
        paged.push(row.id);
        after = { value: sort.endsWith("name") ? row.sort_name : row.created_at, id: row.id };
      }
      assert.deepEqual(paged, whole, sort);
    }
  });

  const filters: [Partial<PipelineFilter>, string[]][] = [
    [{ search: "ALPHA" }, ["pip_2", "pip_4"]],
    [{ search: "éclair" }, []],
    [{ search: "Éclair" }, ["pip_3"]],
    [{ search: "100%_\\" }, ["pip_3"]],
    [{ search: "%" }, ["pip_3"]],
    [{ search: "_" }, ["pip_2", "pip_4", "pip_1", "pip_3"]],
    [{ search: "PIP_3" }, ["pip_3"]],
    [{ search: "pip-1" }, ["pip_1"]],
    [{ search: "' or 1=1 --" }, []],
    [{ type: "server" }, ["pip_2"]],
    [{ enabled: false }, ["pip_3"]],
    [{ enabled: true }, ["pip_2", "pip_4", "pip_1"]],
    [{ label: "env:prod" }, ["pip_1"]],
    [{ label: "eu" }, ["pip_1"]],
    [{ label: "EU" }, []],
    [{ label: "env" }, []],
    [{ label: 'a","env:prod' }, ["pip_4"]],
    [{ label: "'); drop table pipelines; --" }, []],
    [{ type: "web", enabled: true, label: "eu", search: "bet" }, ["pip_1"]],
  ];

  test("each filter finds what it names and nothing else", async () => {
    const { queries } = await filled();
    for (const [filter, ids] of filters) assert.deepEqual(await idsOf(queries, filter), ids, JSON.stringify(filter));
  });

  test("a row has the organisation and the number of integrations", async () => {
    const { queries } = await filled();
    await queries
      .insertInto("integration_templates")
      .values({
        id: "tmpl_1",
        name: "Orders",
        vendor: "webhook",
        vendor_name: "Custom Webhook",
        description: "",
        variant: "default",
        custom: 0,
        latest_revision: 1,
        managed_by: null,
        version: 1,
        created_at: 1,
        updated_at: 1,
        deleted_at: null,
      })
      .execute();
    await queries
      .insertInto("pipeline_integrations")
      .values({
        id: "pi_1",
        pipeline_id: "pip_1",
        integration_id: "tmpl_1",
        revision_number: null,
        enabled: 0,
        managed_by: null,
        version: 1,
        created_at: 1,
        updated_at: 1,
      })
      .execute();
    const row = await findPipeline(queries, "pip_1");
    assert.deepEqual([row?.org_id, row?.integrations_count, row?.sort_name], ["org_1", 1, "beta"]);
    assert.equal((await findPipeline(queries, "pip_2"))?.integrations_count, 0);
    assert.equal(await findPipeline(queries, "pip_9"), undefined);
  });
});
