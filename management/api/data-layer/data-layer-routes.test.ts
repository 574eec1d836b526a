import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import type { JsonObject } from "@datafly-signal/core";
import type { RigFault } from "../http/api-rig.ts";
import { type ConfiguredRig, openConfiguredRig } from "../pipelines/configured-rig-fixture.ts";
import { dataLayerRoutes } from "./data-layer-routes.ts";

interface Shown {
  config: JsonObject;
  version: number;
  updated_at: string;
  updated_by: string | null;
  managed_by: string | null;
}
type Answered = Shown & { error: RigFault };

let rig: ConfiguredRig;
beforeEach(async () => {
  rig = await openConfiguredRig(dataLayerRoutes);
});
afterEach(() => rig.close());

const role = "data_governance_admin" as const;
const read = async () => (await rig.call<Shown>("GET", "/data-layer", { role: "source_viewer" })).body;
const put = (body: unknown) => rig.call<Answered>("PUT", "/data-layer", { role, body });
const patch = (body: unknown) => rig.call<Answered>("PATCH", "/data-layer", { role, body });

/** Every part, by its documented names. */
const CONFIG = {
  schemas: [{ event: "purchase", part: "properties", on_violation: "quarantine", schema: { required: ["value"] } }],
  pii_rules: {
    enabled: true,
    hash_fields: ["traits.email"],
    redact_fields: ["context.ip"],
    hash_algorithm: "sha256",
    detect: { emails: "hash" },
  },
  bot_filtering: {
    enabled: true,
    block_known_bots: true,
    block_empty_user_agent: false,
    custom_patterns: ["acme-?monitor"],
  },
  session: { timeout_minutes: 30, max_duration_hours: 24, track_session_start: true, track_session_end: true },
  identity: {},
  device: {},
  custom_js: { enabled: true, code: "return event;", description: "as it is" },
  routing_rules: [
    { condition: "event == 'Internal Test'", action: "drop" },
    { condition: "context.page.url contains '/staging'", action: "pass" },
  ],
};

const SALT = "a-salt-of-enough-signs";

async function sealedSalt(): Promise<string | undefined> {
  const row = await rig.database.queries.selectFrom("data_layers").select("secrets").executeTakeFirst();
  return (JSON.parse(row?.secrets ?? "{}") as Record<string, string>)["pii_rules.salt"];
}

test("it is empty at first, and replaced as a whole with the documented names", async () => {
  const { config, version } = await read();
  assert.deepEqual([config, version], [{}, 1]);
  const { status, body } = await put({ config: CONFIG, version: 1 });
  assert.equal(status, 200);
  assert.deepEqual(body, {
    org_id: "org_shop",
    config: CONFIG,
    updated_at: "2026-11-21T09:00:00.000Z",
    updated_by: "usr_data_governance_admin",
    managed_by: null,
    version: 2,
  });
  assert.deepEqual(await read(), body);
  assert.deepEqual((await put({ config: { device: {} } })).body.config, { device: {} });
  assert.deepEqual((await put({ config: {} })).body.config, {});
});

test("a patch merges maps, replaces lists and removes what is null", async () => {
  await put({ config: CONFIG });
  const { status, body } = await patch({
    config: {
      session: { timeout_minutes: 10, track_session_end: null },
      routing_rules: [],
      custom_js: null,
      schemas: null,
      pii_rules: { hash_fields: ["traits.phone"], detect: { emails: null, phones: "redact" } },
    },
    version: 2,
  });
  assert.equal(status, 200, JSON.stringify(body));
  const { custom_js: _, schemas: __, ...rest } = CONFIG;
  assert.deepEqual(body.config, {
    ...rest,
    session: { timeout_minutes: 10, max_duration_hours: 24, track_session_start: true },
    routing_rules: [],
    pii_rules: { ...CONFIG.pii_rules, hash_fields: ["traits.phone"], detect: { phones: "redact" } },
  });
  assert.equal(body.version, 3);
});

test("what changes nothing leaves the version", async () => {
  const { body } = await put({ config: CONFIG });
  for (const one of [await patch({ config: {} }), await patch({ config: CONFIG }), await put({ config: CONFIG })]) {
    assert.deepEqual(one.body, body);
  }
});

test("the salt is never shown, and stays until it is replaced or removed", async () => {
  const rules = { hash_fields: ["traits.email"] };
  const first = await put({ config: { pii_rules: { ...rules, salt: SALT } } });
  assert.deepEqual(first.body.config, { pii_rules: { ...rules, salt: { set: true } } });
  const sealed = await sealedSalt();
  assert.match(sealed ?? "", /^v1\./);
  const keeping = [
    await put({ config: first.body.config }),
    await put({ config: { pii_rules: rules } }),
    await patch({ config: { pii_rules: { salt: { set: true } } } }),
    await patch({ config: { pii_rules: { redact_fields: ["context.ip"] } } }),
    await patch({ config: { device: {} } }),
  ];
  for (const { status, body } of keeping) {
    assert.equal(status, 200, JSON.stringify(body));
    assert.deepEqual((body.config["pii_rules"] as JsonObject)["salt"], { set: true });
  }
  assert.equal(await sealedSalt(), sealed);
  await patch({ config: { pii_rules: { salt: `${SALT}-2` } } });
  assert.notEqual(await sealedSalt(), sealed);
  const said = JSON.stringify([await rig.audits(), rig.logs, await read(), keeping]);
  assert.doesNotMatch(said, new RegExp(SALT));
});

