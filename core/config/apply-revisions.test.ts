import assert from "node:assert/strict";
import { test } from "node:test";
import { testSeal } from "./config-fixture.ts";
import type { ConfigurationState } from "./configuration-state.ts";
import { UNREADABLE } from "./content-seal.ts";
import { exportFile } from "./export-file.ts";
import { applyTo, emptyState, openForm, readDocument, reloaded } from "./random-configuration-fixture.ts";

type Given = Parameters<typeof applyTo>[2];

const URL = (letter: string) => ({ url: `https://${letter}.example.com` });
const HOOK = { id: "tmpl_hook", name: "Hook", vendor: "webhook", config: URL("a") };
const META = {
  id: "tmpl_hook",
  name: "Hook",
  vendor: "meta_capi",
  config: { pixel_id: "1" },
  secrets: { access_token: "planted-meta" },
};
const shop = (integrations: object[], more: object = {}) => ({
  ...{ id: "pip_shop", name: "Shop", slug: "shop", pipeline_keys: ["dk_live_shop1234"], integrations },
  ...more,
});

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

/** An integration with a revision for each letter. */
function revised(...letters: string[]): ConfigurationState {
  return letters.reduce(
    (state, letter) => good(state, { integrations: [{ ...HOOK, config: URL(letter) }] }),
    emptyState(),
  );
}

const numbers = ({ integrations }: ConfigurationState): number[] =>
  integrations[0]?.revisions.map(({ number }) => number) ?? [];
const urlOf = ({ integrations }: ConfigurationState, number: number): unknown =>
  integrations[0]?.revisions.find((one) => one.number === number)?.content?.parameters["url"];

test("an integration that was deleted goes on counting, with its history and without its lanes", () => {
  const state = good(revised("a", "b"), {
    integrations: [{ ...HOOK, config: URL("b") }],
    pipelines: [shop([{ integration: "tmpl_hook" }])],
  });
  const gone = applyTo(
    state,
    { version: 1, pipelines: [], integrations: [], sections: {} },
    { remove: { integrations: ["tmpl_hook"] } },
  );
  assert.ok("state" in gone);
  assert.deepEqual(gone.state.lanes, []);
  assert.notEqual(gone.state.integrations[0]?.deletedAt, null);
  const same = good(gone.state, { integrations: [{ ...HOOK, config: URL("b") }] });
  assert.deepEqual(numbers(same), [1, 2]);
  assert.equal(same.integrations[0]?.deletedAt, null);
  assert.deepEqual(numbers(good(gone.state, { integrations: [{ ...HOOK, config: URL("c") }] })), [1, 2, 3]);
  const other = good(gone.state, { integrations: [{ ...HOOK, id: "tmpl_other" }] });
  assert.match(
    faults(other, { integrations: [{ ...HOOK, config: URL("b") }] })[0] ?? "",
    /^taken .*has the name "Hook"/,
  );
});

test("earlier revisions are taken up with their numbers, and the content's own", () => {
  const document = {
    integrations: [
      {
        ...HOOK,
        config: URL("c"),
        revision: 7,
        earlier_revisions: [
          { revision: 2, config: URL("a") },
          { revision: 5, config: URL("b") },
        ],
      },
    ],
    pipelines: [shop([{ integration: "tmpl_hook", revision: 5 }])],
  };
  const state = good(emptyState(), document);
  assert.deepEqual(numbers(state), [2, 5, 7]);
  assert.equal(urlOf(state, 5), "https://b.example.com");
  assert.equal(good(state, document), state);
  const next = good(state, { integrations: [{ ...HOOK, config: URL("d"), revision: 7 }] });
  assert.deepEqual(numbers(next), [2, 5, 7, 8], "a number that is taken does not count again");
});

test("a history is taken up on top of another one, as long as it comes after it", () => {
  const earlier = [{ revision: 3, config: URL("x") }];
  const state = good(revised("a", "b"), {
    integrations: [{ ...HOOK, config: URL("x"), revision: 7, earlier_revisions: earlier }],
    pipelines: [shop([{ integration: "tmpl_hook", revision: 7 }])],
  });
  assert.deepEqual(numbers(state), [1, 2, 3, 7], "the same content under two numbers is two revisions");
});

