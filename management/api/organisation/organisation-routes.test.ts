import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { JsonObject } from "@datafly-signal/core";
import type { RigFault } from "../http/api-rig.ts";
import { type ConfiguredRig, openConfiguredRig } from "../pipelines/configured-rig-fixture.ts";
import { organisationRoutes } from "./organisation-routes.ts";

interface Shown {
  name: string;
  settings: JsonObject;
  version: number;
  managed_by: string | null;
}
type Answered = Shown & { error: RigFault };

let rig: ConfiguredRig;
beforeEach(async () => {
  rig = await openConfiguredRig(organisationRoutes);
});
afterEach(() => rig.close());

const read = async () => (await rig.call<Shown>("GET", "/organisation", { role: "source_viewer" })).body;
const patch = (body: unknown) => rig.call<Answered>("PATCH", "/organisation", { body });

const CONSENT = {
  mapping: { C0005: "marketing", chat: "functional" },
  default_policy: { analytics: true, marketing: false },
  policy: { required: ["analytics"], action: "strip", pipeline_types: ["web", "app"] },
  tcf_vendors: [755, 793],
};

test("it is there from the start, with a name and no settings", async () => {
  assert.deepEqual(await read(), {
    id: "org_shop",
    name: "Shop",
    settings: {},
    managed_by: null,
    version: 1,
    created_at: "2026-11-21T09:00:00.000Z",
    updated_at: "2026-11-21T09:00:00.000Z",
  });
});

test("its name and its settings change alone and together, each raising the version by one", async () => {
  assert.equal((await patch({ name: "Läden <b>" })).body.name, "Läden <b>");
  assert.equal(rig.changes(), 0, "a name is nothing to the data plane");
  assert.deepEqual((await patch({ settings: { consent: CONSENT } })).body.settings, { consent: CONSENT });
  const { body } = await patch({ name: "Shops", settings: { consent: { tcf_vendors: [1] } }, version: 3 });
  assert.deepEqual([body.name, body.version], ["Shops", 4]);
  assert.deepEqual(body.settings, { consent: { ...CONSENT, tcf_vendors: [1] } });
  assert.deepEqual(await read(), body);
  const told = (await rig.audits()).map(({ action, changes }) => `${action} ${Object.keys(changes).join()}`);
  const [name, settings] = ["organisation.updated name", "organisation.updated settings"];
  assert.deepEqual(told.toSorted(), [name, name, settings, settings]);
});

test("settings are merged: null removes a code, a part, all of them; lists are replaced", async () => {
  await patch({ settings: { consent: CONSENT } });
  const consent = {
    mapping: { C0005: null, C0009: "analytics" },
    policy: { required: ["marketing"] },
    tcf_vendors: null,
  };
  assert.deepEqual((await patch({ settings: { consent } })).body.settings, {
    consent: {
      mapping: { chat: "functional", C0009: "analytics" },
      default_policy: CONSENT.default_policy,
      policy: { ...CONSENT.policy, required: ["marketing"] },
    },
  });
  assert.deepEqual((await patch({ settings: { consent: null } })).body.settings, {});
});

test("what changes nothing leaves the version", async () => {
  await patch({ settings: { consent: CONSENT } });
  const before = await read();
  for (const body of [{}, { name: "Shop" }, { settings: {} }, { settings: { consent: CONSENT } }, { version: 2 }]) {
    assert.deepEqual((await patch(body)).body, before, JSON.stringify(body));
  }
});

const FAULTS: [body: unknown, paths: string[]][] = [
  [{ name: "" }, ["name"]],
  [{ name: "a\nb" }, ["name"]],
  [{ name: null }, ["name"]],
  [{ name: "x".repeat(256) }, ["name"]],
  [{ settings: null }, ["settings"]],
  [{ settings: { consent: { mapping: { C0005: "ads" } } } }, ["settings.consent.mapping.C0005"]],
  [{ settings: { consent: { default_policy: { analytics: "yes" } } } }, ["settings.consent.default_policy.analytics"]],
  [{ settings: { consent: { default_policy: { essential: false } } } }, ["settings.consent.default_policy.essential"]],
  [{ settings: { consent: { policy: { action: "drop" } } } }, ["settings.consent.policy"]],
  [
    { settings: { consent: { policy: { required: ["analytics", "analytics"], action: "drop" } } } },
    ["settings.consent.policy.required[1]"],
  ],
  [{ settings: { consent: { tcf_vendors: [0] } } }, ["settings.consent.tcf_vendors[0]"]],
  [{ settings: { consents: {} } }, ["settings.consents"]],
  [{ version: 1.5 }, ["version"]],
  [{ id: "org_other" }, ["id"]],
];

test("what is wrong is named, and nothing of it is kept", async () => {
  const before = await read();
  for (const [body, paths] of FAULTS) {
    const named = typeof body === "object" && body !== null && !("name" in body) ? { name: "Kept?", ...body } : body;
    const answer = await patch(named);
    const found = [...new Set(answer.body.error.details?.map(({ path }) => path))];
    assert.deepEqual([answer.status, found], [422, paths], JSON.stringify(answer.body));
  }
  assert.deepEqual(await read(), before);
});

test("an old version is refused", async () => {
  await patch({ name: "Shops" });
  const { status, body } = await patch({ name: "Other", version: 1 });
  assert.deepEqual([status, body.error.code], [409, "VERSION_CONFLICT"]);
  assert.equal((await read()).name, "Shops");
});

test("settings that the file names are the file's; the name stays the organisation's", async () => {
  await rig.applyFile("version: 1\norganisation:\n  consent: { default_policy: { analytics: true } }\n");
  assert.equal((await read()).managed_by, "file");
  const { status, body } = await patch({ settings: { consent: null }, name: "Other" });
  assert.deepEqual([status, body.error.code], [409, "MANAGED_BY_FILE"]);
  assert.equal((await read()).name, "Shop");
  assert.equal((await patch({ name: "Other" })).body.name, "Other");
});

test("only administrators change it", async () => {
  for (const role of ["source_admin", "data_governance_admin", "source_viewer"] as const) {
    assert.equal((await rig.call("PATCH", "/organisation", { role, body: { name: "x" } })).status, 403);
  }
});
