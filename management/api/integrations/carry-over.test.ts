import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonObject } from "@datafly-signal/core";
import type { IntegrationDocument } from "../configuration/configuration-changes.ts";
import { carryOver, type RevisionRequest } from "./carry-over.ts";
import { withoutParameters } from "./mapping-parameters.ts";

const field = (key: string, type: "string" | "secret") =>
  ({ key, label: key, type, required: false, help_text: "" }) as const;

const VENDOR = {
  config_fields: [
    field("url", "string"),
    field("token", "secret"),
    field("batch_enabled", "string"),
    field("batch_size", "string"),
  ],
  variants: [
    { key: "default", name: "", description: "", default_config: { tone: "calm" } },
    {
      key: "batched",
      name: "",
      description: "",
      default_config: { batch_enabled: "true", batch_size: 100, batch_interval_ms: 5000 },
    },
  ],
};

const BASE: IntegrationDocument = {
  id: "tmpl_1",
  name: "Orders",
  vendor: "webhook",
  variant: "default",
  description: "d",
  consent_categories: ["marketing"],
  rate_limits: { rate_limit_rps: 5 },
  config: { url: "https://a.example.com/", tone: "calm" },
  secrets: { token: "s3cret" },
  mapping: { version: 2 },
};

const BATCHED: Partial<IntegrationDocument> = {
  variant: "batched",
  config: { url: "u", batch_enabled: "true", batch_size: "100", batch_interval_ms: "5000" },
  batch: { size: 100, interval_ms: 5000 },
};

type Case = [what: string, base: Partial<IntegrationDocument>, asked: RevisionRequest, expected: JsonObject];

/** Of what is expected, only these parts are looked at. */
const CASES: Case[] = [
  [
    "everything, secrets too",
    {},
    {},
    {
      config: { url: "https://a.example.com/", tone: "calm", token: "s3cret" },
      consent_categories: ["marketing"],
      rate_limits: { rate_limit_rps: 5 },
      mapping: { version: 2 },
      variant: "default",
      name: "Orders",
      description: "d",
    },
  ],
  [
    "one setting over the others",
    {},
    { config: { url: "b" } },
    { config: { url: "b", tone: "calm", token: "s3cret" } },
  ],
  ["null as not given", {}, { config: { tone: null } }, { config: { url: "https://a.example.com/", token: "s3cret" } }],
  [
    "a secret that is shown as set",
    {},
    { config: { token: { set: true } } },
    { config: { url: "https://a.example.com/", tone: "calm", token: "s3cret" } },
  ],
  ["a secret left empty as not given", {}, { config: { url: "b", tone: null, token: "" } }, { config: { url: "b" } }],
  [
    "a mark of a secret that there is not, to be refused",
    { secrets: {}, config: {} },
    { config: { token: { set: true } } },
    { config: { token: { set: true } } },
  ],
  ["no categories where none are asked for", {}, { consent_categories: [] }, { consent_categories: [] }],
  [
    "limits by key",
    {},
    { rate_limits: { rate_limit_burst: 9, rate_limit_rps: null } },
    { rate_limits: { rate_limit_burst: 9 } },
  ],
  ["no mapping where null is asked for", {}, { mapping: null }, { mapping: null }],
  ["another mapping", {}, { mapping: "version: 2\n" }, { mapping: "version: 2\n" }],
  [
    "another variant's settings in the place of the former's",
    {},
    { variant: "batched" },
    { variant: "batched", config: { url: "https://a.example.com/", token: "s3cret" } },
  ],
  [
    "what differs from the former variant's",
    { config: { tone: "loud" } },
    { variant: "batched" },
    { config: { tone: "loud", token: "s3cret" } },
  ],
  [
    "no batch of a variant that is left",
    BATCHED,
    { variant: "default" },
    { batch: null, config: { url: "u", token: "s3cret" } },
  ],
  [
    "a setting in the place of its other spelling",
    BATCHED,
    { config: { batch_size: "50" } },
    {
      batch: { interval_ms: 5000 },
      config: { url: "u", batch_enabled: "true", batch_size: "50", batch_interval_ms: "5000", token: "s3cret" },
    },
  ],
  [
    "batch in the place of its other spelling",
    BATCHED,
    { batch: { size: 50 } },
    {
      batch: { size: 50, interval_ms: 5000 },
      config: { url: "u", batch_enabled: "true", batch_interval_ms: "5000", token: "s3cret" },
    },
  ],
  ["no sizes where batching is switched off", BATCHED, { config: { batch_enabled: "false" } }, { batch: null }],
  [
    "no sizes where batching was off",
    { config: { batch_enabled: "false" }, batch: { size: 1 } },
    { config: { url: "b" } },
    { batch: null, config: { batch_enabled: "false", url: "b", token: "s3cret" } },
  ],
  [
    "the parameters of another mapping in the place of settings",
    {},
    { mapping: { version: 2, parameters: { url: "b", token: { set: true } } } },
    {
      mapping: { version: 2, parameters: { url: "b", token: { set: true } } },
      config: { tone: "calm", token: "s3cret" },
    },
  ],
  [
    "a mapping without parameters that a setting contradicts",
    { mapping: "# Ours\nversion: 2\nparameters:\n  url: a # old\n\nglobal:\n  mappings: [] # none\n" },
    { config: { url: "b" } },
    {
      mapping: "# Ours\nversion: 2\nglobal:\n  mappings: [] # none\n",
      config: { url: "b", tone: "calm", token: "s3cret" },
    },
  ],
  [
    "a mapping with parameters that nothing contradicts",
    { mapping: "version: 2\nparameters: { url: a }\n" },
    { config: { tone: "loud" } },
    { mapping: "version: 2\nparameters: { url: a }\n" },
  ],
];

describe("the next revision takes over", () => {
  for (const [what, base, asked, expected] of CASES) {
    it(what, () => {
      const next: Record<string, unknown> = { ...carryOver({ ...BASE, ...base }, asked, VENDOR) };
      for (const [key, value] of Object.entries(expected)) assert.deepEqual(next[key] ?? null, value, key);
      assert.equal("secrets" in next, false);
    });
  }

  it("without changing what it is made from", () => {
    const before = structuredClone(BASE);
    carryOver(BASE, { config: { url: "b" }, batch: { size: 1 }, variant: "batched" }, VENDOR);
    assert.deepEqual(BASE, before);
  });
});

describe("a mapping without its parameters", () => {
  const cases: [what: string, mapping: string | JsonObject, expected: string | JsonObject][] = [
    ["an object", { version: 2, parameters: { a: 1 }, events: {} }, { version: 2, events: {} }],
    ["at the end", "version: 2\nparameters:\n  a: 1\n", "version: 2\n"],
    ["on one line", "version: 2\nparameters: { a: 1 }\nevents: {}\n", "version: 2\nevents: {}\n"],
    ["without any", "version: 2\n", "version: 2\n"],
    ["as JSON, printed anew", '{"version": 2, "parameters": {"a": 1}, "events": {}}', "version: 2\nevents: {}\n"],
    ["named in quotes, printed anew", 'version: 2\n"parameters": { a: 1 }\nevents: {}\n', "version: 2\nevents: {}\n"],
    ["that cannot be read", "version: [", "version: ["],
  ];
  for (const [what, mapping, expected] of cases) {
    it(what, () => assert.deepEqual(withoutParameters(mapping), expected));
  }
});