const EARLIER: [what: string, letters: string[], integration: object, fault: RegExp][] = [
  [
    "it comes late",
    ["a"],
    { revision: 9, earlier_revisions: [{ revision: 8, config: URL("x") }], number: 9 },
    /revision 8 .* cannot be added: 9 is there/,
  ],
  [
    "what is there differs",
    ["a", "b"],
    { earlier_revisions: [{ revision: 1, config: URL("x") }] },
    /revision 1 of "Hook" is there already, and differs .*config\.url/,
  ],
];
for (const [what, letters, integration, fault] of EARLIER) {
  test(`an earlier revision is refused: ${what}`, () => {
    const { number, ...given } = integration as { number?: number };
    const state =
      number === undefined
        ? revised(...letters)
        : good(emptyState(), { integrations: [{ ...HOOK, revision: number }] });
    assert.match(
      faults(state, { integrations: [{ ...HOOK, config: URL(letters.at(-1) ?? "a"), ...given }] })[0] ?? "",
      fault,
    );
  });
}

const ORDER: [what: string, integration: object, path: string][] = [
  [
    "downwards",
    { earlier_revisions: [{ revision: 3 }, { revision: 2 }] },
    "integrations[0].earlier_revisions[1].revision",
  ],
  ["twice", { earlier_revisions: [{ revision: 3 }, { revision: 3 }] }, "integrations[0].earlier_revisions[1].revision"],
  [
    "not below the content's own",
    { revision: 3, earlier_revisions: [{ revision: 3 }] },
    "integrations[0].earlier_revisions[0].revision",
  ],
  ["none", { earlier_revisions: [{}] }, "integrations[0].earlier_revisions[0]"],
];
for (const [what, integration, path] of ORDER) {
  test(`numbers of earlier revisions stand in order: ${what}`, () => {
    const earlier = (integration as { earlier_revisions: object[] }).earlier_revisions;
    const whole = { ...HOOK, ...integration, earlier_revisions: earlier.map((one) => ({ ...one, config: URL("x") })) };
    const read = readDocument({ version: 1, integrations: [whole] });
    assert.ok("faults" in read);
    assert.equal(read.faults.length, 1, read.faults.join("\n"));
    assert.ok(read.faults[0]?.startsWith(`${path}: `), read.faults[0]);
  });
}

test("a number that there is not cannot be pinned", () => {
  for (const revision of [3, 1_000_000]) {
    const found = faults(revised("a", "b"), {
      integrations: [{ ...HOOK, config: URL("b") }],
      pipelines: [shop([{ integration: "tmpl_hook", revision }])],
    });
    assert.match(
      found[0] ?? "",
      new RegExp(`^invalid pipelines\\[0\\].*revision ${revision} of "Hook" does not exist`),
    );
  }
});

test("a vendor does not change under a pipeline that stays at a revision of the one before", () => {
  const state = good(emptyState(), {
    integrations: [HOOK],
    pipelines: [shop([{ integration: "tmpl_hook", revision: 1 }])],
  });
  assert.match(
    faults(state, { integrations: [META] })[0] ?? "",
    /^invalid integrations\[0\]: "Shop" stays at revision 1 .*vendor webhook/,
  );
  const following = good(emptyState(), { integrations: [HOOK], pipelines: [shop([{ integration: "tmpl_hook" }])] });
  assert.equal(good(following, { integrations: [META] }).integrations[0]?.vendor, "meta_capi");
  assert.match(
    faults(following, { integrations: [META] }, { waiting: () => 1 })[0] ?? "",
    /^waiting integrations\[0\]/,
  );
});

test("comments in a mapping's text are kept as they were written last", () => {
  const mapped = (mapping: unknown) => ({ integrations: [{ ...HOOK, mapping }] });
  const first = good(emptyState(), mapped("version: 2 # one\n"));
  assert.deepEqual(first.integrations[0]?.revisions[0]?.mappingText, "version: 2 # one\n");
  assert.equal(good(first, mapped("version: 2 # one\n")), first);
  assert.equal(good(first, mapped({ version: 2 })), first, "that it is data says nothing new");
  const second = apply(first, mapped("version: 2 # two\n"));
  assert.ok("state" in second);
  assert.deepEqual(second.changes, ['integration "Hook": revision 2 (the mapping\'s text)']);
});

