/** Queries of integrations, which the API calls templates, and of where they are used. */
import type { Expression, ExpressionBuilder, Selectable, SqlBool } from "kysely";
import { containsText } from "./contains-text.ts";
import type { Queries } from "./queries.ts";
import type { IntegrationTemplateTable, Tables } from "./tables.ts";

/** An integration with its organisation's id, and what lists are ordered by. */
export interface IntegrationTemplateRow extends Selectable<IntegrationTemplateTable> {
  org_id: string;
  /** The name in lower case, as the database makes it: what pages continue after. */
  sort_name: string;
}

export interface IntegrationTemplateFilter {
  /** A part of name, description, vendor or its name; letters count in any case. */
  search?: string | undefined;
  /** One of these vendors; an empty list finds none. */
  vendors?: readonly string[] | undefined;
  /** Delivers for this pipeline now. */
  enabledOn?: string | undefined;
  /** The last one of the page before. */
  after?: { sortName: string; id: string } | undefined;
  limit: number;
}

/** An integration's place on a pipeline. */
export interface TemplateUseRow {
  id: string;
  integration_id: string;
  pipeline_id: string;
  pipeline_name: string;
  revision_number: number | null;
  enabled: number;
}

const SEARCHED = ["name", "description", "vendor", "vendor_name"] as const;

/** By name, and by id where names differ in case only; those that were deleted are left out. */
export function listIntegrationTemplates(
  queries: Queries,
  filter: IntegrationTemplateFilter,
): Promise<IntegrationTemplateRow[]> {
  const { search, vendors, enabledOn, after, limit } = filter;
  if (vendors?.length === 0) return Promise.resolve([]);
  return templates(queries)
    .$if(search !== undefined, (query) => query.where(containsText(SEARCHED, search ?? "")))
    .$if(vendors !== undefined, (query) => query.where("vendor", "in", vendors ?? []))
    .$if(enabledOn !== undefined, (query) => query.where((eb) => isEnabledOn(eb, enabledOn ?? "")))
    .$if(after !== undefined, (query) => query.where((eb) => comesAfter(eb, after ?? { sortName: "", id: "" })))
    .orderBy(({ fn }) => fn<string>("lower", ["name"]))
    .orderBy("id")
    .limit(limit)
    .execute();
}

/** Undefined too where it was deleted. */
export function findIntegrationTemplate(queries: Queries, id: string): Promise<IntegrationTemplateRow | undefined> {
  return templates(queries).where("id", "=", id).executeTakeFirst();
}

/** How many integrations there are of each vendor; custom ones are nobody's. */
export async function countInstalled(queries: Queries): Promise<ReadonlyMap<string, number>> {
  const rows = await queries
    .selectFrom("integration_templates")
    .select((eb) => ["vendor", eb.fn.countAll<number | string>().as("installed")])
    .where("deleted_at", "is", null)
    .where("custom", "=", 0)
    .groupBy("vendor")
    .execute();
  return new Map(rows.map(({ vendor, installed }) => [vendor, Number(installed)]));
}

/** The pipelines that these integrations are assigned to, by name. */
export function listTemplateUses(queries: Queries, ids: readonly string[]): Promise<TemplateUseRow[]> {
  if (ids.length === 0) return Promise.resolve([]);
  return queries
    .selectFrom("pipeline_integrations as use")
    .innerJoin("pipelines", "pipelines.id", "use.pipeline_id")
    .select([
      "use.id",
      "use.integration_id",
      "use.pipeline_id",
      "pipelines.name as pipeline_name",
      "use.revision_number",
      "use.enabled",
    ])
    .where("use.integration_id", "in", ids)
    .orderBy("pipelines.name")
    .orderBy("use.id")
    .execute();
}

function templates(queries: Queries) {
  return queries
    .selectFrom("integration_templates")
    .selectAll()
    .select((eb) => [
      eb.fn<string>("lower", ["name"]).as("sort_name"),
      eb.selectFrom("organisations").select("organisations.id").limit(1).$asScalar().$notNull().as("org_id"),
    ])
    .where("deleted_at", "is", null);
}

type Builder = ExpressionBuilder<Tables, "integration_templates">;

function isEnabledOn(eb: Builder, pipelineId: string): Expression<SqlBool> {
  return eb.exists(
    eb
      .selectFrom("pipeline_integrations as use")
      .select("use.id")
      .where("use.pipeline_id", "=", pipelineId)
      .where("use.enabled", "=", 1)
      .whereRef("use.integration_id", "=", "integration_templates.id"),
  );
}

function comesAfter(eb: Builder, { sortName, id }: { sortName: string; id: string }): Expression<SqlBool> {
  const name = eb.fn<string>("lower", ["name"]);
  return eb.or([eb(name, ">", sortName), eb.and([eb(name, "=", sortName), eb("id", ">", id)])]);
}
