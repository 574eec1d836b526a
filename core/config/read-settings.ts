/** Splits an integration's flat settings by the vendor's fields: parameters, secrets and the batch spelling (contracts §2). */
import type { ConfigField, Connector } from "../connector/contract.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import type { FaultPath } from "./fault.ts";
import { parameterReferences } from "./pipeline-parameters.ts";
import { addFault, addWarning, scalarText, scalarsOf, type ReadContext, type Spot } from "./read-context.ts";
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

export interface ReadSettings {
  parameters: JsonObject;
  secrets: Record<string, string>;
  /** Where each setting stands. */
  spots: Map<string, Spot>;
  /** Settings already found at fault. */
  faulty: Set<string>;
}

interface Given {
  node: SourceNode;
  spot: Spot;
  home: "config" | "secrets" | "mapping";
}

/** Another spelling of `batch`: taken also from vendors that do not list them as fields. */
export const BATCH_SPELLINGS = ["batch_enabled", "batch_size", "batch_bytes", "batch_interval_ms"] as const;

const TELLTALE_NAME = /SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|PRIVATE|API_?KEY/i;

/** Reads `config`, `secrets` and the mapping's `parameters` as one set of settings. */
export function readSettings(context: ReadContext, input: SettingsInput): ReadSettings {
  const settings: ReadSettings = { parameters: {}, secrets: {}, spots: new Map(), faulty: new Set() };
  const variant = input.connector.variants.find((candidate) => candidate.key === input.variant);
  Object.assign(settings.parameters, structuredClone(variant?.default_config ?? {}));
  const fields = new Map(input.connector.config_fields.map((field) => [field.key, field]));
  const given = collectGiven(context, { ...input, fields, settings });
  for (const [key, one] of given) {
    const field = fields.get(key);
    settings.spots.set(key, one.spot);
    const value = valueOf(context, { field, key, one });
    if (value === undefined) settings.faulty.add(key);
    else if (field?.type === "secret" || one.home === "secrets") takeSecret(context, { settings, key, one, value });
    else settings.parameters[key] = value;
  }
  checkRequired(context, input, settings);
  warnOfClearSecrets(context, input, given);
  return settings;
}

type CollectInput = SettingsInput & { fields: ReadonlyMap<string, ConfigField>; settings: ReadSettings };

function collectGiven(context: ReadContext, input: CollectInput): Map<string, Given> {
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
  input.settings.faulty.add(key);
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
    input.settings.faulty.add(key);
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
  if (one.home === "mapping" && textOf(one.node) === textOf(earlier.node)) return true;
  addFault(
    context,
    one.spot,
    `${key} is set in ${one.home === "mapping" ? "the mapping" : one.home} and in ${earlier.home}`,
    `Keep it in ${earlier.home} only.`,
  );
  return true;
}

function textOf(node: SourceNode): string {
  return node.kind === "scalar" ? scalarText(node) : JSON.stringify(plainValue(node));
}

function valueOf(
  context: ReadContext,
  input: { field: ConfigField | undefined; key: string; one: Given },
): JsonValue | undefined {
  const { field, key, one } = input;
  if (field === undefined && one.home !== "secrets") return plainValue(one.node);
  if (one.node.kind !== "scalar") {
    if (field?.type === "textarea") return JSON.stringify(plainValue(one.node));
    addFault(
      context,
      { ...one.spot, offset: one.node.offset },
      `${key} must be text`,
      "Write one value, in quotes if need be.",
    );
    return undefined;
  }
  const text = scalarText(one.node);
  const options = field?.type === "select" ? field.options : undefined;
  if (options === undefined || options.includes(text) || parameterReferences(text).length > 0) return text;
  addFault(
    context,
    { ...one.spot, offset: one.node.offset },
    `${key} is none of ${options.join(", ")}`,
    suggestion(one.node.raw, options),
  );
  return undefined;
}

