import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigurationState, Owner } from "./configuration-state.ts";
import { applyTo, emptyState, NOW, readDocument } from "./random-configuration-fixture.ts";

type Given = Parameters<typeof applyTo>[2];

const SHOP = {
  id: "pip_shop",
  name: "Shop",
  slug: "shop",
  pipeline_keys: ["dk_live_shop1234"],
  parameters: { region: "eu", token: "planted-token" },
  integrations: [{ id: "pi_hook", integration: "tmpl_hook" }],
};
const HOOK = { id: "tmpl_hook", name: "Hook", vendor: "webhook", config: { url: "https://a.example.com" } };
const META = {
  id: "tmpl_meta",
  name: "Meta",
  vendor: "meta_capi",
  config: { pixel_id: "1" },
  secrets: { access_token: "planted-meta" },
};
const LAYER = { session: { timeout_minutes: 30 } };
const POLICY = { consent: { default_policy: { analytics: true } } };
const ALL = { integrations: [HOOK], pipelines: [SHOP], data_layer: LAYER, organisation: POLICY };
const EMPTY = { version: 1 as const, pipelines: [], integrations: [], sections: {} };

function apply(state: ConfigurationState, document: object, given: Given = {}) {
  const read = readDocument({ version: 1, ...document });
  assert.ok("file" in read, JSON.stringify(read));
  return applyTo(state, read.file, { ...(given.owner === "file" && { whole: true }), ...given });
}

function good(state: ConfigurationState, document: object, given: Given = {}): ConfigurationState {
  const applied = apply(state, document, given);
  assert.ok("state" in applied, JSON.stringify(applied));
  return applied.state;
}

function faults(state: ConfigurationState, document: object, given: Given = {}): string[] {
  const applied = apply(state, document, given);
  assert.ok("faults" in applied, "was accepted");
  return applied.faults.map(({ kind, path, message }) => `${kind} ${path}: ${message}`);
}

const owned = (owner: Owner, document: object = ALL): ConfigurationState => good(emptyState(), document, { owner });

function ownersOf(state: ConfigurationState): Record<string, Owner> {
  const objects = [...state.pipelines, ...state.integrations.filter((one) => one.deletedAt === null), ...state.lanes];
  return Object.fromEntries([
    ...objects.map(({ id, owner }) => [id, owner]),
    ["data_layer", state.dataLayer.owner],
    ["organisation", state.organisation.owner],
  ]);
}

function versionsOf({ pipelines, integrations, lanes, dataLayer, organisation }: ConfigurationState) {
  const objects = [...pipelines, ...integrations, ...lanes].map(({ id, version }) => [id, version]);
  return Object.fromEntries([...objects, ["data_layer", dataLayer.version], ["organisation", organisation.version]]);
}

const IDS = ["pip_shop", "tmpl_hook", "pi_hook", "data_layer", "organisation"];
const allOf = (owner: Owner): Record<string, Owner> => Object.fromEntries(IDS.map((id) => [id, owner]));

for (const owner of [null, "file", "demo"] as const) {
  test(`what ${owner ?? "the API"} names is its own, and the same again changes nothing at all`, () => {
    const state = owned(owner);
    assert.deepEqual(ownersOf(state), allOf(owner));
    const again = apply(state, ALL, { owner });
    assert.ok("state" in again);
    assert.equal(again.state, state);
    assert.deepEqual(again.changes, []);
  });
}

test("a file takes over what it names as it is, which is said, and raises versions once", () => {
  const before = owned(null);
  const taken = apply(before, ALL, { owner: "file" });
  assert.ok("state" in taken);
  assert.deepEqual(ownersOf(taken.state), allOf("file"));
  assert.equal(taken.state.number, before.number + 1);
  assert.deepEqual(taken.changes, [
    'pipeline "Shop": taken over by the file',
    'integration "Hook": taken over by the file',
    "data layer: taken over by the file",
    "organisation: taken over by the file",
  ]);
  assert.equal(good(taken.state, ALL, { owner: "file" }), taken.state);
});

test("neither the API nor the demo takes over what is a file's by naming it as it is", () => {
  const state = owned("file");
  for (const owner of [null, "demo"] as const) assert.equal(good(state, ALL, { owner }), state);
});

