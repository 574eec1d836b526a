/** Queries of pipelines: what the configuration holds of them, with what lists show beside it. */
import { type Selectable, sql } from "kysely";
import { containsText } from "./contains-text.ts";
import type { Queries } from "./queries.ts";
import type { PipelineTable } from "./tables.ts";

export interface PipelineRow extends Selectable<PipelineTable> {
  org_id: string;
  /** How many integrations are assigned, those that are disabled included. */
  integrations_count: number;
  /** The name in lower case, as the database makes it: what pages sorted by name continue after. */
  sort_name: string;
}

/** A minus is the other way round: last name, or newest, first. */
export type PipelineSort = "name" | "-name" | "created_at" | "-created_at";

export interface PipelineFilter {
  /** A part of name, slug or id; letters count in any case. */
  search?: string | undefined;
  type?: PipelineTable["type"] | undefined;
  enabled?: boolean | undefined;
  /** One of its labels, as it is written. */
  label?: string | undefined;
  sort: PipelineSort;
  /** The last one of the page before: its `sort_name` or `created_at`, and its id. */
  after?: { value: string | number; id: string } | undefined;
  limit: number;
}

/** In the order asked for, and by id where that is equal. */
export function listPipelines(queries: Queries, filter: PipelineFilter): Promise<PipelineRow[]> {
  const { search, type, enabled, label, sort, after, limit } = filter;
  const direction = sort.startsWith("-") ? "desc" : "asc";
  const key = sort.endsWith("name") ? sql`lower(name)` : sql.ref("created_at");
  const beyond = sql.raw(direction === "asc" ? ">" : "<");
  return pipelines(queries)
    .$if(search !== undefined, (query) => query.where(containsText(["name", "slug", "id"], search ?? "")))
    .$if(type !== undefined, (query) => query.where("type", "=", type ?? "web"))
    .$if(enabled !== undefined, (query) => query.where("enabled", "=", enabled === true ? 1 : 0))
    .$if(label !== undefined, (query) => query.where(hasLabel(label ?? "")))
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(${key} ${beyond} ${after?.value} or (${key} = ${after?.value} and id ${beyond} ${after?.id}))`,
      ),
    )
    .orderBy(key, direction)
    .orderBy("id", direction)
    .limit(limit)
    .execute();
}

export function findPipeline(queries: Queries, id: string): Promise<PipelineRow | undefined> {
  return pipelines(queries).where("id", "=", id).executeTakeFirst();
}

function pipelines(queries: Queries) {
  return queries
    .selectFrom("pipelines")
    .selectAll("pipelines")
    .select([
      sql<string>`lower(name)`.as("sort_name"),
      sql<string>`(select o.id from organisations o limit 1)`.as("org_id"),
      sql<number>`(select count(*) from pipeline_integrations a where a.pipeline_id = pipelines.id)`.as(
        "integrations_count",
      ),
    ]);
}

/** A label stands in the JSON text as a whole, in quotes; a quote within one is escaped there, and so never ends it. */
function hasLabel(label: string) {
  const item = JSON.stringify(label);
  const [first, later] = [`[${item}`, `,${item}`];
  return sql<boolean>`(replace(labels, ${first}, '') <> labels or replace(labels, ${later}, '') <> labels)`;
}