test("a mapping's text that variables are filled in keeps what they made, not what was written", async () => {
  const { readSignalFile } = await import("./read-signal-file.ts");
  const { testOptions } = await import("./config-fixture.ts");
  const files: Record<string, string> = {
    "filled.yaml": 'version: 2\nglobal: { mappings: [{ value: "${PLACE}", target: a }] } # why\n',
    "plain.yaml": 'version: 2 # ${PLACE}\nglobal: { mappings: [{ value: "eu", target: a }] }\n',
    "dollar.yaml": 'version: 2\nglobal: { mappings: [{ value: "$${PLACE}", target: a }] } # why\n',
  };
  for (const [name, hasText] of [
    ["filled.yaml", false],
    ["plain.yaml", true],
    ["dollar.yaml", false],
  ] as const) {
    const text = `version: 1\nintegrations:\n  - { name: Hook, vendor: webhook, config: { url: "https://a.example.com" }, mapping_file: ${name} }\n`;
    const options = {
      env: { PLACE: "eu" },
      readFile: (one: string) => files[one],
      compileMapping: (mapping: unknown) => ({ mapping }),
    };
    const read = readSignalFile(text, testOptions(options));
    assert.ok(read.ok, JSON.stringify(read));
    assert.equal(read.file.integrations[0]?.mappingText, hasText ? files[name] : null, name);
    const applied = applyTo(emptyState(), read.file);
    assert.ok("state" in applied);
    const back = readDocument({ version: 1, integrations: JSON.parse(JSON.stringify(documentOf(applied.state))) });
    assert.ok("file" in back);
    assert.deepEqual(back.file.integrations[0]?.content, read.file.integrations[0]?.content);
  }
});

function documentOf(state: ConfigurationState): unknown[] {
  return state.integrations.map(({ id, name, vendor, revisions }) => {
    const last = revisions.at(-1);
    return {
      id,
      name,
      vendor,
      config: last?.content?.parameters,
      mapping: last?.mappingText ?? last?.content?.mapping,
    };
  });
}

const TOKEN = "planted-parameter";
const withToken = shop([{ integration: "tmpl_hook" }, { integration: "tmpl_other" }], {
  parameters: { token: TOKEN, region: "eu" },
});
const OTHER = { id: "tmpl_other", name: "Other", vendor: "webhook", config: URL("o") };

test("a parameter that a secret setting comes to use is a secret from then on, whoever owns its pipeline", () => {
  for (const owner of [null, "file"] as const) {
    const beside = good(emptyState(), { integrations: [HOOK, OTHER], pipelines: [withToken] }, { owner: null });
    const before =
      owner === null ? beside : good(beside, { pipelines: [{ ...withToken, integrations: [] }] }, { owner });
    assert.equal(before.pipelines[0]?.parameters["token"], TOKEN);
    const after = good(before, { integrations: [{ ...HOOK, secrets: { auth_token: "{{pipeline_param.token}}" } }] });
    const [pipeline] = after.pipelines;
    assert.equal(pipeline?.owner, owner);
    assert.deepEqual(pipeline.parameters, { region: "eu" });
    const address = { object: "pip_shop", field: "token" };
    assert.equal(openForm.secret(pipeline.secretParameters["token"] ?? "", address), TOKEN);
    assert.doesNotMatch(exportFile(after).text, /planted/);
    if (owner === null) continue;
    const again = apply(after, { pipelines: [{ ...withToken, integrations: [] }] }, { owner });
    assert.ok("state" in again);
    assert.equal(again.state, after, "the file does not take it back");
  }
});

