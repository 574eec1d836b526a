import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compileMapping } from "../mapping/compile.ts";
import { testOptions } from "./config-fixture.ts";
import type { ConfigurationState, Owner } from "./configuration-state.ts";
import { exportFile } from "./export-file.ts";
import { keptSecrets } from "./kept-secrets.ts";
import {
  applyTo,
  emptyState,
  lived,
  openForm,
  randomHistory,
  readDocument,
  reloaded,
  SEAL,
  wholeDocument,
} from "./random-configuration-fixture.ts";
import { readSignalFile } from "./read-signal-file.ts";
import type { ConfigSnapshot } from "./snapshot.ts";
import { snapshotOf } from "./snapshot-of.ts";

function opened(variables: ReturnType<typeof exportFile>["variables"]): Record<string, string> {
  return Object.fromEntries([...variables].map(([name, one]) => [name, openForm.secret(one.sealed, one)]));
}

function read(text: string, env: Record<string, string>) {
  const result = readSignalFile(
    text,
    testOptions({ env, environment: "production", compileMapping: (one) => compileMapping(one, {}) }),
  );
  assert.ok(result.ok, `${JSON.stringify(result)}\n${text}`);
  return result.file;
}

function intoEmpty(state: ConfigurationState, owner: Owner): { copy: ConfigurationState; text: string } {
  const { text, variables } = exportFile(state);
  const applied = applyTo(emptyState(), read(text, opened(variables)), { owner, whole: owner === "file" });
  assert.ok("state" in applied, `${JSON.stringify(applied)}\n${text}`);
  return { copy: reloaded(applied.state), text };
}

/** Without the order in which things were made, with secrets open, and of the revisions only those in use. */
function comparable(snapshot: ConfigSnapshot): object {
  const byId = <T extends { id: string }>(list: readonly T[]): T[] => list.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const open = (object: string, secrets: Record<string, string> = {}): object =>
    Object.fromEntries(
      Object.entries(secrets).map(([field, sealed]) => [field, openForm.secret(sealed, { object, field })]),
    );
  return {
    ...snapshot,
    number: 0,
    dataLayerSecrets: open("data_layer", snapshot.dataLayerSecrets),
    lanes: byId(snapshot.lanes),
    pipelines: byId(snapshot.pipelines).map((one) => ({
      ...one,
      keys: one.keys.toSorted(),
      secretParameters: open(one.id, one.secretParameters),
    })),
    integrations: byId(snapshot.integrations).map((one) => ({
      ...one,
      consentByRevision: Object.keys(one.revisions).map((number) => one.consentByRevision[Number(number)]),
      revisions: Object.fromEntries(
        Object.entries(one.revisions).map(([number, content]) => [
          number,
          { ...content, secrets: open(one.id, content.secrets) },
        ]),
      ),
    })),
  };
}

/** A value that a pipeline has in clear as well is none. */
function assertNoSecret(text: string, state: ConfigurationState): void {
  const clear = JSON.stringify(state.pipelines.map(({ parameters }) => parameters));
  for (const value of Object.values(opened(exportFile(state).variables))) {
    if (value.startsWith("planted") && !clear.includes(JSON.stringify(value).slice(1, -1)))
      assert.ok(!text.includes(value.replaceAll("${", () => "$${")) && !text.includes(value), `${value} in ${text}`);
  }
}

test("property: an export applied to an empty installation makes the same configuration, and the same export", () => {
  let rich = 0;
  fc.assert(
    fc.property(randomHistory, fc.constantFrom<Owner[]>(null, "file"), (history, owner) => {
      const state = lived(history);
      if (state.lanes.length > 1 && state.integrations.some(({ revisions }) => revisions.length > 1)) rich += 1;
      const { copy, text } = intoEmpty(state, owner);
      assert.equal(exportFile(copy).text, text);
      assert.deepEqual(comparable(snapshotOf(copy, "production")), comparable(snapshotOf(state, "production")));
      assertNoSecret(text, state);
    }),
    { numRuns: 250 },
  );
  assert.ok(rich > 20, `only ${rich} of them had anything in them`);
});

test("property: an export applied to where it comes from changes nothing, its secrets kept", () => {
  fc.assert(
    fc.property(randomHistory, (history) => {
      const state = lived(history);
      const { text, variables } = exportFile(state);
      const { used, faults } = keptSecrets(text, { file: "signal.yaml", kept: variables, given: new Set() });
      assert.deepEqual(faults, []);
      assert.deepEqual(used.toSorted(), [...variables.keys()].toSorted());
      const applied = applyTo(state, read(text, opened(variables)), { prune: true });
      assert.ok("state" in applied, JSON.stringify(applied));
      assert.deepEqual(applied.changes, []);
      assert.equal(applied.state, state);
    }),
    { numRuns: 100 },
  );
});

test("property: what is edited and written back as it was changes nothing", () => {
  fc.assert(
    fc.property(randomHistory, (history) => {
      const state = lived(history);
      const back = readDocument(wholeDocument(state));
      assert.ok("file" in back, JSON.stringify(back));
      const applied = applyTo(state, back.file);
      assert.ok("state" in applied, JSON.stringify(applied));
      assert.deepEqual(applied.changes, []);
      assert.equal(applied.state, state);
    }),
    { numRuns: 100 },
  );
});

test("secrets are named apart, whatever their places are called", () => {
  const state = ((): ConfigurationState => {
    const document = {
      version: 1,
      integrations: [
        {
          id: "tmpl_a",
          name: "Meta",
          vendor: "meta_capi",
          config: { pixel_id: "1" },
          secrets: { access_token: "planted-a" },
        },
        {
          id: "tmpl_b",
          name: "meta",
          vendor: "meta_capi",
          config: { pixel_id: "1" },
          secrets: { access_token: "planted-b" },
        },
        {
          id: "tmpl_c",
          name: "M".repeat(255),
          vendor: "axon",
          config: { org_id: "org-1", dataset_id: "d" },
          secrets: { api_key: "planted-c" },
        },
        {
          id: "tmpl_d",
          name: `${"M".repeat(254)}N`,
          vendor: "axon",
          config: { org_id: "org-1", dataset_id: "d" },
          secrets: { api_key: "planted-d" },
        },
        {
          id: "tmpl_e",
          name: "pipeline s",
          vendor: "webhook",
          config: { url: "https://e.example.com" },
          secrets: { auth_token: "{{pipeline_param.auth_token}}{{pipeline_param.auth-token}}" },
        },
      ],
      pipelines: [
        {
          id: "pip_s",
          name: "S",
          slug: "s",
          pipeline_keys: ["dk_live_12345678"],
          parameters: { auth_token: "planted-e", "auth-token": "planted-f" },
          integrations: [{ integration: "tmpl_e" }],
        },
      ],
    };
    const back = readDocument(document);
    assert.ok("file" in back, JSON.stringify(back));
    const applied = applyTo(emptyState(), back.file);
    assert.ok("state" in applied, JSON.stringify(applied));
    return applied.state;
  })();
  const { variables } = exportFile(state);
  const values = [...variables].map(([, one]) => SEAL.keyring.open(one.sealed, { organisation: "org_test", ...one }));
  assert.equal(new Set(values).size, 7, values.join());
  for (const name of variables.keys()) assert.match(name, /^SIGNAL_SECRET_[A-Z0-9_]{1,185}$/);
});
