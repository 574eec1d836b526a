/** An integration as the API shows it: a template. */
import type { IntegrationTemplateRow, TemplateUseRow } from "@datafly-signal/ports/store";
import Type, { type Static } from "typebox";

const STRICT = { additionalProperties: false } as const;

const time = Type.String({ description: "ISO 8601." });

export const managedBy = Type.Union([Type.Literal("file"), Type.Literal("demo"), Type.Null()], {
  description: "What alone changes it: the configuration file, the built-in demo; null is the API.",
});

export const Template = Type.Object(
  {
    id: Type.String({ description: "tmpl_…; integration_id everywhere else." }),
    org_id: Type.String(),
    name: Type.String(),
    description: Type.String(),
    vendor: Type.String({ description: "The connector that delivers." }),
    vendor_name: Type.String({ description: "The vendor as people call it; of a custom integration freely chosen." }),
    custom: Type.Boolean(),
    catalog_vendor_key: Type.Union([Type.String(), Type.Null()], { description: "Null of a custom integration." }),
    catalog_variant_key: Type.Union([Type.String(), Type.Null()], { description: "Null of a custom integration." }),
    latest_revision: Type.Integer(),
    pipelines: Type.Array(
      Type.Object(
        {
          pipeline_integration_id: Type.String(),
          pipeline_id: Type.String(),
          pipeline_name: Type.String(),
          revision_number: Type.Integer(),
          follows_latest: Type.Boolean(),
          enabled: Type.Boolean(),
        },
        STRICT,
      ),
      { description: "Where it is used, by name." },
    ),
    managed_by: managedBy,
    version: Type.Integer(),
    created_at: time,
    updated_at: time,
  },
  STRICT,
);

/** @param uses of this and maybe other integrations */
export function templateOf(row: IntegrationTemplateRow, uses: readonly TemplateUseRow[]): Static<typeof Template> {
  const custom = row.custom === 1;
  return {
    id: row.id,
    org_id: row.org_id,
    name: row.name,
    description: row.description,
    vendor: row.vendor,
    vendor_name: row.vendor_name,
    custom,
    catalog_vendor_key: custom ? null : row.vendor,
    catalog_variant_key: custom ? null : row.variant,
    latest_revision: row.latest_revision,
    pipelines: uses
      .filter((use) => use.integration_id === row.id)
      .map((use) => ({
        pipeline_integration_id: use.id,
        pipeline_id: use.pipeline_id,
        pipeline_name: use.pipeline_name,
        revision_number: use.revision_number ?? row.latest_revision,
        follows_latest: use.revision_number === null,
        enabled: use.enabled === 1,
      })),
    managed_by: row.managed_by,
    version: row.version,
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
  };
}
