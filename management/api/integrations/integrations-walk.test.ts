import assert from "node:assert/strict";
import { test } from "node:test";
import { eachDatabase } from "@datafly-signal/ports/store/testing";
import { install, type Made, makePipeline, openIntegrationRig } from "./integration-rig-fixture.ts";

eachDatabase("from the catalogue to a pipeline", (open) => {
  test("an integration is installed, assigned, revised, rolled back, compared and deleted", async () => {
    const rig = await openIntegrationRig(await open());
    const { template } = await install(rig, { name: "Größe 名前 '; --", description: "%" });
    const pipeline = await makePipeline(rig);
    const at = `/integration-templates/${template.id}`;
    const lane = await rig.call("POST", `/pipelines/${pipeline}/integrations`, {
      body: { integration_id: template.id },
    });
    assert.equal(lane.status, 201);
    const changes = [{ method: "PUT" }, { auth_token: "other" }];
    for (const config of changes) {
      assert.equal((await rig.call("POST", `${at}/revisions`, { body: { config } })).status, 201);
    }
    const pinned = await rig.call("PATCH", `/pipelines/${pipeline}/integrations/${String(lane.body["id"])}`, {
      body: { revision: 3 },
    });
    assert.deepEqual([pinned.body["revision_number"], pinned.body["latest_revision"]], [3, 3]);
    const diff = await rig.call<{ changes: { path: string }[] }>("GET", `${at}/revisions/1/diff/3`);
    assert.deepEqual(
      diff.body.changes.map(({ path }) => path),
      ["config.auth_token", "config.method"],
    );
    const found = await rig.call<{ data: Made["template"][] }>("GET", "/integration-templates", {
      query: { search: "größe", enabled_on: pipeline },
    });
    assert.deepEqual(
      found.body.data.map(({ id, latest_revision }) => [id, latest_revision]),
      [[template.id, 3]],
    );
    const renames = await Promise.all([
      rig.call("PATCH", at, { body: { name: "A", version: 3 } }),
      rig.call("PATCH", at, { body: { name: "B", version: 3 } }),
    ]);
    assert.deepEqual(renames.map(({ status }) => status).toSorted(), [200, 409]);
    assert.equal((await rig.call("DELETE", at, { query: { force: true } })).status, 204);
    assert.equal((await rig.call("GET", at)).status, 404);
    await rig.close();
  });
});
