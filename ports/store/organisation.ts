/** Queries of the organisation and its data layer, of each of which there is one. */
import type { Selectable } from "kysely";
import type { Queries } from "./queries.ts";
import type { DataLayerTable, OrganisationTable } from "./tables.ts";

export type OrganisationRow = Selectable<OrganisationTable>;
export type DataLayerRow = Selectable<DataLayerTable>;

export function findOrganisation(queries: Queries): Promise<OrganisationRow | undefined> {
  return queries.selectFrom("organisations").selectAll().limit(1).executeTakeFirst();
}

/** Undefined until something was configured. */
export function findDataLayer(queries: Queries, organisationId: string): Promise<DataLayerRow | undefined> {
  return queries.selectFrom("data_layers").selectAll().where("organisation_id", "=", organisationId).executeTakeFirst();
}

/** @param version what it is then */
export async function renameOrganisation(
  queries: Queries,
  { id, name, version, now }: { id: string; name: string; version: number; now: number },
): Promise<void> {
  await queries.updateTable("organisations").set({ name, version, updated_at: now }).where("id", "=", id).execute();
}
