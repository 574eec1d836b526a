/** For tests: an integration with one revision, as it stands in the database. */
import type { Queries } from "@datafly-signal/ports/store";

export async function keptRevision(
  queries: Queries,
  { vendor, mapping }: { vendor: string; mapping: string },
): Promise<string> {
  const kept = { managed_by: null, version: 1, created_at: 1, updated_at: 1 };
  await queries
    .insertInto("integration_templates")
    .values({
      ...kept,
      id: "tmpl_conversions",
      name: "Conversions",
      vendor,
      vendor_name: "Test",
      description: "",
      variant: "default",
      custom: 0,
      latest_revision: 1,
      deleted_at: null,
    })
    .execute();
  await queries
    .insertInto("revisions")
    .values({
      id: "rev_1",
      integration_id: "tmpl_conversions",
      revision_number: 1,
      vendor,
      variant: "default",
      delivery_mode: "server_side",
      parameters: "{}",
      secrets: "{}",
      mapping: "{}",
      mapping_text: mapping,
      consent_categories: "[]",
      rate_limits: "{}",
      batch: "{}",
      delivery_spec: null,
      hash: "h",
      change_summary: "",
      created_by: null,
      created_at: 1,
    })
    .execute();
  return "tmpl_conversions";
}
