/** A revision as the API shows it: its settings flat as they were given, its secrets only as set. */
import type { JsonObject, JsonValue } from "@datafly-signal/core";
import type { JsonText, RevisionSummaryRow, RevisionTable } from "@datafly-signal/ports/store";
import Type, { type Static } from "typebox";

const STRICT = { additionalProperties: false } as const;

const plainObject = (description: string) =>
  Type.Unsafe<JsonObject>(Type.Record(Type.String(), Type.Unknown(), { description }));
const number = Type.Union([Type.Number(), Type.Null()]);

const summary = {
  id: Type.String({ description: "rev_…" }),
  integration_id: Type.String(),
  org_id: Type.String(),
  revision_number: Type.Integer(),
  vendor: Type.String(),
  variant: Type.String(),
  delivery_mode: Type.Literal("server_side"),
  config: plainObject("The settings as an install takes them; of a secret only {set: true}."),
  consent_categories: Type.Array(Type.String()),
  rate_limits: Type.Object(
    { rate_limit_rps: number, rate_limit_burst: number, rate_limit_daily: number },
    { ...STRICT, description: "Null takes the vendor's own." },
  ),
  batch: Type.Object(
    { size: number, bytes: number, interval_ms: number },
    { ...STRICT, description: "Null takes the vendor's own." },
  ),
  change_summary: Type.String(),
  created_by: Type.Union([Type.String(), Type.Null()], {
    description: "A user's id; null of the configuration file and the server itself.",
  }),
  created_at: Type.String({ description: "ISO 8601." }),
};

/** As lists show it: without mapping and delivery specification. */
export const RevisionSummary = Type.Object(summary, STRICT);

export const Revision = Type.Object(
  {
    ...summary,
    mapping: Type.Unsafe<JsonValue>(
      Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], {
        description: "Without its parameters, which are in config; null sends events as they are.",
      }),
    ),
    mapping_text: Type.Union([Type.String(), Type.Null()], {
      description: "The mapping as its author wrote it; null where it came as an object.",
    }),
    delivery_spec: Type.Unsafe<JsonValue>(Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])),
  },
  STRICT,
);

export function revisionSummaryOf(row: RevisionSummaryRow, orgId: string): Static<typeof RevisionSummary> {
  const limits = parsed<{ rps: number | null; burst: number | null; daily: number | null }>(row.rate_limits);
  const batch = parsed<{ size?: number; bytes?: number; intervalMs?: number }>(row.batch);
  return {
    id: row.id,
    integration_id: row.integration_id,
    org_id: orgId,
    revision_number: row.revision_number,
    vendor: row.vendor,
    variant: row.variant,
    delivery_mode: row.delivery_mode,
    config: { ...parsed<JsonObject>(row.parameters), ...shownSecrets(row) },
    consent_categories: parsed<string[]>(row.consent_categories),
    rate_limits: {
      rate_limit_rps: limits.rps ?? null,
      rate_limit_burst: limits.burst ?? null,
      rate_limit_daily: limits.daily ?? null,
    },
    batch: { size: batch.size ?? null, bytes: batch.bytes ?? null, interval_ms: batch.intervalMs ?? null },
    change_summary: row.change_summary,
    created_by: row.created_by,
    created_at: new Date(row.created_at).toISOString(),
  };
}

export function revisionOf(row: RevisionTable, orgId: string): Static<typeof Revision> {
  return {
    ...revisionSummaryOf(row, orgId),
    mapping: row.mapping === null ? null : parsed<JsonValue>(row.mapping),
    mapping_text: row.mapping_text,
    delivery_spec: row.delivery_spec === null ? null : parsed<JsonValue>(row.delivery_spec),
  };
}

function shownSecrets({ secrets }: Pick<RevisionTable, "secrets">): JsonObject {
  const fields = Object.keys(parsed<JsonObject>(secrets));
  return Object.fromEntries(fields.map((field) => [field, { set: true }]));
}

/** The server wrote it. */
function parsed<T>(text: JsonText): T {
  return JSON.parse(text) as T;
}