test("what a mapping shows cannot become a secret, also where another integration makes it one", () => {
  const mapping = { version: 2, global: { mappings: [{ value: "{{pipeline_param.token}}", target: "a" }] } };
  const before = good(emptyState(), { integrations: [HOOK, { ...OTHER, mapping }], pipelines: [withToken] });
  const found = faults(before, { integrations: [{ ...HOOK, secrets: { auth_token: "{{pipeline_param.token}}" } }] });
  assert.deepEqual(found, [
    'invalid integrations[0]: the mapping of "Other" uses token, which is a secret parameter of "Shop"',
  ]);
});

test("a pinned revision is checked with the parameters that its pipeline has", () => {
  const placed = { ...HOOK, config: { url: "https://{{pipeline_param.region}}.example.com" } };
  const following = good(emptyState(), {
    integrations: [placed],
    pipelines: [shop([{ integration: "tmpl_hook", revision: 1 }], { parameters: { region: "eu" } })],
  });
  const moved = good(following, { integrations: [HOOK] });
  const bare = { integrations: [HOOK], pipelines: [shop([{ integration: "tmpl_hook", revision: 1 }])] };
  assert.match(
    faults(moved, bare)[0] ?? "",
    /^invalid pipelines\[0\].* revision 1 of "Hook" needs the pipeline parameter region/,
  );
  good(moved, { integrations: [HOOK], pipelines: [shop([{ integration: "tmpl_hook" }])] });
  // The latest needs what a pipeline that stays behind has not: nothing is wrong with that.
  const ahead = good(
    good(emptyState(), { integrations: [HOOK], pipelines: [shop([{ integration: "tmpl_hook", revision: 1 }])] }),
    { integrations: [placed] },
  );
  const { text, variables } = exportFile(ahead);
  assert.equal(variables.size, 0);
  assert.match(text, /earlier_revisions/);
});

test("what was given up is listed once, in whatever order it is kept", () => {
  const integrations = ["a", "b", "c"].map((letter) => ({
    ...HOOK,
    id: `tmpl_${letter}`,
    name: letter,
    config: URL(letter),
  }));
  const lanes = integrations.map(({ id }) => ({ id: id.replace("tmpl", "pi"), integration: id }));
  const before = good(emptyState(), { integrations, pipelines: [shop(lanes)] });
  const waiting = () => 5;
  const gone = applyTo(
    before,
    { version: 1, pipelines: [], integrations: [], sections: {} },
    { waiting, discardWaiting: true, remove: { integrations: ["tmpl_a", "tmpl_c"], lanes: ["pi_b"] } },
  );
  assert.ok("state" in gone);
  assert.deepEqual(
    gone.state.departures.map(({ integrationId, pipelineIntegrationId }) => [integrationId, pipelineIntegrationId]),
    [
      ["tmpl_a", null],
      ["tmpl_b", "pi_b"],
      ["tmpl_c", null],
    ],
  );
  for (const departures of [gone.state.departures, gone.state.departures.toReversed()]) {
    const state: ConfigurationState = { ...reloaded(gone.state), departures };
    assert.equal(good(state, {}, { waiting }), state);
  }
  assert.deepEqual(good(gone.state, {}, { waiting: () => 0 }).departures, []);
});

test("a secret that no key opens stays as it is where its object is written again", () => {
  const parameters = { token: TOKEN, region: "eu" };
  const integrations = [{ ...HOOK, secrets: { auth_token: "{{pipeline_param.token}}" } }];
  const before = good(emptyState(), {
    integrations,
    pipelines: [shop([{ integration: "tmpl_hook" }], { parameters })],
  });
  const marked = { ...HOOK, secrets: { auth_token: UNREADABLE } };
  const again = good(
    before,
    {
      integrations: [marked],
      pipelines: [
        shop([{ integration: "tmpl_hook" }], { name: "New", parameters: { ...parameters, token: UNREADABLE } }),
      ],
    },
    { seal: testSeal("z") },
  );
  assert.deepEqual(again.pipelines[0]?.secretParameters, before.pipelines[0]?.secretParameters);
  assert.deepEqual(
    again.integrations[0]?.revisions.at(-1)?.content?.secrets,
    before.integrations[0]?.revisions[0]?.content?.secrets,
  );
  assert.equal(again.pipelines[0]?.name, "New");
});
