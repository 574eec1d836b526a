/** A pipeline and its keys as the API shows them. */
import type { JsonText, PipelineKeyRow, PipelineRow, PipelineTable } from "@datafly-signal/ports/store";
import Type, { type Static } from "typebox";
import { managedBy } from "../integrations/template-shape.ts";
import { pipelineType } from "./pipeline-requests.ts";

const STRICT = { additionalProperties: false } as const;

const time = Type.String({ format: "date-time" });
const timeOrNull = (description: string) => Type.Union([time, Type.Null()], { description });

export const PipelineKey = Type.Object(
  {
    id: Type.String({ description: "key_…" }),
    key: Type.String({ description: "What clients send. It stands in pages, so it is no secret." }),
    created_at: time,
    expires_at: timeOrNull("From then on it is refused; null of a key that stays."),
    revoked_at: timeOrNull("Since then it is refused; null of a key that was not revoked."),
  },
  { ...STRICT, title: "PipelineKey" },
);

export const Pipeline = Type.Object(
  {
    id: Type.String({ description: "pip_…" }),
    org_id: Type.String(),
    name: Type.String(),
    slug: Type.String(),
    type: pipelineType,
    pipeline_key: Type.Union([Type.String(), Type.Null()], {
      description: "The key to use: the newest of those that stay. Null when none is accepted now.",
    }),
    pipeline_keys: Type.Array(PipelineKey, { description: "The keys that are accepted now, the newest first." }),
    domain_allowlist: Type.Array(Type.String(), { description: "Whose pages may send." }),
    labels: Type.Array(Type.String()),
    rate_limit_rps: Type.Integer({ description: "Requests a second for each key." }),
    parameters: Type.Record(
      Type.String(),
      Type.Union([Type.String(), Type.Object({ set: Type.Literal(true) }, STRICT)]),
      {
        description:
          "What {{pipeline_param.KEY}} stands for. Of one that a secret setting is made of, only that it is set.",
      },
    ),
    enabled: Type.Boolean({ description: "False refuses its keys, and so all that is sent to it." }),
    managed_by: managedBy,
    version: Type.Integer(),
    integrations_count: Type.Integer({ description: "How many integrations are assigned, disabled ones included." }),
    created_at: time,
    updated_at: time,
  },
  { ...STRICT, title: "Pipeline" },
);

export function pipelineKeyOf(row: PipelineKeyRow): Static<typeof PipelineKey> {
  return {
    id: row.id,
    key: row.key,
    created_at: isoTime(row.created_at),
    expires_at: row.expires_at === null ? null : isoTime(row.expires_at),
    revoked_at: row.revoked_at === null ? null : isoTime(row.revoked_at),
  };
}

/** @param keys of this and maybe other pipelines, the newest first */
export function pipelineOf(row: PipelineRow, keys: readonly PipelineKeyRow[], now: number): Static<typeof Pipeline> {
  const accepted = keys.filter((key) => key.pipeline_id === row.id && isAccepted(key, now));
  return {
    id: row.id,
    org_id: row.org_id,
    name: row.name,
    slug: row.slug,
    type: row.type,
    pipeline_key: keyToUse(accepted, now)?.key ?? null,
    pipeline_keys: accepted.map(pipelineKeyOf),
    domain_allowlist: parsed<string[]>(row.domain_allowlist),
    labels: parsed<string[]>(row.labels),
    rate_limit_rps: row.rate_limit_rps,
    parameters: parametersOf(row),
    enabled: row.enabled === 1,
    managed_by: row.managed_by,
    version: row.version,
    integrations_count: row.integrations_count,
    created_at: isoTime(row.created_at),
    updated_at: isoTime(row.updated_at),
  };
}

/** Of keys with the newest first: the newest that stays, else the newest that is accepted. */
export function keyToUse(keys: readonly PipelineKeyRow[], now: number): PipelineKeyRow | undefined {
  const accepted = keys.filter((key) => isAccepted(key, now));
  return accepted.find((key) => key.expires_at === null) ?? accepted[0];
}

function isAccepted({ revoked_at, expires_at }: PipelineKeyRow, now: number): boolean {
  return revoked_at === null && (expires_at === null || expires_at > now);
}

function parametersOf(
  row: Pick<PipelineTable, "parameters" | "secret_parameters">,
): Static<typeof Pipeline>["parameters"] {
  const secret = Object.keys(parsed<Record<string, string>>(row.secret_parameters));
  const shown = [
    ...Object.entries(parsed<Record<string, string>>(row.parameters)),
    ...secret.map((key) => [key, { set: true }] as const),
  ];
  return Object.fromEntries(shown.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

/** The server wrote it. */
function parsed<T>(text: JsonText): T {
  return JSON.parse(text) as T;
}
