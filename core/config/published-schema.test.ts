import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import Schema from "typebox/schema";
import { parse } from "yaml";
import { signalSchema } from "./published-schema.ts";

const ROOT = new URL("../../", import.meta.url);
const validates = Schema.Compile(signalSchema());

test("docs/signal.schema.json is what the generator makes", () => {
  const text = readFileSync(new URL("docs/signal.schema.json", ROOT), "utf8");
  assert.deepEqual(JSON.parse(text), signalSchema(), "run node scripts/signal-schema.ts");
});

test("every example of signal.yaml in the documentation is valid", () => {
  const pages = [
    "README.md",
    ...readdirSync(new URL("docs/", ROOT))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `docs/${name}`),
  ];
  for (const page of pages.filter((name) => existsSync(new URL(name, ROOT)))) {
    for (const [, example = ""] of readFileSync(new URL(page, ROOT), "utf8").matchAll(/```ya?ml\n([^`]*?)```/g)) {
      if (!/^version: 1$/m.test(example) || !/^(pipelines|integrations):/m.test(example)) continue;
      assert.ok(validates.Check(parse(example)), `${page}:\n${example}`);
    }
  }
});

const PIPELINE = { name: "Shop", pipeline_key: "dk_live_0123456789abcdef" };
const samples: [what: string, file: unknown, valid: boolean][] = [
  ["the least", { version: 1 }, true],
  ["no version", {}, false],
  ["a variable for a number", { version: 1, pipelines: [{ ...PIPELINE, rate_limit_rps: "${RPS}" }] }, true],
  ["a variable for a short key", { version: 1, pipelines: [{ name: "A", pipeline_key: "${K}" }] }, true],
  ["a variable for a choice", { version: 1, pipelines: [{ ...PIPELINE, type: "${TYPE}" }] }, true],
  ["text for a number", { version: 1, pipelines: [{ ...PIPELINE, rate_limit_rps: "many" }] }, false],
  ["no key", { version: 1, pipelines: [{ name: "A" }] }, false],
  ["an unknown key", { version: 1, pipelines: [{ ...PIPELINE, color: "red" }] }, false],
  [
    "empty lists",
    { version: 1, pipelines: [{ ...PIPELINE, domain_allowlist: null, integrations: null }], integrations: null },
    true,
  ],
  ["a revision", { version: 1, pipelines: [{ ...PIPELINE, integrations: [{ integration: "A", revision: 3 }] }] }, true],
  [
    "no revision's name",
    { version: 1, pipelines: [{ ...PIPELINE, integrations: [{ integration: "A", revision: "newest" }] }] },
    false,
  ],
  [
    "two mappings",
    { version: 1, integrations: [{ name: "A", vendor: "webhook", mapping: {}, mapping_file: "x" }] },
    false,
  ],
];
for (const [what, file, valid] of samples) {
  test(`published schema: ${what}`, () => {
    assert.equal(validates.Check(file), valid);
  });
}
