/** For tests: configurations of all kinds, made as they are made by people: in several changes, by file and by API. */
import fc from "fast-check";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { compileMapping } from "../mapping/compile.ts";
import { applyFile } from "./apply-file.ts";
import type { ApplyFault } from "./apply-draft.ts";
import { testOptions, testSeal } from "./config-fixture.ts";
import { type ConfigurationState, emptyConfiguration, type Owner } from "./configuration-state.ts";
import { type DocumentForm, fileDocument } from "./file-document.ts";
import { readSignalDocument } from "./read-signal-file.ts";
import type { SignalFile } from "./signal-file.ts";

export const NOW = Date.parse("2026-11-21T09:00:00.000Z");
export const SEAL = testSeal();

/** What breaks texts: YAML's own signs, variables, line ends, other scripts. */
const NASTY = [
  "plain",
  "${HOME}",
  "$${HOME} and ${",
  "$$$",
  "yes",
  "null",
  "1e3",
  "007",
  "0x10",
  "2026-11-21",
  "- item",
  "key: value # comment",
  "# all comment",
  'it\'s "quoted" \\ back',
  "& * ! | > % @ `",
  "two\nlines\n",
  "\n  indented\n\n\ttab\n",
  "trailing space ",
  " leading",
  "carriage\r\nreturn\r",
  "\u0085\u2028\u2029\ufeff\u0007",
  "Käse für 日本 👩‍👩‍👧",
  "?",
  "---",
  "",
];

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 30 }).filter((one) => !one.includes("\0")) },
);
const NAMES = [
  "Meta",
  "Meta access",
  "Meta access token",
  "meta",
  "日本",
  "${HOME} $${x}",
  "yes",
  "a: b #c",
  "Ünï cödé",
];
const name = fc.oneof(fc.constantFrom(...NAMES), fc.stringMatching(/^[\p{L}\p{N}]([\p{L} '"$-]{0,10}[\p{L}])?$/u));
const secret = fc.oneof(
  fc.nat(1e9).map((n) => `planted-secret-${n}-end`),
  fc.constantFrom("planted-secret-${x}-end", "planted-secret: '\n#-end", "planted-secret-$${-end"),
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });

const MAPPING_TEXTS = [
  "# made by hand\nversion: 2\nglobal:\n  mappings:\n    - { source: userId, target: id } # who\ndefaults: { action: drop }\n",
  'version: 2\nevents:\n  "Order Completed":\n    mappings:\n      - { value: "${HOME} {{pipeline_param.region}}", target: region }\n',
  "version: 2\r\nglobal:\r\n  mappings: [{ source: properties.price, target: 'the price' }]\r\n",
  "\ufeffversion: 2\n",
];
const mapping: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom(...MAPPING_TEXTS),
  fc.record({ value: text, region: fc.boolean() }).map(({ value, region }) => ({
    version: 2,
    global: { mappings: [{ value: region ? `{{pipeline_param.region}}${value}` : value, target: "a" }] },
    defaults: { action: "pass_through" },
  })),
);

const common = {
  consent_categories: fc.subarray(["advertising", "analytics"]),
  rate_limits: maybe(
    fc.record(
      {
        rate_limit_rps: fc.constantFrom(0.5, 1, 20),
        rate_limit_burst: fc.nat(9).map((n) => n + 1),
        rate_limit_daily: fc.nat(5),
      },
      { requiredKeys: [] },
    ),
  ),
  mapping: maybe(mapping),
};
const batch = maybe(
  fc.record(
    { size: fc.integer({ min: 1, max: 9 }), bytes: fc.constant(2048), interval_ms: fc.nat(9) },
    { requiredKeys: [] },
  ),
);

const webhook = fc
  .record({
    ...common,
    url: fc.constantFrom("https://a.example.com", "https://b.example.com/{{pipeline_param.region}}?${x}=$${y}"),
    method: maybe(fc.constantFrom("POST", "PUT")),
    headers: maybe(fc.oneof(text, fc.constant({ "X-One": "1", "${k}": "v" }))),
    timeout: maybe(fc.constantFrom(1000, "0500", "1e3")),
    batching: fc.constantFrom("section", "false", "true", "none"),
    batch,
    token: maybe(fc.oneof(secret, fc.constant("{{pipeline_param.token}}"))),
  })
  .map(({ url, method, headers, timeout, batching, batch: given, token, ...rest }) => ({
    ...rest,
    vendor: "webhook",
    config: {
      url,
      method,
      headers,
      timeout_ms: timeout,
      ...(batching === "false" && { batch_enabled: "false", batch_size: "7" }),
      ...(batching === "true" && { batch_enabled: true, batch_size: 8, batch_interval_ms: "500" }),
    },
    batch: batching === "section" ? given : undefined,
    secrets: { auth_token: token },
  }));
const meta = fc
  .record({
    ...common,
    pixel: fc.constantFrom("1", "012", "{{pipeline_param.pixel}}"),
    variant: fc.constantFrom("default", "retail"),
    pii: maybe(fc.boolean()),
    batch,
    token: secret,
  })
  .map(({ pixel, variant, pii, token, ...rest }) => ({
    ...rest,
    vendor: "meta_capi",
    variant,
    config: { pixel_id: pixel, ...(variant === "retail" && { hash_pii: pii }) },
    secrets: { access_token: token },
  }));
const content = fc.oneof(webhook, meta);
const custom = fc.record({ description: maybe(text), vendor_name: maybe(name) }, { requiredKeys: [] });

const key = fc.record({
  key: fc.stringMatching(/^[!-~]{8,20}$/).filter((one) => !one.endsWith("***")),
  expires_at: maybe(fc.constantFrom("2027-01-01T00:00:00.000Z", "2030-06-01T12:00:00Z", "2026-01-01T00:00:00+02:00")),
});
const pipeline = fc.record({
  name,
  slug: fc.stringMatching(/^[a-z0-9]{1,4}(-[a-z]{1,3})?$/),
  type: fc.constantFrom("web", "app", "server"),
  enabled: fc.boolean(),
  pipeline_keys: fc.uniqueArray(key, { maxLength: 3, selector: (one) => one.key }),
  domain_allowlist: fc.uniqueArray(
    fc.constantFrom("*", "*.example.com", "https://shop.example.com:8443", "bücher.example"),
  ),
  labels: fc.uniqueArray(fc.constantFrom("env:production", "${label}", "yes", "日本")),
  rate_limit_rps: fc.integer({ min: 1, max: 5000 }),
  note: text,
  token: secret,
  lanes: fc.array(fc.record({ enabled: fc.boolean(), at: fc.nat(9) }), { minLength: 4, maxLength: 4 }),
});

const layer = maybe(
  fc
    .record({ salt: maybe(secret), code: maybe(text), minutes: fc.integer({ min: 1, max: 60 }) })
    .map(({ salt, code, minutes }) => ({
      session: { timeout_minutes: minutes },
      pii_rules: { hash_fields: ["traits.email"], salt },
      ...(code !== undefined && code !== "" && { custom_js: { code } }),
    })),
);
const organisation = maybe(fc.constant({ consent: { default_policy: { analytics: true } } }));

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("revise" as const), at: fc.nat(9), content }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("pin" as const),
      at: fc.nat(20),
      revision: fc.constantFrom(0, 1, 1, 1, 2, 3),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rename" as const), at: fc.nat(9), name, custom }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("pipeline" as const), at: fc.nat(9), pipeline }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("layer" as const), layer }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), at: fc.nat(20) }) },
);

