/** From an integration's settings to what is tried: pipeline parameters filled in, secrets opened, the connector's plan made. */
import {
  type Connector,
  type ConnectionSettings,
  fillParameters,
  type JsonObject,
  type JsonValue,
  type Keyring,
  openParameters,
  parameterReferences,
  type PipelineState,
  type RevisionContent,
  SealedSecretError,
} from "@datafly-signal/core";
import { type Caller, type Fault, fault, type FaultDetail } from "../http/route.ts";
import type { Tried } from "./try-connection.ts";

/** A revision's, or unsaved ones, secrets open and pipeline parameters not filled in yet: never answered, logged or stored. */
type OpenSettings = Pick<RevisionContent, "parameters" | "batch" | "deliverySpec"> & {
  secrets: Record<string, string>;
};

export interface SettingsFacts {
  connector: Connector;
  settings: OpenSettings;
  pipeline: PipelineState | undefined;
  /** Deliveries go out with these settings already. */
  isLive: boolean;
  /** The secrets are not the caller's own, who gave them with the request. */
  isKept: boolean;
  caller: Caller;
}

export interface SettingsServices {
  keyring: Pick<Keyring, "open">;
  environment: ConnectionSettings["environment"];
}

/** The secrets of a revision, open; `unreadable` names the first that no key opens. */
export function openSecrets(
  { keyring }: Pick<SettingsServices, "keyring">,
  sealed: Readonly<Record<string, string>>,
  { organisation, object }: { organisation: string; object: string },
): { secrets: Record<string, string>; unreadable?: string } {
  const secrets: Record<string, string> = {};
  for (const [field, value] of Object.entries(sealed)) {
    try {
      secrets[field] = keyring.open(value, { organisation, object, field });
    } catch (error) {
      if (!(error instanceof SealedSecretError)) throw error;
      return { secrets, unreadable: field };
    }
  }
  return { secrets };
}

/** What is tried, or everything that keeps it from being tried. */
export function readTried(services: SettingsServices, organisation: string, facts: SettingsFacts): Tried | Fault {
  const { connector, settings, pipeline, caller } = facts;
  const { parameters, secrets, batch, deliverySpec } = settings;
  const used = parameterReferences([parameters, secrets, deliverySpec]);
  const values = used.length === 0 ? {} : openedParameters(services, organisation, pipeline);
  if (values === null) return unreadableParameter();
  const missing = used.filter((key) => !Object.hasOwn(values, key));
  if (missing.length > 0) return invalid([{ path: "pipeline_id", message: missingWords(pipeline, missing) }]);
  const secretsUsed = used.filter((key) => Object.hasOwn(pipeline?.secretParameters ?? {}, key));
  const filled = {
    parameters: fillParameters<JsonObject>(parameters, values),
    secrets: fillParameters<Record<string, string>>(secrets, values),
    deliverySpec: fillParameters<JsonValue>(deliverySpec, values) as JsonObject | null,
  };
  const plan = connector.plan({ ...filled, batch, environment: services.environment });
  if (Array.isArray(plan))
    return invalid(plan.map(({ field, message }) => ({ path: pathOf(connector, field), message })));
  const holdsSecrets = facts.isKept && Object.keys(secrets).length > 0;
  if (secretsUsed.length > 0 || (holdsSecrets && plan.guarded)) {
    const refusal = refuseLeak(caller, facts.isLive);
    if (refusal !== null) return refusal;
  }
  return {
    plan,
    secrets: [...Object.values(filled.secrets), ...secretsUsed.flatMap((key) => values[key] ?? [])],
    addressField: (url) => addressField(connector, filled.parameters, url),
  };
}

/** What nobody has published sends secrets that somebody else gave to an address of the author's own. */
function refuseLeak({ permissions }: Caller, isLive: boolean): Fault | null {
  if (isLive || permissions.has("integrations:publish")) return null;
  return fault(
    "FORBIDDEN",
    "These settings are not live, and the test would send kept secrets to an address that they name: that needs the permission integrations:publish.",
  );
}

/** Null where one does not open. */
function openedParameters(
  { keyring }: SettingsServices,
  organisation: string,
  pipeline: PipelineState | undefined,
): Record<string, string> | null {
  if (pipeline === undefined) return {};
  try {
    return openParameters(pipeline, (sealed, object, field) => keyring.open(sealed, { organisation, object, field }));
  } catch (error) {
    if (!(error instanceof SealedSecretError)) throw error;
    return null;
  }
}

function unreadableParameter(): Fault {
  const message = "A secret parameter of this pipeline cannot be opened with the keys there are. Set it again.";
  return invalid([{ path: "pipeline_id", message }]);
}

function missingWords(pipeline: PipelineState | undefined, missing: readonly string[]): string {
  const names = missing.join(", ");
  return pipeline === undefined
    ? `The settings are made of pipeline parameters (${names}): name the pipeline to test for.`
    : `The pipeline "${pipeline.name}" lacks parameters that the settings are made of: ${names}.`;
}

/** Connectors name a field by its key, or by a path that begins with it. */
function pathOf({ config_fields }: Connector, field: string): string {
  const key = field.split(/[.[]/)[0];
  return config_fields.some((one) => one.key === key) ? `config.${field}` : field;
}

function addressField({ config_fields }: Connector, parameters: JsonObject, url: string): string | undefined {
  const host = URL.parse(url)?.host;
  const leadsThere = (value: JsonValue | undefined): boolean =>
    typeof value === "string" && host !== undefined && URL.parse(value.trim())?.host === host;
  return config_fields.find(({ key }) => leadsThere(parameters[key]))?.key;
}

function invalid(details: FaultDetail[]): Fault {
  return fault("VALIDATION_FAILED", undefined, details);
}
