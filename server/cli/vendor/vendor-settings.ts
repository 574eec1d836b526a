/** The settings of one integration as its install would take them: checked, and made into a plan. */
import {
  compileMapping,
  type Connector,
  type DeliveryPlan,
  fillParameters,
  installedBlueprint,
  type JsonObject,
  nearest,
  readSignalDocument,
} from "@datafly-signal/core";
import { InputError } from "../usage.ts";
import type { TriedIntegration } from "./tried-deliveries.ts";

export interface VendorSettings {
  connector: Connector;
  variant: string | undefined;
  blueprint: string | undefined;
  /** The text of a mapping of one's own, instead of a blueprint. */
  mapping: string | undefined;
  /** Of the fields, secrets among them, as the install call takes it. */
  config: JsonObject;
  /** Of the pipeline. */
  parameters: Record<string, string>;
}

export interface PlannedVendor extends TriedIntegration {
  plan: DeliveryPlan;
  secrets: string[];
}

/** The plan, or everything that is wrong with the settings. */
export function planVendor(settings: VendorSettings): PlannedVendor | { faults: string[] } {
  const { connector, variant, blueprint, parameters } = settings;
  const chosen = installedBlueprint(connector, { variant, blueprint });
  if (blueprint !== undefined && chosen === undefined) {
    const keys = (connector.blueprints ?? []).map(({ key }) => key);
    const near = nearest(blueprint, keys);
    const cure = near === undefined ? `Known: ${keys.join(", ")}.` : `Did you mean "${near}"?`;
    throw new InputError(`${connector.name} has no blueprint "${blueprint}". ${cure}`);
  }
  const text = settings.mapping ?? chosen?.mapping;
  const read = readSignalDocument(documentOf(settings, text), {
    ...{ literal: true, file: "config", env: {}, environment: "production", readFile: () => undefined },
    connectors: new Map([[connector.key, connector]]),
    compileMapping: (mapping) => compileMapping(mapping, {}),
    allowPrivateAddresses: true,
  });
  if (!read.ok)
    return { faults: read.faults.map(({ path, message, cure }) => `${fieldOf(path)}: ${message}. ${cure}`) };
  const content = read.file.integrations[0]?.content;
  if (content === undefined) return { faults: ["The settings could not be read."] };
  const plan = connector.plan({
    parameters: fillParameters<JsonObject>(content.parameters, parameters),
    secrets: fillParameters<Record<string, string>>(content.secrets, parameters),
    batch: content.batch,
    deliverySpec: content.deliverySpec,
    environment: "production",
  });
  if (Array.isArray(plan)) return { faults: plan.map(({ field, message }) => `${field}: ${message}`) };
  const compiled = text === undefined ? null : compileMapping(text, {});
  if (compiled !== null && "faults" in compiled)
    return { faults: compiled.faults.map(({ path, message }) => `mapping: ${path}: ${message}`) };
  return {
    plan,
    mapping: compiled?.mapping ?? null,
    secrets: Object.values(content.secrets),
    parameters,
    consent: content.consentCategories,
    maxEventAgeMs: plan.maxEventAgeMs ?? connector.maxEventAgeMs,
  };
}

function documentOf(
  { connector, variant, config, parameters }: VendorSettings,
  mapping: string | undefined,
): JsonObject {
  const isSecret = (key: string): boolean =>
    connector.config_fields.some((field) => field.key === key && field.type === "secret");
  const entries = Object.entries(config);
  const name = connector.name;
  return {
    version: 1,
    pipelines: [
      { name: "Preview", pipeline_key: "dk_test_preview", parameters, integrations: [{ integration: name }] },
    ],
    integrations: [
      {
        ...{ name, vendor: connector.key, variant: variant ?? "default" },
        consent_categories: [...connector.consent_categories],
        config: Object.fromEntries(entries.filter(([key]) => !isSecret(key))),
        secrets: Object.fromEntries(entries.filter(([key]) => isSecret(key))),
        ...(mapping !== undefined && { mapping }),
      },
    ],
  };
}

/** `config.pixel_id` and `secrets.access_token` are one list of settings here. */
function fieldOf(path: string): string {
  return path.replace(/^integrations\[0\]\.?/, "").replace(/^(config|secrets)\./, "");
}
