/** The data layer as the API shows it and takes it: its configuration is the section `data_layer` of the file. */
import { DataLayerSection, isJsonObject, type JsonObject } from "@datafly-signal/core";
import type { DataLayerRow } from "@datafly-signal/ports/store";
import Type, { type Static, type TSchema } from "typebox";
import { version } from "../integrations/request-shapes.ts";
import { managedBy } from "../integrations/template-shape.ts";
import { patchSchemaOf } from "./merge-patch.ts";

const STRICT = { additionalProperties: false } as const;

const isSet = Type.Object({ set: Type.Literal(true) }, STRICT);

const SHOWN_SALT = Type.Optional(Type.Object({ set: Type.Literal(true) }, { ...STRICT, description: "It is set." }));
const GIVEN_SALT = Type.Optional(
  Type.Union([Type.String({ minLength: 16, maxLength: 1_000 }), Type.Null(), isSet], {
    description: "A secret that hashes are made with. Kept when left out or given as {set: true}; null removes it.",
  }),
);

function sectionWith(salt: TSchema, title: string): TSchema {
  const { properties } = DataLayerSection;
  const description = "Personal data that is hashed or taken out before any integration sees it.";
  const pii = Type.Optional(Type.Object({ ...properties.pii_rules.properties, salt }, { ...STRICT, description }));
  return Type.Object({ ...properties, pii_rules: pii }, { ...STRICT, title });
}

const shown = Type.Unsafe<JsonObject>(sectionWith(SHOWN_SALT, "DataLayerConfig"));
const given = sectionWith(GIVEN_SALT, "NewDataLayerConfig");

export const DataLayer = Type.Object(
  {
    org_id: Type.String(),
    config: shown,
    updated_at: Type.Union([Type.String({ format: "date-time" }), Type.Null()], {
      description: "Null until something was configured.",
    }),
    updated_by: Type.Union([Type.String(), Type.Null()], {
      description: "A user's id; null of the configuration file and the server itself.",
    }),
    managed_by: managedBy,
    version: Type.Integer(),
  },
  { ...STRICT, title: "DataLayer" },
);

export const NewDataLayer = Type.Object(
  { config: Type.Unsafe<JsonObject>(given), version: Type.Optional(version) },
  { ...STRICT, title: "NewDataLayer" },
);

export const DataLayerPatch = Type.Object(
  {
    config: Type.Unsafe<JsonObject>({ ...patchSchemaOf(given), title: "DataLayerConfigPatch" }),
    version: Type.Optional(version),
  },
  { ...STRICT, title: "DataLayerPatch" },
);

const SALT = "pii_rules.salt";

export function dataLayerOf(row: DataLayerRow | undefined, orgId: string): Static<typeof DataLayer> {
  if (row === undefined) {
    return { org_id: orgId, config: {}, updated_at: null, updated_by: null, managed_by: null, version: 1 };
  }
  const config = row.config === null ? {} : (JSON.parse(row.config) as JsonObject);
  const secrets = JSON.parse(row.secrets) as Record<string, string>;
  return {
    org_id: orgId,
    config: Object.hasOwn(secrets, SALT) ? withSalt(config, { set: true }) : config,
    updated_at: new Date(row.updated_at).toISOString(),
    updated_by: row.updated_by,
    managed_by: row.managed_by,
    version: row.version,
  };
}

/** The configuration with another salt; undefined takes it out. */
export function withSalt(config: JsonObject, salt: JsonObject | string | undefined): JsonObject {
  const { salt: _, ...rules } = rulesOf(config);
  return { ...config, pii_rules: salt === undefined ? rules : { ...rules, salt } };
}

export function rulesOf(config: JsonObject): JsonObject {
  return isJsonObject(config["pii_rules"]) ? config["pii_rules"] : {};
}
