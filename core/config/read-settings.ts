/** Splits an integration's flat settings by the vendor's fields: parameters, secrets and the batch spelling. */
import type { ConfigField } from "../connector/contract.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { collectGiven, isLiteral, type Given, type SettingsInput } from "./given-settings.ts";
import { parameterReferences } from "./pipeline-parameters.ts";
import { addFault, addWarning, scalarText, type ReadContext, type Spot } from "./read-context.ts";
import { suggestion } from "./suggest.ts";
import { warnOfClearSecrets } from "./warn-clear-secrets.ts";
import { plainValue } from "./yaml-source.ts";

export interface ReadSettings {
  parameters: JsonObject;
  secrets: Record<string, string>;
  /** Where each setting stands. */
  spots: Map<string, Spot>;
  /** Settings already found at fault. */
  faulty: Set<string>;
}

/** Reads `config`, `secrets` and the mapping's `parameters` as one set of settings. */
export function readSettings(context: ReadContext, input: SettingsInput): ReadSettings {
  const settings: ReadSettings = { parameters: {}, secrets: {}, spots: new Map(), faulty: new Set() };
  const variant = input.connector.variants.find((candidate) => candidate.key === input.variant);
  Object.assign(settings.parameters, structuredClone(variant?.default_config ?? {}));
  const fields = new Map(input.connector.config_fields.map((field) => [field.key, field]));
  const given = collectGiven(context, { ...input, fields, faulty: settings.faulty });
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
    `${key} must be one of: ${options.join(", ")}`,
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
  if (context.options.literal === true) return;
  const add = context.options.environment === "production" ? addFault : addWarning;
  add(
    context,
    spot,
    `the secret ${key} stands in the file in clear`,
    `Write ${key}: "\${${key.toUpperCase().replace(/[^A-Z0-9]+/g, "_")}}" and set that variable.`,
  );
}

function checkRequired(context: ReadContext, input: SettingsInput, settings: ReadSettings): void {
  // A delivery spec of its own says itself which settings it needs.
  if (input.connector.takes_delivery_spec === true && input.integration.entries.has("delivery_spec")) return;
  const config = input.integration.entries.get("config");
  const offset = config?.keyOffset ?? input.integration.offset;
  for (const field of input.connector.config_fields) {
    const value = field.type === "secret" ? settings.secrets[field.key] : settings.parameters[field.key];
    if (!field.required || field.default !== undefined || settings.faulty.has(field.key)) continue;
    const { unless } = field;
    if (unless !== undefined && (settings.parameters[unless] ?? "") !== "") continue;
    if (value !== undefined && value !== "") continue;
    settings.faulty.add(field.key);
    const own = settings.spots.get(field.key);
    const spot = own ?? { source: context.source, offset, path: [...input.path, "config", field.key] };
    const home = field.type === "secret" ? `secrets: { ${field.key}: "\${VARIABLE}" }` : `config: { ${field.key}: … }`;
    const cure = context.options.literal === true ? field.help_text : `Add ${home}`;
    addFault(context, spot, `${input.connector.name} needs ${field.key} (${field.label})`, cure);
  }
}
