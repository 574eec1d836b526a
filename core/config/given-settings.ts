/** Gathers what an integration sets, in `config`, `secrets` and the mapping's `parameters`, and refuses what the vendor does not know. */
import type { ConfigField, Connector } from "../connector/contract.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { FaultPath } from "./fault.ts";
import { parameterReferences } from "./pipeline-parameters.ts";
import { addFault, scalarText, type ReadContext, type Spot } from "./read-context.ts";
import type { ReadMapping } from "./read-mapping.ts";
import { suggestion } from "./suggest.ts";
import { plainValue, type Source, type SourceMap, type SourceNode } from "./yaml-source.ts";

export interface SettingsInput {
  connector: Connector;
  integration: SourceMap;
  path: FaultPath;
  variant: string;
  mapping: ReadMapping | undefined;
}

export interface Given {
  node: SourceNode;
  spot: Spot;
  home: "config" | "secrets" | "mapping";
}

/** Another spelling of `batch`: taken also from vendors that do not list them as fields. */
export const BATCH_SPELLINGS = ["batch_enabled", "batch_size", "batch_bytes", "batch_interval_ms"] as const;

type CollectInput = SettingsInput & {
  fields: ReadonlyMap<string, ConfigField>;
  /** Takes the settings found at fault. */
  faulty: Set<string>;
};

/** Every setting once, by key, with the place it was given at. */
export function collectGiven(context: ReadContext, input: CollectInput): Map<string, Given> {
  const given = new Map<string, Given>();
  for (const [key, one] of settingsOf(context, input)) {
    if (one.node.kind === "scalar" && one.node.value === null) continue;
    if (
      one.home === "mapping" &&
      input.fields.get(key)?.type === "secret" &&
      !isReference(context, { key, one, input })
    )
      continue;
    if (isKnown(context, input, { key, one }) && !isRepeated(context, { key, one, earlier: given.get(key) }))
      given.set(key, one);
  }
  return given;
}

/** The entries of the three homes, in the order in which they count. */
function* settingsOf(context: ReadContext, input: CollectInput): Generator<[string, Given]> {
  for (const home of ["config", "secrets"] as const) {
    const map = input.integration.entries.get(home)?.node;
    if (map?.kind === "map") yield* entriesOf({ map, home, source: context.source, path: [...input.path, home] });
  }
  const parameters = input.mapping?.root.entries.get("parameters")?.node;
  if (parameters === undefined || input.mapping === undefined) return;
  const { source } = input.mapping;
  const path = [...input.mapping.path, "parameters"];
  if (parameters.kind === "map") yield* entriesOf({ map: parameters, home: "mapping", source, path });
  else if (parameters.kind === "list" || parameters.value !== null) {
    addFault(
      context,
      { source, offset: parameters.offset, path },
      "parameters must be a map of keys and values",
      "Write one key and value a line.",
    );
  }
}

function* entriesOf(from: {
  map: SourceMap;
  home: Given["home"];
  source: Source;
  path: FaultPath;
}): Generator<[string, Given]> {
  for (const [key, entry] of from.map.entries) {
    const spot = { source: from.source, offset: entry.keyOffset, path: [...from.path, key] };
    yield [key, { node: entry.node, spot, home: from.home }];
  }
}

/** In a mapping a secret is a reference: a variable, a pipeline parameter, or `{set: true}` for one that is set elsewhere. */
function isReference(context: ReadContext, given: { key: string; one: Given; input: CollectInput }): boolean {
  const { key, one, input } = given;
  if (one.node.kind === "map" && JSON.stringify(plainValue(one.node)) === '{"set":true}') return false;
  if (!isLiteral(one.node)) return true;
  if (one.node.kind === "scalar") context.secrets.add(scalarText(one.node));
  input.faulty.add(key);
  addFault(
    context,
    one.spot,
    `the mapping holds the secret ${key} in clear`,
    `Write secrets: { ${key}: "\${VARIABLE}" } in the integration instead.`,
  );
  return false;
}

function isKnown(context: ReadContext, input: CollectInput, given: { key: string; one: Given }): boolean {
  const { key, one } = given;
  const field = input.fields.get(key);
  const spec = input.integration.entries.has("delivery_spec");
  if (one.home === "secrets" && field !== undefined && field.type !== "secret") {
    addFault(context, one.spot, `${key} is not a secret setting of ${input.connector.name}`, "Move it to config.");
    input.faulty.add(key);
    return false;
  }
  if (field !== undefined || (spec && one.home !== "mapping")) return true;
  const ofVariants = input.connector.variants.flatMap((variant) => Object.keys(variant.default_config));
  const known = [...input.fields.keys(), ...ofVariants, ...BATCH_SPELLINGS.filter((name) => name !== "batch_enabled")];
  if (one.home !== "secrets" && known.includes(key)) return true;
  const choice = [...input.fields.values()].filter(
    (candidate) => one.home !== "secrets" || candidate.type === "secret",
  );
  addFault(
    context,
    one.spot,
    `${input.connector.name} has no ${one.home === "secrets" ? "secret " : ""}setting "${key}"`,
    suggestion(
      key,
      choice.map((candidate) => candidate.key),
    ),
  );
  return false;
}

/** The mapping's `parameters` are a view: they may repeat a setting, not contradict it. */
function isRepeated(context: ReadContext, given: { key: string; one: Given; earlier: Given | undefined }): boolean {
  const { key, one, earlier } = given;
  if (earlier === undefined) return false;
  if (one.home === "mapping" && isSameValue(one.node, earlier.node)) return true;
  addFault(
    context,
    one.spot,
    `${key} is set in ${one.home === "mapping" ? "the mapping" : one.home} and in ${earlier.home}`,
    `Keep it in ${earlier.home} only.`,
  );
  return true;
}

/** As written, or as it is kept: an export writes the value. */
function isSameValue(a: SourceNode, b: SourceNode): boolean {
  return textOf(a) === textOf(b) || canonicalJson(plainValue(a)) === canonicalJson(plainValue(b));
}

function textOf(node: SourceNode): string {
  return node.kind === "scalar" ? scalarText(node) : JSON.stringify(plainValue(node));
}

/** True when nothing in it comes from a variable or a pipeline parameter. */
export function isLiteral(node: SourceNode): boolean {
  return node.kind !== "scalar" || (node.variables.length === 0 && parameterReferences(scalarText(node)).length === 0);
}
