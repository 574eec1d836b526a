/** Checks a mapping on its own, for the one who writes it: all that is wrong with it, and what whoever uses it must provide. */
import type { Connector } from "../connector/contract.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { compileRunner, type MappingOptions } from "../mapping/compile.ts";
import type { MappingFault } from "../mapping/contract.ts";
import { formatPlace } from "../mapping/path.ts";
import { readSourceText } from "../mapping/source-text.ts";
import { didYouMean } from "../mapping/suggest.ts";
import { isStepMapping } from "../mapping/v1/document.ts";
import { BATCH_SPELLINGS } from "./given-settings.ts";
import { parameterReferences } from "./pipeline-parameters.ts";

export interface MappingCheck {
  /** Which form it has; null where that cannot be told. */
  version: 1 | 2 | null;
  faults: MappingFault[];
  /** Likely slips that are no faults. */
  warnings: MappingFault[];
  /** Names of the pipeline parameters that its rows use; empty where it has faults. */
  pipelineParameters: string[];
}

export interface MappingCheckOptions extends MappingOptions {
  /** The vendor whose settings the mapping's `parameters` may repeat. */
  vendor?: Pick<Connector, "name" | "config_fields" | "variants">;
  /** The parameters that its pipeline has, without the secret ones. */
  pipelineParameters?: readonly string[];
}

/** Checks plain data, or text as YAML or JSON. Whatever is wrong is a value: the answer to every text is a check. */
export function checkMapping(source: JsonValue, options: MappingCheckOptions = {}): MappingCheck {
  const text = typeof source === "string" ? readSourceText(source) : undefined;
  const made = compileRunner(source, { ...options, traced: false }, text);
  const document = text === undefined ? source : text.value;
  const at: At = (key, message) => ({
    path: formatPlace(["parameters", key]),
    message,
    ...text?.locate(["parameters", key], true),
  });
  const pipelineParameters = "faults" in made ? [] : made.pipelineParameters;
  return {
    version: versionOf(document),
    faults: [...("faults" in made ? made.faults : []), ...settingFaults(document, options.vendor, at)],
    warnings: [...(made.warnings ?? []), ...missingParameters(pipelineParameters, options.pipelineParameters)],
    pipelineParameters,
  };
}

function versionOf(document: JsonValue): 1 | 2 | null {
  if (!isJsonObject(document)) return null;
  if (document["version"] === 2) return 2;
  return isStepMapping(document) ? 1 : null;
}

type At = (key: string, message: string) => MappingFault;

/** `parameters` is a view of the integration's settings: what the vendor knows, secrets only by reference. */
function settingFaults(document: JsonValue, vendor: MappingCheckOptions["vendor"], at: At): MappingFault[] {
  const parameters = isJsonObject(document) ? document["parameters"] : undefined;
  if (vendor === undefined || !isJsonObject(parameters)) return [];
  const fields = new Map(vendor.config_fields.map((field) => [field.key, field]));
  const others = new Set<string>([
    ...vendor.variants.flatMap((variant) => Object.keys(variant.default_config)),
    ...BATCH_SPELLINGS,
  ]);
  return Object.entries(parameters).flatMap(([key, value]) => {
    const field = fields.get(key);
    if (field === undefined) {
      return others.has(key) ? [] : [at(key, `${vendor.name} has no setting ${key}.${didYouMean(key, fields.keys())}`)];
    }
    if (field.type !== "secret" || value === null || isReference(value)) return [];
    return [at(key, `The mapping holds the secret ${key} in clear. Set it in the integration's secrets instead.`)];
  });
}

/** A pipeline parameter, or `{set: true}`, which is how a secret is shown. */
function isReference(value: JsonValue): boolean {
  return parameterReferences(value).length > 0 || (isJsonObject(value) && isSetMark(value));
}

const isSetMark = (value: JsonObject): boolean => value["set"] === true && Object.keys(value).length === 1;

function missingParameters(used: readonly string[], known: readonly string[] | undefined): MappingFault[] {
  if (known === undefined) return [];
  return used
    .filter((name) => !known.includes(name))
    .map((name) => ({
      path: "",
      message: `The pipeline has no parameter ${name}: values that hold it are missing.${didYouMean(name, known)}`,
    }));
}
