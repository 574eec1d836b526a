/** For tests: a pipeline's row. */
import type { Insertable } from "kysely";
import type { Queries } from "./queries.ts";
import type { PipelineTable } from "./tables.ts";

export async function addPipeline(
  queries: Queries,
  given: Partial<Insertable<PipelineTable>> & { id: string },
): Promise<void> {
  const row: Insertable<PipelineTable> = {
    name: given.id,
    slug: given.id.replaceAll("_", "-"),
    type: "web",
    enabled: 1,
    domain_allowlist: "[]",
    labels: "[]",
    rate_limit_rps: 1000,
    parameters: "{}",
    secret_parameters: "{}",
    managed_by: null,
    version: 1,
    created_at: 1,
    updated_at: 1,
    ...given,
  };
  await queries.insertInto("pipelines").values(row).execute();
}
