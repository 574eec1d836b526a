import assert from "node:assert/strict";
import { test } from "node:test";
import {
  countInstalled,
  findIntegrationTemplate,
  listIntegrationTemplates,
  listTemplateUses,
} from "./integration-templates.ts";
import type { IntegrationTemplateFilter } from "./integration-templates.ts";
import { findPipelineIntegration, listPipelineIntegrations } from "./pipeline-integrations.ts";
import { addPipeline } from "./pipeline-fixture.ts";
import type { Queries } from "./queries.ts";
import { findRevision, listRevisions } from "./revisions.ts";
import type { IntegrationTemplateTable, PipelineIntegrationTable } from "./tables.ts";
import { eachDatabase } from "./testing/each-database.ts";
import { revisionRow, templateRow } from "./testing/sample-rows.ts";

async function addTemplate(queries: Queries, changes: Partial<IntegrationTemplateTable> & { id: string }) {
  const row = templateRow({ name: changes.id, ...changes });
  await queries.insertInto("integration_templates").values(row).execute();
  for (let number = 1; number <= row.latest_revision; number += 1) {
    const revision = revisionRow({ id: `rev_${row.id}_${number}`, integration_id: row.id, revision_number: number });
    await queries.insertInto("revisions").values(revision).execute();
  }
}

async function assign(queries: Queries, changes: Partial<PipelineIntegrationTable> & { id: string }) {
  const row: PipelineIntegrationTable = {
    pipeline_id: "pip_1",
    integration_id: "tmpl_1",
    revision_number: null,
    enabled: 1,
    managed_by: null,
    version: 1,
    created_at: 10,
    updated_at: 10,
    ...changes,
  };
  await queries.insertInto("pipeline_integrations").values(row).execute();
}

async function idsOf(queries: Queries, filter: Partial<IntegrationTemplateFilter>): Promise<string[]> {
  return (await listIntegrationTemplates(queries, { limit: 100, ...filter })).map(({ id }) => id);
}

