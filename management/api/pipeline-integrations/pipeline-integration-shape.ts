/** An integration assigned to a pipeline, as the API shows it. */
import type { PipelineIntegrationRow } from "@datafly-signal/ports/store";
import Type, { type Static } from "typebox";
import { managedBy } from "../integrations/template-shape.ts";

export const PipelineIntegration = Type.Object(
  {
    id: Type.String({ description: "pi_…" }),
    pipeline_id: Type.String(),
    integration_id: Type.String(),
    integration_name: Type.String(),
    vendor: Type.String(),
    vendor_name: Type.String(),
    revision_id: Type.String(),
    revision_number: Type.Integer({ description: "What is delivered by now." }),
    follows_latest: Type.Boolean({ description: "New revisions go live here at once." }),
    latest_revision: Type.Integer(),
    enabled: Type.Boolean(),
    managed_by: managedBy,
    version: Type.Integer(),
    created_at: Type.String({ description: "ISO 8601." }),
    updated_at: Type.String({ description: "ISO 8601." }),
  },
  { additionalProperties: false },
);

export function pipelineIntegrationOf(row: PipelineIntegrationRow): Static<typeof PipelineIntegration> {
  return {
    id: row.id,
    pipeline_id: row.pipeline_id,
    integration_id: row.integration_id,
    integration_name: row.integration_name,
    vendor: row.vendor,
    vendor_name: row.vendor_name,
    revision_id: row.revision_id,
    revision_number: row.current_revision,
    follows_latest: row.revision_number === null,
    latest_revision: row.latest_revision,
    enabled: row.enabled === 1,
    managed_by: row.managed_by,
    version: row.version,
    created_at: new Date(row.created_at).toISOString(),
    updated_at: new Date(row.updated_at).toISOString(),
  };
}
