/** A vendor as the catalogue shows it. */
import type { Connector, JsonObject, JsonValue } from "@datafly-signal/core";
import Type, { type Static } from "typebox";

const STRICT = { additionalProperties: false } as const;

export const CATEGORIES = ["advertising", "analytics", "attribution", "cdp", "cloud_storage", "other"] as const;
export const STATUSES = ["ga", "beta", "alpha"] as const;

const ConfigField = Type.Object(
  {
    key: Type.String(),
    label: Type.String(),
    type: Type.Enum(["string", "secret", "select", "textarea"]),
    required: Type.Boolean({ description: "An install without it is refused, unless it has a default." }),
    placeholder: Type.Optional(Type.String()),
    help_text: Type.String(),
    options: Type.Optional(Type.Array(Type.String(), { description: "Of a select." })),
    default: Type.Optional(Type.Unsafe<JsonValue>(Type.Unknown({ description: "What holds where it is left out." }))),
  },
  STRICT,
);

const Variant = Type.Object(
  {
    key: Type.String(),
    name: Type.String(),
    description: Type.String(),
    default_config: Type.Unsafe<JsonObject>(Type.Record(Type.String(), Type.Unknown())),
  },
  STRICT,
);

const Blueprint = Type.Object(
  { key: Type.String(), name: Type.String(), description: Type.String(), vertical: Type.String() },
  STRICT,
);

export const CatalogueEntry = Type.Object(
  {
    key: Type.String(),
    name: Type.String(),
    description: Type.String(),
    category: Type.Enum([...CATEGORIES]),
    tags: Type.Array(Type.String()),
    status: Type.Enum([...STATUSES]),
    website: Type.String(),
    documentation: Type.String({ description: "The vendor's own, of the API that events go to." }),
    logo_url: Type.Optional(Type.String({ description: "A path on this server that needs no token." })),
    config_fields: Type.Array(ConfigField),
    variants: Type.Array(Variant),
    blueprints: Type.Array(Blueprint),
    consent_categories: Type.Array(Type.String(), { description: "What an install takes that names none." }),
    rate_limits: Type.Object(
      { rate_limit_rps: Type.Number(), rate_limit_burst: Type.Number(), rate_limit_daily: Type.Number() },
      { ...STRICT, description: "What holds where an integration sets none; a daily limit of 0 is none." },
    ),
    installed: Type.Integer({ description: "How many integrations there are of it." }),
  },
  STRICT,
);

export function catalogueEntryOf(
  connector: Connector,
  { installed, hasLogo }: { installed: number; hasLogo: boolean },
): Static<typeof CatalogueEntry> {
  const { key, limits } = connector;
  return {
    key,
    name: connector.name,
    description: connector.description,
    category: connector.category,
    tags: [...(connector.tags ?? [])],
    status: connector.status,
    website: connector.website,
    documentation: connector.api.documentation,
    ...(hasLogo && { logo_url: `/v1/admin/integration-catalog/${key}/logo` }),
    config_fields: connector.config_fields.map(configFieldOf),
    variants: connector.variants.map((variant) => ({ ...variant })),
    blueprints: (connector.blueprints ?? []).map(({ mapping: _mapping, ...shown }) => shown),
    consent_categories: [...connector.consent_categories],
    rate_limits: {
      rate_limit_rps: limits.rps,
      rate_limit_burst: limits.burst ?? limits.rps * 2,
      rate_limit_daily: limits.daily,
    },
    installed,
  };
}

/** What a form needs; the rest says how a value is checked. */
function configFieldOf(field: Connector["config_fields"][number]): Static<typeof ConfigField> {
  const { key, label, type, required, placeholder, help_text, options } = field;
  return {
    key,
    label,
    type,
    required,
    ...(placeholder !== undefined && { placeholder }),
    help_text,
    ...(options !== undefined && { options: [...options] }),
    ...(field.default !== undefined && { default: field.default }),
  };
}

/** Every word of the search stands in key, name, description, category or a tag, in any case. */
export function matchesSearch(connector: Connector, search: string): boolean {
  const { key, name, description, category, tags = [] } = connector;
  const text = [key, name, description, category, ...tags].join("\n").toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
