import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigField } from "../connector/contract.ts";
import type { JsonValue } from "../json.ts";
import { checkMapping, type MappingCheckOptions } from "./check-mapping.ts";

const field = (key: string, type: ConfigField["type"]): ConfigField => ({
  key,
  type,
  label: key,
  required: false,
  help_text: "",
});
const VENDOR: NonNullable<MappingCheckOptions["vendor"]> = {
  name: "Test Vendor",
  config_fields: [field("pixel_id", "string"), field("access_token", "secret")],
  variants: [{ key: "default", name: "Default", description: "", default_config: { test_mode: "off" } }],
};

test("the version, also of documents with faults", () => {
  const cases: [JsonValue, 1 | 2 | null][] = [
    ["version: 2\n", 2],
    ["steps: []\n", 1],
    ["version: 2\nevnts: {}\n", 2],
    ["version: 1\nsteps: 5\n", 1],
    ["version: 3\n", null],
    ["a: [", null],
    ["", null],
    [null, null],
    [[], null],
    [{ version: 2 }, 2],
  ];
  for (const [source, version] of cases) assert.equal(checkMapping(source).version, version, JSON.stringify(source));
});

test("settings in the mapping: known to the vendor, secrets only by reference", () => {
  const text = `version: 2
parameters:
  pixel_id: 5
  test_mode: on
  batch_size: 10
  acces_token: x
  access_token: open
`;
  const { faults } = checkMapping(text, { vendor: VENDOR });
  assert.deepEqual(faults, [
    {
      path: "parameters.acces_token",
      message: "Test Vendor has no setting acces_token. Did you mean access_token?",
      line: 6,
      column: 3,
    },
    {
      path: "parameters.access_token",
      message: "The mapping holds the secret access_token in clear. Set it in the integration's secrets instead.",
      line: 7,
      column: 3,
    },
  ]);
  assert.deepEqual(checkMapping(text).faults, []);
  for (const access_token of ["{{pipeline_param.token}}", { set: true }, null]) {
    const parameters = { access_token };
    assert.deepEqual(checkMapping({ version: 2, parameters }, { vendor: VENDOR }).faults, []);
  }
  const sly = { version: 2, parameters: { access_token: { set: true, value: "open" } } };
  assert.equal(checkMapping(sly, { vendor: VENDOR }).faults.length, 1);
  assert.doesNotMatch(JSON.stringify(checkMapping(sly, { vendor: VENDOR })), /open"/);
});

test("pipeline parameters: those that are used, those that are missing, those that are secret", () => {
  const mapping = {
    version: 2,
    global: { mappings: [{ value: "{{pipeline_param.region}}", target: "a" }] },
    defaults: { action: "map", enrichments: [{ value: "{{pipeline_param.shop}}", target: "b" }] },
  };
  assert.deepEqual(checkMapping(mapping).pipelineParameters, ["region", "shop"]);
  const { warnings } = checkMapping(mapping, { pipelineParameters: ["regions", "shop"] });
  assert.deepEqual(warnings, [
    {
      path: "",
      message: "The pipeline has no parameter region: values that hold it are missing. Did you mean regions?",
    },
  ]);
  const { faults } = checkMapping(mapping, { secretParameters: ["shop"] });
  assert.deepEqual(
    faults.map(({ path }) => path),
    ["defaults.enrichments[0].value"],
  );
});
