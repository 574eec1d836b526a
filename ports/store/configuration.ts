/** The configuration as it is kept, read and written as a whole: rows become a `ConfigurationState`, and what changed in one becomes rows. */
import type { ConfigurationState } from "@datafly-signal/core";
import { dataLayerOf, integrationOf, laneOf, organisationOf, pipelineOf } from "./configuration-rows.ts";
import type { InTransaction, Queries } from "./queries.ts";
import { StoreError } from "./store-error.ts";
import { writeConfiguration } from "./write-configuration.ts";

/** A revision whose content is wanted besides those that are pinned or the latest. */
export interface WantedRevision {
  integrationId: string;
  number: number;
}

/** Null before there is an organisation: at the very first start. */
export async function loadConfiguration(
  queries: Queries,
  wanted: readonly WantedRevision[] = [],
): Promise<ConfigurationState | null> {
  const organisation = await queries.selectFrom("organisations").selectAll().executeTakeFirst();
  if (organisation === undefined) return null;
  const [current, layer, pipelines, keys, templates, revisions, lanes, departures] = [
    await queries.selectFrom("configuration").selectAll().executeTakeFirst(),
    await queries.selectFrom("data_layers").selectAll().executeTakeFirst(),
    await queries.selectFrom("pipelines").selectAll().orderBy("created_at").orderBy("id").execute(),
    await queries.selectFrom("pipeline_keys").selectAll().orderBy("created_at").orderBy("id").execute(),
    await queries.selectFrom("integration_templates").selectAll().orderBy("created_at").orderBy("id").execute(),
    await revisionRows(queries, wanted),
    await queries.selectFrom("pipeline_integrations").selectAll().orderBy("created_at").orderBy("id").execute(),
    await queries
      .selectFrom("departures")
      .selectAll()
      .orderBy("integration_id")
      .orderBy("pipeline_integration_id")
      .execute(),
  ];
  const byPipeline = Map.groupBy(keys, (key) => key.pipeline_id);
  const byIntegration = Map.groupBy(revisions, (revision) => revision.integration_id);
  return {
    number: current?.number ?? 0,
    organisation: organisationOf(organisation),
    dataLayer: dataLayerOf(layer, organisation.created_at),
    pipelines: pipelines.map((row) => pipelineOf(row, byPipeline.get(row.id) ?? [])),
    integrations: templates.map((row) => integrationOf(row, byIntegration.get(row.id) ?? [])),
    lanes: lanes.map(laneOf),
    departures: departures.map((row) => ({
      integrationId: row.integration_id,
      pipelineIntegrationId: row.pipeline_integration_id === "" ? null : row.pipeline_integration_id,
    })),
  };
}

/** All of them; the content only of those that are pinned, the latest, or wanted. */
async function revisionRows(queries: Queries, wanted: readonly WantedRevision[]) {
  const facts = await queries
    .selectFrom("revisions")
    .select([
      "id",
      "integration_id",
      "revision_number",
      "vendor",
      "variant",
      "hash",
      "consent_categories",
      "change_summary",
      "created_by",
      "created_at",
    ])
    .orderBy("integration_id")
    .orderBy("revision_number")
    .execute();
  const contents = await queries
    .selectFrom("revisions as r")
    .innerJoin("integration_templates as t", "t.id", "r.integration_id")
    .select([
      "r.id",
      "r.parameters",
      "r.secrets",
      "r.mapping",
      "r.mapping_text",
      "r.rate_limits",
      "r.batch",
      "r.delivery_spec",
    ])
    .where((eb) =>
      eb.or([
        eb("r.revision_number", "=", eb.ref("t.latest_revision")),
        eb.exists(
          eb
            .selectFrom("pipeline_integrations as p")
            .select("p.id")
            .whereRef("p.integration_id", "=", "r.integration_id")
            .whereRef("p.revision_number", "=", "r.revision_number"),
        ),
        ...wanted.map(({ integrationId, number }) =>
          eb.and([eb("r.integration_id", "=", integrationId), eb("r.revision_number", "=", number)]),
        ),
      ]),
    )
    .execute();
  const byId = new Map(contents.map((row) => [row.id, row]));
  return facts.map((row) => ({ ...row, content: byId.get(row.id) ?? null }));
}

/**
 * Writes what differs between two states of one configuration, the number included.
 * @param before as it was loaded in this transaction
 */
export async function saveConfiguration(
  queries: InTransaction,
  before: ConfigurationState | null,
  after: ConfigurationState,
  now: number,
): Promise<void> {
  if (before !== null && before.number > after.number) {
    throw new StoreError(`The configuration's number cannot go back from ${before.number} to ${after.number}.`, {
      fault: "misuse",
      cure: "Apply the change to the configuration as it is now.",
    });
  }
  await writeConfiguration(queries, { before, after, now });
}

/** The number of the configuration: what a reader compares to know that there is a newer one. */
export async function configurationNumber(queries: Queries): Promise<number> {
  const row = await queries.selectFrom("configuration").select("number").executeTakeFirst();
  return row?.number ?? 0;
}
