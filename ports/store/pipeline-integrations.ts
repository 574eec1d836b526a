/** Queries of pipeline integrations: integrations at a revision, assigned to a pipeline. */
import type { Selectable } from "kysely";
import type { Queries } from "./queries.ts";
import type { PipelineIntegrationTable } from "./tables.ts";

/** A pipeline integration with what it is called and the revision that it is at. */
export interface PipelineIntegrationRow extends Selectable<PipelineIntegrationTable> {
  integration_name: string;
  vendor: string;
  vendor_name: string;
  latest_revision: number;
  /** Of the revision that it is at, whether pinned or followed. */
  revision_id: string;
  current_revision: number;
}

interface PipelineIntegrationFilter {
  pipelineId: string;
  /** The last one of the page before. */
  after?: { createdAt: number; id: string } | undefined;
  limit: number;
}

/** In the order in which they were assigned. */
export function listPipelineIntegrations(
  queries: Queries,
  { pipelineId, after, limit }: PipelineIntegrationFilter,
): Promise<PipelineIntegrationRow[]> {
  const { createdAt, id } = after ?? { createdAt: 0, id: "" };
  return assigned(queries)
    .where("lane.pipeline_id", "=", pipelineId)
    .$if(after !== undefined, (query) =>
      query.where((eb) =>
        eb.or([
          eb("lane.created_at", ">", createdAt),
          eb.and([eb("lane.created_at", "=", createdAt), eb("lane.id", ">", id)]),
        ]),
      ),
    )
    .orderBy("lane.created_at")
    .orderBy("lane.id")
    .limit(limit)
    .execute();
}

/** Undefined too where it is another pipeline's. */
export function findPipelineIntegration(
  queries: Queries,
  pipelineId: string,
  id: string,
): Promise<PipelineIntegrationRow | undefined> {
  return assigned(queries).where("lane.pipeline_id", "=", pipelineId).where("lane.id", "=", id).executeTakeFirst();
}

function assigned(queries: Queries) {
  return queries
    .selectFrom("pipeline_integrations as lane")
    .innerJoin("integration_templates as template", "template.id", "lane.integration_id")
    .innerJoin("revisions as revision", (join) =>
      join
        .onRef("revision.integration_id", "=", "lane.integration_id")
        .on((eb) =>
          eb("revision.revision_number", "=", eb.fn.coalesce("lane.revision_number", "template.latest_revision")),
        ),
    )
    .selectAll("lane")
    .select([
      "template.name as integration_name",
      "template.vendor",
      "template.vendor_name",
      "template.latest_revision",
      "revision.id as revision_id",
      "revision.revision_number as current_revision",
    ]);
}
