import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigSnapshot, IntegrationConfig } from "@datafly-signal/core";
import { withStranded } from "./stranded.ts";

const integration: IntegrationConfig = {
  id: "tmpl_1",
  name: "orders",
  vendor: "webhook",
  vendorName: "Webhook",
  variant: "default",
  deliveryMode: "server_side",
  latestRevision: 1,
  revisions: {},
  consentByRevision: {},
};
const snapshot: ConfigSnapshot = {
  number: 4,
  environment: "development",
  organisationId: "org_1",
  pipelines: [],
  integrations: [integration],
  lanes: [{ id: "pi_1", pipelineId: "pip_1", integrationId: "tmpl_1", revision: 1, enabled: true }],
  removed: [{ integrationId: "tmpl_old" }],
};

test("lanes that the snapshot knows, or has given up already, change nothing", () => {
  assert.equal(withStranded(snapshot, []), null);
  const waiting = [
    { integrationId: "tmpl_1", laneId: "pi_1", count: 5 },
    { integrationId: "tmpl_old", laneId: "pi_old", count: 2 },
    { integrationId: "tmpl_gone", laneId: "pi_gone", count: 0 },
  ];
  assert.equal(withStranded(snapshot, waiting), null);
});

test("late deliveries of a removed integration or lane are given up under the next number", () => {
  const next = withStranded(snapshot, [
    { integrationId: "tmpl_gone", laneId: "pi_gone", count: 1 },
    { integrationId: "tmpl_1", laneId: "pi_2", count: 3 },
  ]);
  assert.equal(next?.number, 5);
  assert.deepEqual(next?.removed, [{ integrationId: "tmpl_old" }, { integrationId: "tmpl_gone" }]);
  assert.deepEqual(next?.removedLanes, [{ integrationId: "tmpl_1", pipelineIntegrationId: "pi_2" }]);
  assert.equal(
    next === null ? null : withStranded(next, [{ integrationId: "tmpl_gone", laneId: "pi_gone", count: 1 }]),
    null,
  );
});