test("the salt goes when it is null, and with its part", async () => {
  const config = { pii_rules: { hash_fields: ["traits.email"], salt: SALT } };
  const open = { pii_rules: { hash_fields: ["traits.email"] } };
  await put({ config });
  assert.deepEqual((await put({ config: { pii_rules: { ...open.pii_rules, salt: null } } })).body.config, open);
  await put({ config });
  assert.deepEqual((await patch({ config: { pii_rules: { salt: null } } })).body.config, open);
  await put({ config });
  assert.deepEqual((await put({ config: { device: {} } })).body.config, { device: {} });
  assert.equal(await sealedSalt(), undefined);
  await put({ config });
  assert.deepEqual((await patch({ config: { pii_rules: null } })).body.config, {});
  assert.equal(await sealedSalt(), undefined);
  for (const kept of [
    await put({ config: { pii_rules: { salt: { set: true } } } }),
    await patch({ config: { pii_rules: { salt: { set: true } } } }),
  ]) {
    assert.deepEqual([kept.status, kept.body.error.details?.[0]?.path], [422, "config.pii_rules.salt"]);
  }
});

const FAULTS: [config: unknown, paths: string[]][] = [
  [null, ["config"]],
  [{ pii: {} }, ["config.pii"]],
  [{ pii_rules: { salt: "short" } }, ["config.pii_rules.salt"]],
  [{ pii_rules: { hash_algorithm: "md5" } }, ["config.pii_rules.hash_algorithm"]],
  [{ pii_rules: { hash_fields: ["traits.email", "email"] } }, ["config.pii_rules.hash_fields[1]"]],
  [{ pii_rules: { hash_fields: ["traits.email", "traits.email"] } }, ["config.pii_rules.hash_fields[1]"]],
  [{ bot_filtering: { custom_patterns: ["("] } }, ["config.bot_filtering.custom_patterns[0]"]],
  [{ session: { timeout_minutes: 0 } }, ["config.session.timeout_minutes"]],
  [{ session: { timeout_minutes: "30" } }, ["config.session.timeout_minutes"]],
  [{ custom_js: { code: "" } }, ["config.custom_js.code"]],
  [{ routing_rules: [{ condition: "event ==", action: "drop" }] }, ["config.routing_rules[0].condition"]],
  [{ routing_rules: [{ condition: "true", action: "maybe" }] }, ["config.routing_rules[0].action"]],
  [{ schemas: [{ event: "purchase", schema: { type: "tv" } }] }, ["config.schemas[0].schema.type"]],
  [{ device: { enabled: "a\0b" } }, ["config.device.enabled"]],
];

test("what is wrong is named at its place in the body, by PUT and by PATCH", async () => {
  for (const [config, paths] of FAULTS) {
    for (const send of [put, patch]) {
      const { status, body } = await send({ config });
      const found = [...new Set(body.error.details?.map(({ path }) => path))];
      assert.deepEqual([status, found], [422, paths], JSON.stringify(body));
    }
  }
  assert.deepEqual((await put({})).body.error.details?.[0]?.path, "config");
  assert.equal((await read()).version, 1);
  assert.equal(rig.changes(), 0);
});

test("a part that is left without what it needs is named", async () => {
  await put({ config: CONFIG });
  const { status, body } = await patch({ config: { custom_js: { code: null } } });
  assert.deepEqual([status, body.error.details?.map(({ path }) => path)], [422, ["config.custom_js"]]);
  assert.match(body.error.details?.[0]?.message ?? "", /code/);
});

test("an old version is refused by PUT and by PATCH", async () => {
  await put({ config: CONFIG });
  for (const send of [put, patch]) {
    const { status, body } = await send({ config: { device: {} }, version: 1 });
    assert.deepEqual([status, body.error.code], [409, "VERSION_CONFLICT"]);
  }
  assert.deepEqual((await read()).config, CONFIG);
});

test("what the file names only the file changes", async () => {
  await rig.applyFile("version: 1\ndata_layer:\n  device: {}\n");
  assert.deepEqual([(await read()).managed_by, (await read()).updated_by], ["file", null]);
  for (const send of [put, patch]) {
    const { status, body } = await send({ config: {} });
    assert.deepEqual([status, body.error.code], [409, "MANAGED_BY_FILE"]);
  }
});

test("its record tells the parts that changed", async () => {
  await put({ config: { device: {} } });
  await put({ config: { device: { enabled: false }, pii_rules: { salt: SALT } } });
  const [first, second] = await rig.audits();
  assert.deepEqual(first?.changes, { device: { old: null, new: {} } });
  assert.deepEqual(second?.changes, {
    device: { old: {}, new: { enabled: false } },
    pii_rules: { old: null, new: {} },
    "pii_rules.salt": { old: null, new: { set: true } },
  });
});

test("only administrators of data and of the organisation write it", async () => {
  for (const other of ["source_admin", "source_editor", "source_viewer"] as const) {
    for (const method of ["PUT", "PATCH"] as const) {
      assert.equal((await rig.call(method, "/data-layer", { role: other, body: { config: {} } })).status, 403);
    }
  }
  assert.equal((await rig.call("PUT", "/data-layer", { body: { config: {} } })).status, 200);
});
