/** `blueprint: …` of an integration: a vendor's ready-made mapping by its key. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defineConnector } from "../connector/define.ts";
import { compileMapping } from "../mapping/compile.ts";
import { readSignalFile, type ReadResult } from "./read-signal-file.ts";

const MAPPING = "version: 2\ndefaults: {action: drop}\n";
const blueprint = { key: "retail", name: "Retail", description: "Of shops.", vertical: "retail", mapping: MAPPING };
const connector = {
  ...defineConnector({
    ...{ key: "acme", name: "Acme", description: "", category: "other", status: "ga", website: "https://example.com" },
    api: { version: "1", documentation: "https://example.com" },
    ...{ config_fields: [], variants: [], consent_categories: [] },
    limits: { rps: 1, daily: 0, batch: { size: 1, bytes: 1_000, intervalMs: 0 }, concurrency: 1 },
    delivery: { endpoint: { url: "https://example.com" }, body: { encoding: "json" }, requests: "per_event" },
  }),
  blueprints: [blueprint],
};

function read(lines: string): ReadResult {
  const pipeline = "pipelines:\n  - {name: Shop, pipeline_key: dk_test_shop_01, integrations: [{integration: Acme}]}\n";
  const text = `version: 1\n${pipeline}integrations:\n  - name: Acme\n    vendor: acme\n${lines}`;
  return readSignalFile(text, {
    ...{ env: {}, environment: "development", connectors: new Map([["acme", connector]]) },
    compileMapping: (mapping) => compileMapping(mapping, {}),
    readFile: () => undefined,
  });
}

test("it is the mapping, and its text is kept", () => {
  const result = read("    blueprint: retail\n");
  assert.ok(result.ok, JSON.stringify(result));
  const [integration] = result.file.integrations;
  assert.equal(integration?.mappingText, MAPPING);
  assert.deepEqual(integration.content.mapping, { version: 2, defaults: { action: "drop" } });
  assert.deepEqual(result.warnings, []);
});

test("one that there is not, and two mappings, are faults at their lines", () => {
  const cases: [string, number, string, string][] = [
    ["    blueprint: retial\n", 7, 'Acme has no blueprint "retial"', 'Did you mean "retail"?'],
    [
      "    blueprint: retail\n    mapping: {version: 2}\n",
      7,
      "mapping and blueprint are both given",
      "Keep one of the two.",
    ],
    [
      "    mapping_file: m.yaml\n    blueprint: retail\n",
      8,
      "mapping_file and blueprint are both given",
      "Keep one of the two.",
    ],
  ];
  for (const [lines, line, message, cure] of cases) {
    const result = read(lines);
    assert.ok(!result.ok);
    assert.deepEqual(
      result.faults.map((fault) => [fault.line, fault.message, fault.cure]),
      [[line, message, cure]],
    );
  }
});

test("events that go to a vendor with blueprints as they are bring a warning", () => {
  const result = read("");
  assert.ok(result.ok, JSON.stringify(result));
  assert.deepEqual(
    result.warnings.map(({ message, cure }) => [message, cure]),
    [["Acme is sent events as they are, without a mapping", "Add blueprint: one of retail."]],
  );
});