export const randomHistory = fc.record({
  owner: fc.constantFrom<Owner[]>(null, "file"),
  pipelines: fc.uniqueArray(pipeline, { maxLength: 3, selector: (one) => one.slug }),
  integrations: fc.array(fc.tuple(name, content, custom), { maxLength: 4 }),
  layer,
  organisation,
  steps: fc.array(step, { maxLength: 10 }),
});
export type RandomHistory = typeof randomHistory extends fc.Arbitrary<infer T> ? T : never;
type Step = RandomHistory["steps"][number];

export const openForm: DocumentForm = {
  isExport: false,
  text: (value) => value,
  secret: (sealed, { object, field }) =>
    SEAL.keyring.open(sealed, { organisation: SEAL.organisationId, object, field }),
};

/** Reads plain data as the API does. */
export function readDocument(document: object): { file: SignalFile } | { faults: string[] } {
  const read = readSignalDocument(JSON.parse(JSON.stringify(document)) as JsonObject, {
    ...testOptions({ compileMapping: (one) => compileMapping(one, {}) }),
    literal: true,
  });
  return read.ok ? { file: read.file } : { faults: read.faults.map(({ path, message }) => `${path}: ${message}`) };
}

let made = 0;

export function applyTo(
  state: ConfigurationState,
  file: SignalFile,
  given: Partial<Parameters<typeof applyFile>[2]> = {},
): { state: ConfigurationState; changes: string[] } | { faults: ApplyFault[] } {
  const applied = applyFile(state, file, {
    seal: SEAL,
    environment: "development",
    owner: null,
    waiting: () => 0,
    discardWaiting: false,
    fileName: "signal.yaml",
    now: NOW + state.number * 1000,
    // In no order within one moment, as chance makes them.
    newId: (prefix) => `${prefix}${((made += 1) * 7919) % 10_007}_${made}`,
    author: null,
    ...given,
  });
  return applied.ok ? applied : { faults: applied.faults };
}

