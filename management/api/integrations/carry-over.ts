/** What a new revision takes over from the one it is based on: everything that the request does not name. */
import { type Connector, isJsonObject, type JsonObject, type JsonValue } from "@datafly-signal/core";
import type { IntegrationDocument } from "../configuration/configuration-changes.ts";
import { isSetMark, parametersIn, withoutParameters } from "./mapping-parameters.ts";

/** As the body of a new revision. */
export interface RevisionRequest {
  /** Merged by key; null takes a setting back to its default, `{set: true}` leaves a secret as it is. */
  config?: JsonObject;
  variant?: string;
  consent_categories?: string[];
  /** Merged by key; null takes the vendor's own. */
  rate_limits?: JsonObject;
  batch?: JsonObject;
  mapping?: string | JsonObject | null;
  delivery_spec?: JsonObject | null;
}

/** Settings that are another spelling of `batch`, by the key they have there. */
const BATCH_SPELLINGS = { batch_size: "size", batch_bytes: "bytes", batch_interval_ms: "interval_ms" } as const;

/** @param base the integration at the revision that the new one is based on, secrets open */
export function carryOver(
  base: IntegrationDocument,
  asked: RevisionRequest,
  connector: Pick<Connector, "config_fields" | "variants">,
): IntegrationDocument {
  const { config: _config, secrets: _secrets, batch: _batch, mapping: _mapping, delivery_spec: _spec, ...rest } = base;
  const carried = carriedSettings(base, asked, connector);
  const mapping = asked.mapping === undefined ? carriedMapping(base.mapping, asked) : asked.mapping;
  const config = withoutEmptySecrets(
    merged(carried.config, withoutSetSecrets(asked.config, carried.config)),
    connector,
  );
  // What is off gathers nothing: what was noted of it then stands in nobody's way.
  const isOff = String(config["batch_enabled"]) === "false" && asked.batch === undefined;
  const batch = isOff ? {} : merged(carried.batch, asked.batch);
  const spec = asked.delivery_spec === undefined ? base.delivery_spec : asked.delivery_spec;
  return {
    ...rest,
    ...(asked.variant !== undefined && { variant: asked.variant }),
    ...(asked.consent_categories !== undefined && { consent_categories: asked.consent_categories }),
    rate_limits: merged(base.rate_limits ?? {}, asked.rate_limits),
    ...(Object.keys(batch).length > 0 && { batch }),
    config,
    ...(mapping !== null && mapping !== undefined && { mapping }),
    ...(spec !== null && spec !== undefined && { delivery_spec: spec }),
  };
}

/** Settings as they are given, without the secrets that a form left empty: they count as not given. */
export function withoutEmptySecrets(
  config: JsonObject,
  { config_fields }: Pick<Connector, "config_fields">,
): JsonObject {
  const secrets = new Set(config_fields.filter(({ type }) => type === "secret").map(({ key }) => key));
  return Object.fromEntries(Object.entries(config).filter(([key, value]) => value !== "" || !secrets.has(key)));
}

interface Carried {
  /** Secrets among them. */
  config: JsonObject;
  batch: JsonObject;
}

/** The base's settings without those that the request takes the place of, in whatever spelling. */
function carriedSettings(
  base: IntegrationDocument,
  asked: RevisionRequest,
  { variants }: Pick<Connector, "variants">,
): Carried {
  const config: JsonObject = { ...base.config, ...base.secrets };
  const batch: JsonObject = { ...base.batch };
  const before = base.variant ?? "default";
  if (asked.variant !== undefined && asked.variant !== before) {
    const tuned = variants.find(({ key }) => key === before)?.default_config ?? {};
    for (const [key, value] of Object.entries(tuned)) {
      if (!isSameSetting(config[key], value)) continue;
      delete config[key];
      dropSpelled(batch, key, value);
    }
  }
  const given = asked.config ?? {};
  for (const key of Object.keys(parametersIn(asked.mapping))) if (!Object.hasOwn(given, key)) delete config[key];
  if (Object.hasOwn(given, "batch_enabled") && asked.batch === undefined) return { config, batch: {} };
  for (const [setting, key] of Object.entries(BATCH_SPELLINGS)) {
    if (Object.hasOwn(given, setting)) delete batch[key];
    else if (asked.batch !== undefined && Object.hasOwn(asked.batch, key)) delete config[setting];
  }
  return { config, batch };
}

function dropSpelled(batch: JsonObject, setting: string, value: JsonValue): void {
  const key = Object.entries(BATCH_SPELLINGS).find(([spelling]) => spelling === setting)?.[1];
  if (key !== undefined && isSameSetting(batch[key], value)) delete batch[key];
}

/** Settings are kept as text, a variant may name them as numbers. */
function isSameSetting(a: JsonValue | undefined, b: JsonValue): boolean {
  const text = (value: JsonValue): string => (typeof value === "object" ? JSON.stringify(value) : String(value));
  return a !== undefined && text(a) === text(b);
}

/** Null takes a key away. */
function merged(carried: JsonObject, asked: JsonObject = {}): JsonObject {
  const next = { ...carried, ...asked };
  return Object.fromEntries(Object.entries(next).filter(([, value]) => value !== null));
}

/** A secret as reads show it, which is not its value; it stays only where there is nothing to keep, to be refused. */
function withoutSetSecrets(asked: JsonObject = {}, carried: JsonObject): JsonObject {
  const isKept = (key: string, value: JsonValue): boolean => isSetMark(value) && Object.hasOwn(carried, key);
  return Object.fromEntries(Object.entries(asked).filter(([key, value]) => !isKept(key, value)));
}

/** Its `parameters` repeat settings: they go where the request changes one of those. */
function carriedMapping(mapping: JsonValue | undefined, asked: RevisionRequest): JsonValue | undefined {
  if (typeof mapping !== "string" && !isJsonObject(mapping)) return mapping;
  const isChanged = Object.keys(parametersIn(mapping)).some((key) => Object.hasOwn(asked.config ?? {}, key));
  return isChanged ? withoutParameters(mapping) : mapping;
}
