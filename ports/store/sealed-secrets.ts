/** Queries of everything that is sealed, so that it can be sealed anew under another key. */
import type { RevisionContent, SealedSecret } from "@datafly-signal/core";
import { type RawBuilder, sql } from "kysely";
import { contentOf } from "./configuration-rows.ts";
import type { InTransaction, Queries } from "./queries.ts";

type Sealed = Record<string, SealedSecret>;

/** A revision with all that its fingerprint is made of; its secrets are sealed. */
export interface SealedRevision {
  id: string;
  integrationId: string;
  number: number;
  vendor: string;
  hash: string;
  content: Omit<RevisionContent, "secrets">;
  secrets: Sealed;
}

/** What holds secrets and is no revision. */
export interface SealedHolder {
  /** What they are sealed for: the pipeline's id, or `data_layer`. */
  object: string;
  secrets: Sealed;
}

/** Those of deleted integrations too: they may come back. In the order of their ids. @param after the last id of the page before */
export async function listSealedRevisions(
  queries: Queries,
  { after, limit }: { after: string | null; limit: number },
): Promise<SealedRevision[]> {
  const rows = await queries
    .selectFrom("revisions")
    .selectAll()
    .$if(after !== null, (query) => query.where("id", ">", after ?? ""))
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map((row) => {
    const { secrets, ...content } = contentOf(row, JSON.parse(row.consent_categories) as string[]);
    const { id, integration_id: integrationId, revision_number: number, vendor, hash } = row;
    return { id, integrationId, number, vendor, hash, content, secrets };
  });
}

/** Pipelines with secret parameters, and the data layer, where it has secrets. */
export async function listSealedHolders(queries: Queries): Promise<SealedHolder[]> {
  const pipelines = await queries
    .selectFrom("pipelines")
    .select(["id", "secret_parameters"])
    .where("secret_parameters", "<>", "{}")
    .orderBy("id")
    .execute();
  const layers = await queries.selectFrom("data_layers").select("secrets").where("secrets", "<>", "{}").execute();
  return [
    ...pipelines.map(({ id, secret_parameters: secrets }) => ({ object: id, secrets: JSON.parse(secrets) as Sealed })),
    ...layers.map(({ secrets }) => ({ object: DATA_LAYER, secrets: JSON.parse(secrets) as Sealed })),
  ];
}

/** The same secrets under another key: nobody's version rises, since nothing that people see has changed. */
export async function resealRevision(
  queries: InTransaction,
  { id, secrets, hash }: Pick<SealedRevision, "id" | "secrets" | "hash">,
): Promise<void> {
  await queries
    .updateTable("revisions")
    .set({ secrets: JSON.stringify(secrets), hash })
    .where("id", "=", id)
    .execute();
}

/** As `resealRevision`. */
export async function resealHolder(queries: InTransaction, { object, secrets }: SealedHolder): Promise<void> {
  const text = JSON.stringify(secrets);
  if (object === DATA_LAYER) await queries.updateTable("data_layers").set({ secrets: text }).execute();
  else await queries.updateTable("pipelines").set({ secret_parameters: text }).where("id", "=", object).execute();
}

/** How many answers that are kept under Idempotency-Keys another key than this one has sealed. */
export async function countAnswersOfOtherKeys(queries: Queries, keyId: string): Promise<number> {
  const { count } = await queries
    .selectFrom("idempotency_keys")
    .select(({ fn }) => fn.countAll().as("count"))
    .where(ofOtherKey(keyId))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** They are kept for a day, and tell at most what a request answered. @returns how many there were */
export async function deleteAnswersOfOtherKeys(queries: InTransaction, keyId: string): Promise<number> {
  const { numDeletedRows } = await queries.deleteFrom("idempotency_keys").where(ofOtherKey(keyId)).executeTakeFirst();
  return Number(numDeletedRows);
}

const DATA_LAYER = "data_layer";

/** `v1.<key>.` begins what the key has sealed; a pattern would take `_` for any letter. */
function ofOtherKey(keyId: string): RawBuilder<boolean> {
  const beginning = `v1.${keyId}.`;
  return sql<boolean>`substr(${sql.ref("answer")}, 1, ${sql.lit(beginning.length)}) <> ${beginning}`;
}
