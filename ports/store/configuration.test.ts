import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  ConfigurationState,
  IntegrationState,
  KeyState,
  PipelineState,
  RevisionState,
} from "@datafly-signal/core";
import { emptyConfiguration } from "@datafly-signal/core";
import fc from "fast-check";
import { configurationNumber, type Database, loadConfiguration, saveConfiguration } from "./database.ts";
import { eachDatabase } from "./testing.ts";

const START = 1_790_000_000_000;
const NAMES = ["Shop", "Käse 日本", "a 'quoted' \"name\"", "${x}"];

/** What becomes of everything in one change. */
const change = fc.record({
  names: fc.shuffledSubarray(NAMES, { minLength: 4 }),
  pipelines: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  integrations: fc.array(fc.constantFrom("none", "live", "live", "deleted"), { minLength: 4, maxLength: 4 }),
  revised: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  keys: fc.array(fc.constantFrom("none", "add", "revoke", "end"), { minLength: 3, maxLength: 3 }),
  lanes: fc.array(fc.constantFrom("none", "latest", "pinned", "off"), { minLength: 12, maxLength: 12 }),
  owner: fc.constantFrom(null, "file" as const, "demo" as const),
  texts: fc.array(fc.constantFrom("", "plain", "it's; drop table x --", "👩‍👩‍👧 \u2028\\n", "%_'\"`$1?:name"), {
    minLength: 3,
    maxLength: 3,
  }),
  departures: fc.uniqueArray(fc.constantFrom("pi_1", "pi_2", "")),
  layer: fc.option(fc.constant({ session: { timeout_minutes: 3 } })),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

function next(before: ConfigurationState, given: Change, at: number): ConfigurationState {
  const [text = "", other = ""] = given.texts;
  const kept = { owner: given.owner, updatedAt: at };
  const integrations = given.integrations.flatMap((wish, index): IntegrationState[] => {
    const was = before.integrations.find(({ id }) => id === `tmpl_${index}`);
    if (was === undefined && wish !== "live") return [];
    const is = wish === "none" ? was?.deletedAt : wish === "deleted" ? (was?.deletedAt ?? at) : null;
    const revisions = was?.revisions ?? [];
    const more = revisions.length === 0 || given.revised[index] === true;
    return [
      {
        ...(was ?? { createdAt: at, version: 0 }),
        ...kept,
        id: `tmpl_${index}`,
        version: (was?.version ?? 0) + 1,
        name: given.names[index] ?? "",
        vendor: "webhook",
        vendorName: other,
        description: text,
        variant: "default",
        custom: index % 2 === 0,
        deletedAt: is ?? null,
        revisions: more
          ? [...revisions, revision(index, { number: (revisions.at(-1)?.number ?? index) + 1, at, text }, given)]
          : revisions,
      },
    ];
  });
  const pipelines = given.pipelines.flatMap((isThere, index): PipelineState[] => {
    const was = before.pipelines.find(({ id }) => id === `pip_${index}`);
    if (!isThere) return [];
    return [
      {
        ...(was ?? { createdAt: at }),
        ...kept,
        id: `pip_${index}`,
        version: (was?.version ?? 0) + 1,
        name: given.names[index] ?? "",
        slug: `slug-${NAMES.indexOf(given.names[index] ?? "")}`,
        type: "web",
        enabled: index !== 1,
        keys: keys(was?.keys ?? [], { wish: given.keys[index] ?? "none", id: `${index}_${at}`, at }),
        domainAllowlist: [text],
        labels: [other],
        rateLimitRps: 1000 + index,
        parameters: { b: text, a: other },
        secretParameters: { token: `v1.${text}` },
      },
    ];
  });
  const lanes = given.lanes.flatMap((wish, index) => {
    const [pipelineId, integrationId] = [`pip_${index % 3}`, `tmpl_${Math.floor(index / 3)}`];
    const integration = integrations.find(({ id, deletedAt }) => id === integrationId && deletedAt === null);
    if (wish === "none" || integration === undefined || !pipelines.some(({ id }) => id === pipelineId)) return [];
    const was = before.lanes.find(({ id }) => id === `pi_${index}`);
    const pinned = integration.revisions[at % integration.revisions.length]?.number ?? null;
    return [
      {
        ...(was ?? { createdAt: at }),
        ...kept,
        id: `pi_${index}`,
        version: (was?.version ?? 0) + 1,
        pipelineId,
        integrationId,
        revision: wish === "pinned" ? pinned : null,
        enabled: wish !== "off",
      },
    ];
  });
  return {
    ...before,
    number: before.number + 1,
    organisation: { ...before.organisation, ...kept, name: text || "Shop", settings: given.layer && {} },
    dataLayer: {
      ...before.dataLayer,
      ...kept,
      config: given.layer,
      secrets: given.layer ? { salt: "v1.x" } : {},
      updatedBy: "usr_1",
    },
    pipelines,
    integrations,
    lanes,
    departures: given.departures.map((lane) => ({
      integrationId: "tmpl_9",
      pipelineIntegrationId: lane === "" ? null : lane,
    })),
  };
}

function revision(index: number, made: { number: number; at: number; text: string }, given: Change): RevisionState {
  const { number, at, text } = made;
  return {
    id: `rev_${index}_${number}`,
    number,
    vendor: "webhook",
    variant: "default",
    hash: `h1.x.${number}`,
    consentCategories: given.texts,
    changeSummary: text,
    createdBy: index === 0 ? null : "usr_1",
    createdAt: at,
    content: {
      parameters: { url: text, deep: { list: [1, null, true, { "": text }] } },
      secrets: { token: `v1.${number}` },
      mapping: index === 1 ? null : { version: 2, b: 1, a: text },
      consentCategories: given.texts,
      rateLimits: { rps: 0.5, burst: null, daily: 0 },
      batch: { size: 5 },
      deliverySpec: index === 2 ? { x: text } : null,
    },
    mappingText: index === 3 ? `# ${text}\n` : null,
  };
}

function keys(before: readonly KeyState[], given: { wish: string; id: string; at: number }): KeyState[] {
  const { wish, id, at } = given;
  if (wish === "add")
    return [...before, { id: `key_${id}`, key: `dk_${id}`, createdAt: at, expiresAt: null, revokedAt: null }];
  if (wish === "revoke") return before.map((key) => ({ ...key, revokedAt: key.revokedAt ?? at }));
  return wish === "end" ? before.map((key) => ({ ...key, expiresAt: at + 1000 })) : [...before];
}

/** As it comes back: in the order of time and ids, and with the content of what is in use alone. */
function expected(state: ConfigurationState): ConfigurationState {
  const copy = structuredClone(state);
  const order = <T extends { id: string; createdAt: number }>(list: T[]): T[] =>
    list.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  const pinned = new Set(copy.lanes.map(({ integrationId, revision: number }) => `${integrationId} ${number}`));
  for (const { id, revisions } of copy.integrations) {
    for (const one of revisions.slice(0, -1)) {
      if (pinned.has(`${id} ${one.number}`)) continue;
      one.content = null;
      one.mappingText = null;
    }
  }
  for (const one of copy.pipelines) order(one.keys);
  copy.departures.sort((a, b) => ((a.pipelineIntegrationId ?? "") < (b.pipelineIntegrationId ?? "") ? -1 : 1));
  return {
    ...copy,
    pipelines: order(copy.pipelines),
    integrations: order(copy.integrations),
    lanes: order(copy.lanes),
  };
}

function first(): ConfigurationState {
  return emptyConfiguration({ id: "org_1", name: "Shop", now: START });
}

async function begun(database: Database): Promise<ConfigurationState> {
  const state = first();
  await database.transaction((queries) => saveConfiguration(queries, null, state, START));
  return state;
}

async function emptied(database: Database): Promise<void> {
  await database.transaction(async (queries) => {
    for (const table of [
      "pipeline_integrations",
      "pipelines",
      "revisions",
      "integration_templates",
      "departures",
      "data_layers",
      "organisations",
    ] as const)
      await queries.deleteFrom(table).execute();
    await queries.updateTable("configuration").set({ number: 0 }).execute();
  });
}

eachDatabase("the configuration", (open) => {
  test("before the first start there is none", async () => {
    const database = await open();
    assert.equal(await loadConfiguration(database.queries), null);
    await begun(database);
    assert.deepEqual(await loadConfiguration(database.queries), first());
  });

  test("property: what changed is written, and nothing else is lost, whatever takes whose name", async () => {
    const database = await open();
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        await emptied(database);
        let state = await begun(database);
        for (const [index, given] of changes.entries()) {
          const at = START + (index + 1) * 1000;
          const loaded = await loadConfiguration(database.queries);
          assert.ok(loaded !== null);
          const after = next(loaded, given, at);
          await database.transaction((queries) => saveConfiguration(queries, loaded, after, at));
          state = next(state, given, at);
          assert.deepEqual(await loadConfiguration(database.queries), expected(state));
        }
      }),
      { numRuns: 25 },
    );
  });

  test("property: a whole configuration is written at once as it is in steps", async () => {
    const database = await open();
    await fc.assert(
      fc.asyncProperty(change, change, async (one, other) => {
        await emptied(database);
        const state = next(next(first(), one, START + 1000), other, START + 2000);
        await database.transaction((queries) => saveConfiguration(queries, null, state, START));
        assert.deepEqual(await loadConfiguration(database.queries), expected(state));
      }),
      { numRuns: 15 },
    );
  });

  test("an integration takes the name of one that is deleted in the same change", async () => {
    const database = await open();
    const all = {
      pipelines: [false, false, false],
      lanes: [],
      departures: [],
      texts: [],
      keys: [],
      owner: null,
      layer: null,
    };
    const live = { ...all, names: NAMES, revised: [], integrations: ["live", "live", "none", "none"] } as Change;
    const before = next(await begun(database), live, START + 1);
    await database.transaction((queries) => saveConfiguration(queries, first(), before, START + 1));
    const [a = "", b = ""] = NAMES;
    const after = next(
      before,
      { ...live, names: [b, b, a, a], integrations: ["live", "deleted", "live", "none"] },
      START + 2,
    );
    await database.transaction((queries) => saveConfiguration(queries, before, after, START + 2));
    assert.deepEqual(await loadConfiguration(database.queries), expected(after));
  });

  test("revisions that are wanted come with their content", async () => {
    const database = await open();
    const given = {
      names: NAMES,
      pipelines: [],
      lanes: [],
      departures: [],
      texts: ["t"],
      keys: [],
      owner: null,
      layer: null,
    };
    const live = { ...given, revised: [true], integrations: ["live"] } as unknown as Change;
    const one = next(await begun(database), live, START + 1);
    const two = next(one, live, START + 2);
    await database.transaction((queries) => saveConfiguration(queries, first(), two, START + 2));
    const number = two.integrations[0]?.revisions[0]?.number ?? 0;
    const plain = await loadConfiguration(database.queries);
    assert.equal(plain?.integrations[0]?.revisions[0]?.content, null);
    const wanted = await loadConfiguration(database.queries, [{ integrationId: "tmpl_0", number }]);
    assert.deepEqual(wanted?.integrations[0]?.revisions[0], two.integrations[0]?.revisions[0]);
  });

  test("the number rises with what is written, and never falls", async () => {
    const database = await open();
    const before = await begun(database);
    assert.equal(await configurationNumber(database.queries), 0);
    await database.transaction((queries) => saveConfiguration(queries, before, { ...before, number: 7 }, START));
    assert.equal(await configurationNumber(database.queries), 7);
    const after = { ...before, number: 7 };
    await assert.rejects(
      database.transaction((queries) => saveConfiguration(queries, after, before, START)),
      /cannot go back from 7 to 0/,
    );
  });
});
