/** Queries of answers that are kept under Idempotency-Keys. */
import type { Insertable, Selectable } from "kysely";
import type { Queries } from "./queries.ts";
import type { IdempotencyKeyTable } from "./tables.ts";

export type IdempotencyRecord = Selectable<IdempotencyKeyTable>;

/** Whose key it is, and the key as it was given. */
type Address = Pick<IdempotencyRecord, "owner" | "idempotency_key">;

export function findIdempotencyRecord(queries: Queries, address: Address): Promise<IdempotencyRecord | undefined> {
  return queries
    .selectFrom("idempotency_keys")
    .selectAll()
    .where("owner", "=", address.owner)
    .where("idempotency_key", "=", address.idempotency_key)
    .executeTakeFirst();
}

/** False where there is one already, which stays. */
export async function insertIdempotencyRecord(
  queries: Queries,
  record: Insertable<IdempotencyKeyTable>,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await queries
    .insertInto("idempotency_keys")
    .values(record)
    .onConflict((conflict) => conflict.columns(["owner", "idempotency_key"]).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** Those made at or before `before`, epoch milliseconds: all, or one owner's. @returns how many there were */
export async function deleteIdempotencyRecords(
  queries: Queries,
  { before, owner }: { before: number; owner?: string },
): Promise<number> {
  const { numDeletedRows } = await queries
    .deleteFrom("idempotency_keys")
    .where("created_at", "<=", before)
    .$if(owner !== undefined, (query) => query.where("owner", "=", owner ?? ""))
    .executeTakeFirst();
  return Number(numDeletedRows);
}