export function emptyState(): ConfigurationState {
  return emptyConfiguration({ id: "org_test", name: "Test", now: NOW });
}

/** As it comes back from the database: objects in the order of their time, then of their ids. */
export function reloaded(state: ConfigurationState): ConfigurationState {
  const copy = JSON.parse(JSON.stringify(state)) as ConfigurationState;
  const order = <T extends { id: string; createdAt: number }>(list: T[]): T[] =>
    list.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  for (const one of copy.pipelines) order(one.keys);
  return {
    ...copy,
    pipelines: order(copy.pipelines),
    integrations: order(copy.integrations),
    lanes: order(copy.lanes),
  };
}

export function wholeDocument(state: ConfigurationState): JsonObject {
  const integrations = state.integrations.filter(({ deletedAt }) => deletedAt === null);
  return fileDocument(
    state,
    { pipelines: state.pipelines, integrations, dataLayer: true, organisation: true },
    openForm,
  );
}

/** The configuration that a history leads to; changes that are refused are left out. */
export function lived(history: RandomHistory): ConfigurationState {
  const first = {
    version: 1,
    integrations: history.integrations.map(([called, one, more], index) => ({
      id: `tmpl_${index}`,
      name: called,
      ...more,
      ...one,
    })),
    pipelines: history.pipelines.map((one, index) => pipelineDocument(one, index, history.integrations.length)),
    data_layer: history.layer,
    organisation: history.organisation,
  };
  let state = applied(emptyState(), first, history.owner) ?? emptyState();
  for (const one of history.steps) state = reloaded(stepped(state, one) ?? state);
  return reloaded(state);
}

function applied(state: ConfigurationState, document: object, owner: Owner = null): ConfigurationState | undefined {
  const read = readDocument(document);
  if ("faults" in read) return undefined;
  const result = applyTo(state, read.file, { owner });
  return "state" in result ? result.state : undefined;
}

function pipelineDocument(one: RandomHistory["pipelines"][number], index: number, integrations: number): JsonObject {
  const { note, token, lanes, pipeline_keys, ...rest } = one;
  const assigned = lanes.slice(0, integrations).flatMap(({ enabled, at }, place) => {
    return at > 7 ? [] : [{ integration: `tmpl_${place}`, enabled }];
  });
  return JSON.parse(
    JSON.stringify({
      ...rest,
      id: `pip_${index}`,
      pipeline_keys: pipeline_keys.map((given) => (given.expires_at === undefined ? given.key : given)),
      parameters: { region: "eu", pixel: "12", token, note },
      integrations: assigned,
    }),
  ) as JsonObject;
}

function stepped(state: ConfigurationState, one: Step): ConfigurationState | undefined {
  // All changes after the first are the API's, which changes nothing of a file's: there it is the file that changes.
  const owner = state.pipelines[0]?.owner ?? state.integrations[0]?.owner ?? null;
  const document = wholeDocument(state);
  const at = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)];
  const integrations = listOf(document["integrations"]);
  const pipelines = listOf(document["pipelines"]);
  if (one.kind === "remove") {
    const lane = at(state.lanes, one.at);
    const result = applyTo(
      state,
      { version: 1, pipelines: [], integrations: [], sections: {} },
      { owner, remove: { lanes: lane ? [lane.id] : [] } },
    );
    return "state" in result ? result.state : undefined;
  }
  if (one.kind === "layer") document["data_layer"] = JSON.parse(JSON.stringify(one.layer ?? {})) as JsonValue;
  const integration = "at" in one ? at(integrations, one.at) : undefined;
  if (one.kind === "revise" && integration !== undefined) {
    const { id, name: called, vendor_name, description } = integration;
    const next = {
      id,
      name: called,
      ...(vendor_name !== undefined && { vendor_name }),
      ...(description !== undefined && { description }),
    };
    document["integrations"] = integrations.map((other) =>
      other === integration ? (JSON.parse(JSON.stringify({ ...next, ...one.content })) as JsonObject) : other,
    );
  }
  if (one.kind === "rename" && integration !== undefined) Object.assign(integration, { name: one.name, ...one.custom });
  if (one.kind === "pin") {
    const lane = at(
      pipelines.flatMap((each) => listOf(each["integrations"])),
      one.at,
    );
    if (lane !== undefined) lane["revision"] = one.revision === 0 ? "latest" : one.revision;
  }
  if (one.kind === "pipeline" && pipelines.length > 0) {
    const index = one.at % pipelines.length;
    const { id, integrations: lanes } = pipelines[index] ?? {};
    pipelines[index] = {
      ...pipelineDocument(one.pipeline, index, 0),
      ...(id !== undefined && { id }),
      integrations: lanes ?? [],
    };
    document["pipelines"] = pipelines;
  }
  return applied(state, document, owner);
}

function listOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
