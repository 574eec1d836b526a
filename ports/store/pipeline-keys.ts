/** Queries of pipeline keys: those that are accepted, those that were, and those whose time is over. */
import type { Selectable } from "kysely";
import type { Queries } from "./queries.ts";
import type { PipelineKeyTable } from "./tables.ts";

export type PipelineKeyRow = Selectable<PipelineKeyTable>;

/** Of these pipelines: all keys that were not revoked, the newest first. */
export async function keptKeysOf(queries: Queries, pipelineIds: readonly string[]): Promise<PipelineKeyRow[]> {
  if (pipelineIds.length === 0) return [];
  return queries
    .selectFrom("pipeline_keys")
    .selectAll()
    .where("pipeline_id", "in", pipelineIds)
    .where("revoked_at", "is", null)
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .execute();
}

/** Of one pipeline, revoked ones too, the newest first. */
export function listPipelineKeys(
  queries: Queries,
  {
    pipelineId,
    after,
    limit,
  }: { pipelineId: string; after?: Pick<PipelineKeyRow, "created_at" | "id">; limit: number },
): Promise<PipelineKeyRow[]> {
  return queries
    .selectFrom("pipeline_keys")
    .selectAll()
    .where("pipeline_id", "=", pipelineId)
    .$if(after !== undefined, (query) =>
      query.where((eb) => {
        const { created_at, id } = after ?? { created_at: 0, id: "" };
        return eb.or([eb("created_at", "<", created_at), eb("created_at", "=", created_at).and("id", "<", id)]);
      }),
    )
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
}

export function findPipelineKey(
  queries: Queries,
  { pipelineId, id }: { pipelineId: string; id: string },
): Promise<PipelineKeyRow | undefined> {
  return queries
    .selectFrom("pipeline_keys")
    .selectAll()
    .where("pipeline_id", "=", pipelineId)
    .where("id", "=", id)
    .executeTakeFirst();
}

/** Those whose time is over and that were not revoked yet. */
export function expiredKeys(queries: Queries, now: number): Promise<PipelineKeyRow[]> {
  return queries
    .selectFrom("pipeline_keys")
    .selectAll()
    .where("revoked_at", "is", null)
    .where("expires_at", "<=", now)
    .orderBy("id")
    .execute();
}

/** When the next key that was not revoked ends, which may be over; null when none does. */
export async function nextKeyEnd(queries: Queries): Promise<number | null> {
  const found = await queries
    .selectFrom("pipeline_keys")
    .select("expires_at")
    .where("revoked_at", "is", null)
    .where("expires_at", "is not", null)
    .orderBy("expires_at")
    .limit(1)
    .executeTakeFirst();
  return found?.expires_at ?? null;
}

/** Marks them as revoked at the time at which they ended. @returns the keys, none where another process was first */
export function revokeExpiredKeys(queries: Queries, now: number): Promise<PipelineKeyRow[]> {
  return queries
    .updateTable("pipeline_keys")
    .set((eb) => ({ revoked_at: eb.ref("expires_at") }))
    .where("revoked_at", "is", null)
    .where("expires_at", "<=", now)
    .returningAll()
    .execute();
}
