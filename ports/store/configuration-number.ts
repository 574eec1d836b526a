/** Queries of the number that every change of the configuration raises. */
import type { Queries } from "./queries.ts";

/** In the transaction that changes something: all parts follow once it is kept. @param now epoch milliseconds */
export async function raiseConfigurationNumber(queries: Queries, now: number): Promise<void> {
  await queries
    .updateTable("configuration")
    .set((eb) => ({ number: eb("number", "+", 1), changed_at: now }))
    .where("id", "=", "current")
    .execute();
}