const MANAGED: [what: string, document: object, path: string][] = [
  ["a pipeline", { pipelines: [{ ...SHOP, name: "Other" }], integrations: [HOOK] }, "pipelines[0]"],
  [
    "an integration's content",
    { integrations: [{ ...HOOK, config: { url: "https://b.example.com" } }] },
    "integrations[0]",
  ],
  ["an integration's name", { integrations: [{ ...HOOK, name: "Other" }] }, "integrations[0]"],
  [
    "an assignment",
    { integrations: [HOOK], pipelines: [{ ...SHOP, integrations: [{ ...SHOP.integrations[0], enabled: false }] }] },
    "pipelines[0].integrations[0]",
  ],
  ["an assignment that is left out", { integrations: [HOOK], pipelines: [{ ...SHOP, integrations: [] }] }, ""],
  ["the data layer", { data_layer: {} }, "data_layer"],
  ["the organisation", { organisation: {} }, "organisation"],
];
for (const [what, document, path] of MANAGED) {
  test(`what is a file's is not the API's to change: ${what}`, () => {
    const found = faults(owned("file"), document);
    assert.equal(found.length, 1, found.join("\n"));
    assert.ok(found[0]?.startsWith(`managed ${path}: `), found[0]);
  });
}

for (const remove of [{ pipelines: ["pip_shop"] }, { integrations: ["tmpl_hook"] }, { lanes: ["pi_hook"] }]) {
  test(`what is a file's is not the API's to remove: ${JSON.stringify(remove)}`, () => {
    const applied = applyTo(owned("file"), EMPTY, { remove });
    assert.ok("faults" in applied);
    assert.deepEqual([...new Set(applied.faults.map(({ kind }) => kind))], ["managed"]);
    const own = applyTo(owned(null), EMPTY, { remove });
    assert.ok("state" in own);
  });
}

test("a new revision that is asked for is a change of what is a file's, also where it is as before", () => {
  assert.match(faults(owned("file"), { integrations: [HOOK] }, { alwaysRevise: true })[0] ?? "", /^managed/);
});

test("lanes added beside a file's pipeline stay, whatever the file changes, and go with their ends", () => {
  const beside = { ...SHOP, integrations: [...SHOP.integrations, { id: "pi_meta", integration: "tmpl_meta" }] };
  const state = good(owned("file"), { integrations: [HOOK, META], pipelines: [beside] });
  assert.deepEqual(ownersOf(state), { ...allOf("file"), tmpl_meta: null, pi_meta: null });
  const renamed = good(state, { ...ALL, pipelines: [{ ...SHOP, name: "New" }] }, { owner: "file" });
  assert.deepEqual(ownersOf(renamed), ownersOf(state));
  const without = good(state, { ...ALL, pipelines: [{ ...SHOP, integrations: [] }] }, { owner: "file" });
  assert.deepEqual(
    without.lanes.map(({ id }) => id),
    ["pi_meta"],
  );
  const gone = good(state, { integrations: [HOOK] }, { owner: "file" });
  assert.deepEqual(ownersOf(gone), { tmpl_hook: "file", tmpl_meta: null, data_layer: null, organisation: null });
});

test("leaving the file removes what the file had, and nothing else", () => {
  const state = good(owned("file"), { integrations: [META] });
  assert.deepEqual(ownersOf(good(state, {}, { owner: "file" })), {
    tmpl_meta: null,
    data_layer: null,
    organisation: null,
  });
});

test("pruning removes what is not named, but for what is a file's", () => {
  const state = good(owned("file"), {
    integrations: [META],
    pipelines: [{ ...SHOP, id: "pip_b", name: "B", slug: "b", pipeline_keys: ["dk_live_bbbb1234"], integrations: [] }],
  });
  const pruned = good(state, { integrations: [{ ...META, id: "tmpl_new", name: "New" }] }, { prune: true });
  assert.deepEqual(ownersOf(pruned), { ...allOf("file"), tmpl_new: null });
  assert.deepEqual(ownersOf(good(owned(null), {}, { prune: true })), { data_layer: null, organisation: null });
  assert.equal(good(owned(null), {}, { prune: true }).dataLayer.config, null);
});

test("the demo leaves when a file comes; what the API made of it stays", () => {
  assert.deepEqual(ownersOf(good(owned("demo"), {}, { owner: "file" })), { data_layer: null, organisation: null });
  const mixed = good(owned("demo"), { pipelines: [{ ...SHOP, name: "Mine" }], integrations: [HOOK] });
  assert.deepEqual(ownersOf(mixed), { ...allOf("demo"), pip_shop: null });
  assert.deepEqual(ownersOf(good(mixed, {}, { owner: "file" })), {
    pip_shop: null,
    data_layer: null,
    organisation: null,
  });
});