function takeSecret(
  context: ReadContext,
  input: { settings: ReadSettings; key: string; one: Given; value: JsonValue },
): void {
  const { settings, key, one } = input;
  const text = String(input.value);
  context.secrets.add(text);
  settings.secrets[key] = text;
  if (text.endsWith("***")) {
    settings.faulty.add(key);
    addFault(
      context,
      one.spot,
      `the secret ${key} is masked (it ends in ***)`,
      "Give the secret itself, as the vendor showed it.",
    );
  } else if (text !== "" && isLiteral(one.node)) refusePlainSecret(context, one.spot, key);
}

/** A secret that stands in the file itself: a warning while developing, a fault in production. */
export function refusePlainSecret(context: ReadContext, spot: Spot, key: string): void {
  const add = context.options.environment === "production" ? addFault : addWarning;
  add(
    context,
    spot,
    `the secret ${key} stands in the file in clear`,
    `Write ${key}: "\${${key.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}}" and set that variable.`,
  );
}

/** True when nothing in it comes from a variable or a pipeline parameter. */
export function isLiteral(node: SourceNode): boolean {
  return node.kind !== "scalar" || (node.variables.length === 0 && parameterReferences(scalarText(node)).length === 0);
}

function checkRequired(context: ReadContext, input: SettingsInput, settings: ReadSettings): void {
  const config = input.integration.entries.get("config");
  const offset = config?.keyOffset ?? input.integration.offset;
  for (const field of input.connector.config_fields) {
    const value = field.type === "secret" ? settings.secrets[field.key] : settings.parameters[field.key];
    if (!field.required || field.default !== undefined || settings.faulty.has(field.key)) continue;
    if (value !== undefined && value !== "") continue;
    settings.faulty.add(field.key);
    const own = settings.spots.get(field.key);
    const spot = own ?? { source: context.source, offset, path: [...input.path, "config"] };
    const home = field.type === "secret" ? `secrets: { ${field.key}: "\${VARIABLE}" }` : `config: { ${field.key}: … }`;
    addFault(context, spot, `${input.connector.name} needs ${field.key} (${field.label})`, `Add ${home}`);
  }
}

/** Whatever is no secret field is kept and shown in clear: say so where a credential seems to be in one. */
function warnOfClearSecrets(context: ReadContext, input: SettingsInput, given: ReadonlyMap<string, Given>): void {
  const secret = [...given.values()].filter(
    (one) => one.home === "secrets" || isSecretField(input.connector, one.spot),
  );
  const ofSecrets = new Set(secret.flatMap((one) => (one.node.kind === "scalar" ? one.node.variables : [])));
  const clear = [...given.values()]
    .filter((one) => !secret.includes(one))
    .map((one) => ({ node: one.node, path: one.spot.path, source: one.spot.source }));
  const spec = input.integration.entries.get("delivery_spec");
  if (spec !== undefined)
    clear.push({ node: spec.node, path: [...input.path, "delivery_spec"], source: context.source });
  for (const [key, entry] of input.mapping?.root.entries ?? []) {
    if (key !== "parameters" && input.mapping !== undefined) {
      clear.push({ node: entry.node, path: [...input.mapping.path, key], source: input.mapping.source });
    }
  }
  for (const { node, path, source } of clear) {
    for (const scalar of scalarsOf(node, path)) {
      const name = scalar.node.variables.find((variable) => ofSecrets.has(variable) || TELLTALE_NAME.test(variable));
      if (name === undefined) continue;
      const spot = { source, offset: scalar.node.offset, path: scalar.path };
      addWarning(
        context,
        spot,
        `\${${name}} stands where values are kept and shown in clear`,
        "Use a secret setting of the vendor, if it has one for this.",
      );
    }
  }
}

function isSecretField(connector: Connector, spot: Spot): boolean {
  const key = spot.path.at(-1);
  return connector.config_fields.some((field) => field.key === key && field.type === "secret");
}
