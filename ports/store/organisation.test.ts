import assert from "node:assert/strict";
import { test } from "node:test";
import { findDataLayer, findOrganisation, renameOrganisation } from "./organisation.ts";
import { eachDatabase } from "./testing/each-database.ts";

eachDatabase("the organisation", (open) => {
  test("it is found and renamed, and has a data layer once there is one", async () => {
    const { queries } = await open();
    assert.equal(await findOrganisation(queries), undefined);
    const row = {
      id: "org_1",
      name: "Shop",
      settings: null,
      managed_by: null,
      version: 1,
      created_at: 1,
      updated_at: 1,
    };
    await queries.insertInto("organisations").values(row).execute();
    await renameOrganisation(queries, { id: "org_1", name: "Läden 🛒", version: 2, now: 5 });
    assert.deepEqual(await findOrganisation(queries), { ...row, name: "Läden 🛒", version: 2, updated_at: 5 });
    assert.equal(await findDataLayer(queries, "org_1"), undefined);
    const layer = {
      organisation_id: "org_1",
      config: "{}",
      secrets: "{}",
      managed_by: null,
      version: 1,
      updated_at: 1,
      updated_by: null,
    };
    await queries.insertInto("data_layers").values(layer).execute();
    assert.deepEqual(await findDataLayer(queries, "org_1"), layer);
  });
});