test("the demo's receiver is not changed, and may be deleted; its other parts become the API's", () => {
  const state = owned("demo");
  assert.match(
    faults(state, { integrations: [{ ...HOOK, config: { url: "https://b.example.com" } }] })[0] ?? "",
    /^managed .*demo/,
  );
  const removed = applyTo(state, EMPTY, { remove: { integrations: ["tmpl_hook"] } });
  assert.ok("state" in removed);
  assert.deepEqual(removed.state.lanes, []);
  const changed = good(state, {
    data_layer: {},
    integrations: [HOOK],
    pipelines: [{ ...SHOP, integrations: [{ ...SHOP.integrations[0], enabled: false }] }],
  });
  assert.deepEqual(ownersOf(changed), { ...allOf("demo"), data_layer: null, pi_hook: null });
});

test("what the API made of the demo's lanes stays when the demo is brought again", () => {
  const off = { ...SHOP, integrations: [{ ...SHOP.integrations[0], enabled: false }] };
  const state = good(owned("demo"), { integrations: [HOOK], pipelines: [off] });
  const again = good(state, { ...ALL, pipelines: [{ ...SHOP, integrations: [] }] }, { owner: "demo", whole: true });
  assert.equal(again, state);
});

const B = { ...SHOP, id: "pip_b", name: "B", slug: "b", pipeline_keys: ["dk_live_bbbb1234"], integrations: [] };

const TAKEN: [what: string, document: object, path: string][] = [
  ["a pipeline's name", { pipelines: [{ ...B, name: "Shop" }] }, "pipelines[0].name"],
  ["a pipeline's slug", { pipelines: [{ ...B, slug: "shop" }] }, "pipelines[0].slug"],
  [
    "a key",
    { pipelines: [{ ...B, pipeline_keys: ["dk_live_bbbb1234", "dk_live_shop1234"] }] },
    "pipelines[0].pipeline_keys[1]",
  ],
  ["an integration's name", { integrations: [{ ...META, name: "Hook" }] }, "integrations[0].name"],
  [
    "an assignment's id in another pipeline",
    { integrations: [HOOK], pipelines: [{ ...B, integrations: [{ id: "pi_hook", integration: "tmpl_hook" }] }] },
    "pipelines[0].integrations[0]",
  ],
  [
    "an assignment's id for another integration",
    { integrations: [META], pipelines: [{ ...SHOP, integrations: [{ id: "pi_hook", integration: "tmpl_meta" }] }] },
    "pipelines[0].integrations[0]",
  ],
  [
    "an integration that the pipeline has under another id",
    { integrations: [HOOK], pipelines: [{ ...SHOP, integrations: [{ id: "pi_new", integration: "tmpl_hook" }] }] },
    "",
  ],
];
for (const [what, document, path] of TAKEN.slice(0, 6)) {
  test(`what stands only once is taken: ${what}`, () => {
    const found = faults(owned(null), document);
    assert.equal(found.length, 1, found.join("\n"));
    assert.ok(found[0]?.startsWith(`taken ${path}: `), found[0]);
  });
}

test("an assignment under another id takes the place of the one before; a file's does not take the API's", () => {
  const [, document = {}] = TAKEN[6] ?? [];
  assert.deepEqual(
    good(owned(null), document).lanes.map(({ id }) => id),
    ["pi_new"],
  );
  assert.match(
    faults(owned(null), document, { owner: "file" })[0] ?? "",
    /^taken .*has the integration "Hook" already/,
  );
});

test("a key that was revoked is nobody else's; that of a pipeline which is gone is free", () => {
  const revoked = good(owned(null), {
    integrations: [HOOK],
    pipelines: [{ ...SHOP, pipeline_keys: ["dk_live_other123"] }],
  });
  const other = { ...B, pipeline_keys: ["dk_live_shop1234"] };
  assert.match(faults(revoked, { pipelines: [other] })[0] ?? "", /^taken .*has or had this key/);
  const moved = apply(revoked, { pipelines: [other] }, { remove: { pipelines: ["pip_shop"] } });
  assert.ok("state" in moved);
});