eachDatabase("integrations", (open) => {
  async function filled(): Promise<Queries> {
    const { queries } = await open();
    const kept = { settings: null, managed_by: null, version: 1, created_at: 1, updated_at: 1 };
    await queries
      .insertInto("organisations")
      .values({ id: "org_1", name: "Shop", ...kept })
      .execute();
    await addPipeline(queries, { id: "pip_1", name: "Website" });
    await addPipeline(queries, { id: "pip_2", name: "Blog" });
    await addTemplate(queries, { id: "tmpl_1", name: "beta", latest_revision: 3, description: "100%_\\ of orders" });
    await addTemplate(queries, { id: "tmpl_2", name: "Alpha", vendor: "axon", vendor_name: "Axon" });
    await addTemplate(queries, { id: "tmpl_3", name: "alpha", custom: 1, vendor_name: "Éclair API" });
    await addTemplate(queries, { id: "tmpl_4", name: "gone", deleted_at: 5 });
    await assign(queries, { id: "pi_1" });
    await assign(queries, { id: "pi_2", pipeline_id: "pip_2", revision_number: 2, enabled: 0 });
    await assign(queries, { id: "pi_3", integration_id: "tmpl_2", revision_number: 1, created_at: 5 });
    return queries;
  }

  test("templates are listed by name in any case, without deleted ones", async () => {
    const queries = await filled();
    assert.deepEqual(await idsOf(queries, {}), ["tmpl_2", "tmpl_3", "tmpl_1"]);
    const [first] = await listIntegrationTemplates(queries, { limit: 1 });
    assert.equal(first?.org_id, "org_1");
    assert.equal(await findIntegrationTemplate(queries, "tmpl_4"), undefined);
    assert.equal(await findIntegrationTemplate(queries, "pip_1"), undefined);
  });

  test("pages of one meet all of them, also where names differ in case only", async () => {
    const queries = await filled();
    const seen: string[] = [];
    let after: IntegrationTemplateFilter["after"];
    for (;;) {
      const [row] = await listIntegrationTemplates(queries, { after, limit: 1 });
      if (row === undefined) break;
      seen.push(row.id);
      after = { sortName: row.sort_name, id: row.id };
    }
    assert.deepEqual(seen, ["tmpl_2", "tmpl_3", "tmpl_1"]);
  });

  const searches: [string, Partial<IntegrationTemplateFilter>, string[]][] = [
    ["a part of the name in another case", { search: "ALPH" }, ["tmpl_2", "tmpl_3"]],
    ["letters beyond Latin", { search: "Éclair" }, ["tmpl_3"]],
    ["signs that LIKE knows", { search: "100%_\\" }, ["tmpl_1"]],
    ["a lone sign that LIKE knows", { search: "%" }, ["tmpl_1"]],
    ["a quote", { search: "' or '1'='1" }, []],
    ["a vendor", { vendors: ["axon"] }, ["tmpl_2"]],
    ["no vendor at all", { vendors: [] }, []],
    ["enabled on a pipeline", { enabledOn: "pip_1" }, ["tmpl_2", "tmpl_1"]],
    ["not one that is disabled there", { enabledOn: "pip_2" }, []],
    ["all filters at once", { enabledOn: "pip_1", vendors: ["webhook"], search: "bet" }, ["tmpl_1"]],
  ];
  test("templates are found by text, vendor and the pipeline that they are enabled on", async () => {
    const queries = await filled();
    for (const [what, filter, ids] of searches) assert.deepEqual(await idsOf(queries, filter), ids, what);
  });

  test("installs are counted by vendor, without custom and deleted ones", async () => {
    const installed = await countInstalled(await filled());
    assert.deepEqual([...installed].toSorted(), [
      ["axon", 1],
      ["webhook", 1],
    ]);
  });

  test("uses are those of the integrations asked for, by the pipelines' names", async () => {
    const queries = await filled();
    const uses = await listTemplateUses(queries, ["tmpl_1", "tmpl_3"]);
    assert.deepEqual(
      uses.map(({ id, pipeline_name, revision_number, enabled }) => [id, pipeline_name, revision_number, enabled]),
      [
        ["pi_2", "Blog", 2, 0],
        ["pi_1", "Website", null, 1],
      ],
    );
    assert.deepEqual(await listTemplateUses(queries, []), []);
  });

  test("revisions are listed newest first, and found by their numbers", async () => {
    const queries = await filled();
    const numbers = async (below?: number) =>
      (await listRevisions(queries, { integrationId: "tmpl_1", below, limit: 2 })).map((row) => row.revision_number);
    assert.deepEqual(await numbers(), [3, 2]);
    assert.deepEqual(await numbers(2), [1]);
    assert.equal((await findRevision(queries, "tmpl_1", 2))?.id, "rev_tmpl_1_2");
    assert.equal(await findRevision(queries, "tmpl_1", 4), undefined);
    assert.equal(await findRevision(queries, "tmpl_9", 1), undefined);
  });

  test("a pipeline's integrations stand in the order of their assignment, each at its revision", async () => {
    const queries = await filled();
    const rows = await listPipelineIntegrations(queries, { pipelineId: "pip_1", limit: 10 });
    assert.deepEqual(
      rows.map((row) => [row.id, row.integration_name, row.revision_id, row.current_revision, row.latest_revision]),
      [
        ["pi_3", "Alpha", "rev_tmpl_2_1", 1, 1],
        ["pi_1", "beta", "rev_tmpl_1_3", 3, 3],
      ],
    );
    const after = { createdAt: 5, id: "pi_3" };
    const rest = await listPipelineIntegrations(queries, { pipelineId: "pip_1", after, limit: 10 });
    assert.deepEqual(
      rest.map(({ id }) => id),
      ["pi_1"],
    );
    assert.equal((await findPipelineIntegration(queries, "pip_2", "pi_2"))?.current_revision, 2);
    assert.equal(await findPipelineIntegration(queries, "pip_1", "pi_2"), undefined);
  });
});