test("two pipelines and two integrations may take each other's names in one file", () => {
  const [a, b] = [{ ...SHOP, integrations: [] }, B];
  const state = owned("file", { pipelines: [a, b], integrations: [HOOK, META] });
  const swapped = good(
    state,
    {
      pipelines: [
        { ...a, name: "B", slug: "b" },
        { ...b, name: "Shop", slug: "shop" },
      ],
      integrations: [
        { ...HOOK, name: "Meta" },
        { ...META, name: "Hook" },
      ],
    },
    { owner: "file" },
  );
  assert.deepEqual(
    swapped.pipelines.map(({ id, name }) => [id, name]),
    [
      ["pip_shop", "B"],
      ["pip_b", "Shop"],
    ],
  );
  assert.deepEqual(
    swapped.integrations.map(({ id, name }) => [id, name]),
    [
      ["tmpl_hook", "Meta"],
      ["tmpl_meta", "Hook"],
    ],
  );
});

test("versions rise exactly where something changed", () => {
  const state = owned(null);
  const changed = good(state, { ...ALL, pipelines: [{ ...SHOP, labels: ["env:test"] }] });
  assert.deepEqual(versionsOf(changed), { ...versionsOf(state), pip_shop: 2 });
  const disabled = good(changed, {
    integrations: [HOOK],
    pipelines: [{ ...SHOP, labels: ["env:test"], integrations: [{ ...SHOP.integrations[0], enabled: false }] }],
  });
  assert.deepEqual(versionsOf(disabled), { ...versionsOf(changed), pi_hook: 2 });
  assert.equal(disabled.number, state.number + 2);
});

const HOUR = 3_600_000;
const iso = (time: number): string => new Date(time).toISOString();
const KEYS: [what: string, first: unknown[], second: unknown[], live: [key: string, ends: number | null][]][] = [
  ["one that leaves is revoked", ["dk_aaaaaaaa", "dk_bbbbbbbb"], ["dk_bbbbbbbb"], [["dk_bbbbbbbb", null]]],
  [
    "an end is given",
    ["dk_aaaaaaaa"],
    [{ key: "dk_aaaaaaaa", expires_at: iso(NOW + HOUR) }],
    [["dk_aaaaaaaa", NOW + HOUR]],
  ],
  [
    "an end is put off",
    [{ key: "dk_aaaaaaaa", expires_at: iso(NOW + HOUR) }],
    [{ key: "dk_aaaaaaaa", expires_at: iso(NOW + 2 * HOUR) }],
    [["dk_aaaaaaaa", NOW + 2 * HOUR]],
  ],
  [
    "an end is taken back",
    [{ key: "dk_aaaaaaaa", expires_at: iso(NOW + HOUR) }],
    ["dk_aaaaaaaa"],
    [["dk_aaaaaaaa", null]],
  ],
  [
    "one that has ended is not accepted",
    [{ key: "dk_aaaaaaaa", expires_at: iso(NOW - HOUR) }, "dk_bbbbbbbb"],
    [{ key: "dk_aaaaaaaa", expires_at: iso(NOW - HOUR) }, "dk_bbbbbbbb"],
    [["dk_bbbbbbbb", null]],
  ],
  [
    "one that has ended comes back without its end",
    [{ key: "dk_aaaaaaaa", expires_at: iso(NOW - HOUR) }],
    ["dk_aaaaaaaa"],
    [["dk_aaaaaaaa", null]],
  ],
];
for (const [what, first, second, live] of KEYS) {
  test(`keys: ${what}`, () => {
    const before = owned("file", { pipelines: [{ ...B, pipeline_keys: first }] });
    const after = good(before, { pipelines: [{ ...B, pipeline_keys: second }] }, { owner: "file" });
    const keys = after.pipelines[0]?.keys ?? [];
    assert.deepEqual(
      keys.filter(({ revokedAt }) => revokedAt === null).map(({ key, expiresAt }) => [key, expiresAt]),
      live,
    );
    const known = new Set(before.pipelines[0]?.keys.map(({ id }) => id));
    assert.ok(
      keys.every(({ id }) => known.has(id)),
      "no key is made twice",
    );
    assert.equal(good(after, { pipelines: [{ ...B, pipeline_keys: second }] }, { owner: "file" }), after);
  });
}

test("a key that is named again is accepted again", () => {
  const two = { pipelines: [{ ...B, pipeline_keys: ["dk_aaaaaaaa", "dk_bbbbbbbb"] }] };
  const first = owned(null, two);
  const less = good(first, { pipelines: [{ ...B, pipeline_keys: ["dk_bbbbbbbb"] }] });
  const again = good(less, two);
  assert.deepEqual(again.pipelines[0]?.keys, first.pipelines[0]?.keys);
});
