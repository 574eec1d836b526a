/** Writes what differs between two states of the configuration, in an order that no rule of the tables stands against. */
import type {
  ConfigurationState,
  IntegrationState,
  PipelineState,
  RevisionContent,
  RevisionState,
} from "@datafly-signal/core";
import {
  dataLayerRow,
  integrationRow,
  laneRow,
  organisationRow,
  pipelineKeyRows,
  pipelineRow,
  revisionRow,
} from "./configuration-rows.ts";
import type { InTransaction } from "./queries.ts";

export interface Writing {
  /** Null where nothing is there yet. */
  before: ConfigurationState | null;
  after: ConfigurationState;
  /** Epoch milliseconds. */
  now: number;
}

/** Objects that are the very same in both states are not looked at. */
export async function writeConfiguration(queries: InTransaction, writing: Writing): Promise<void> {
  const { before, after, now } = writing;
  await writeOrganisation(queries, writing);
  const pipelines = changedOf(before?.pipelines ?? [], after.pipelines);
  const integrations = changedOf(before?.integrations ?? [], after.integrations);
  const lanes = changedOf(before?.lanes ?? [], after.lanes);
  for (const { id } of lanes.gone) await queries.deleteFrom("pipeline_integrations").where("id", "=", id).execute();
  for (const { id } of pipelines.gone) await queries.deleteFrom("pipelines").where("id", "=", id).execute();
  await freeNames(queries, { pipelines, integrations });
  for (const one of integrations.changed) await writeIntegration(queries, one);
  for (const one of pipelines.changed) await writePipeline(queries, one.after);
  for (const { after: lane } of lanes.changed) {
    const { id, ...rest } = laneRow(lane);
    await queries
      .insertInto("pipeline_integrations")
      .values({ id, ...rest })
      .onConflict((conflict) => conflict.column("id").doUpdateSet(rest))
      .execute();
  }
  await writeDepartures(queries, writing);
  await queries
    .updateTable("configuration")
    .set({ number: after.number, changed_at: now })
    .where("id", "=", "current")
    .execute();
}

interface Change<T> {
  before: T | undefined;
  after: T;
}

interface Changed<T> {
  changed: Change<T>[];
  gone: T[];
}

function changedOf<T extends { id: string }>(before: readonly T[], after: readonly T[]): Changed<T> {
  const was = new Map(before.map((one) => [one.id, one]));
  const staying = new Set(after.map(({ id }) => id));
  return {
    changed: after.filter((one) => was.get(one.id) !== one).map((one) => ({ before: was.get(one.id), after: one })),
    gone: before.filter(({ id }) => !staying.has(id)),
  };
}

/** Two objects may take each other's name, or that of one that leaves: those that change or leave give theirs up first. */
async function freeNames(
  queries: InTransaction,
  { pipelines, integrations }: { pipelines: Changed<PipelineState>; integrations: Changed<IntegrationState> },
): Promise<void> {
  for (const { before, after } of pipelines.changed) {
    if (before === undefined || (before.name === after.name && before.slug === after.slug)) continue;
    const free = ` ${after.id}`;
    await queries.updateTable("pipelines").set({ name: free, slug: free }).where("id", "=", after.id).execute();
  }
  for (const { before, after } of integrations.changed) {
    if (before === undefined || (before.name === after.name && after.deletedAt === null)) continue;
    const free = ` ${after.id}`;
    await queries.updateTable("integration_templates").set({ name: free }).where("id", "=", after.id).execute();
  }
}

async function writePipeline(queries: InTransaction, pipeline: PipelineState): Promise<void> {
  const { id, ...rest } = pipelineRow(pipeline);
  await queries
    .insertInto("pipelines")
    .values({ id, ...rest })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(rest))
    .execute();
  for (const { id: keyId, ...key } of pipelineKeyRows(pipeline)) {
    await queries
      .insertInto("pipeline_keys")
      .values({ id: keyId, ...key })
      .onConflict((conflict) =>
        conflict.column("id").doUpdateSet({ expires_at: key.expires_at, revoked_at: key.revoked_at }),
      )
      .execute();
  }
}

async function writeIntegration(queries: InTransaction, { before, after }: Change<IntegrationState>): Promise<void> {
  const { id, ...rest } = integrationRow(after);
  await queries
    .insertInto("integration_templates")
    .values({ id, ...rest })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(rest))
    .execute();
  const known = new Map((before?.revisions ?? []).map((revision) => [revision.number, revision]));
  for (const revision of after.revisions) {
    if (known.get(revision.number) === revision || !hasContent(revision)) continue;
    const row = revisionRow(id, revision);
    await queries
      .insertInto("revisions")
      .values(row)
      // A revision is immutable: only what seals its secrets may change.
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ secrets: row.secrets, hash: row.hash }))
      .execute();
  }
}

function hasContent(revision: RevisionState): revision is RevisionState & { content: RevisionContent } {
  return revision.content !== null;
}

async function writeOrganisation(queries: InTransaction, { before, after }: Writing): Promise<void> {
  if (before?.organisation !== after.organisation) {
    const { id, ...rest } = organisationRow(after.organisation);
    await queries
      .insertInto("organisations")
      .values({ id, ...rest })
      .onConflict((conflict) => conflict.column("id").doUpdateSet(rest))
      .execute();
  }
  if (before?.dataLayer === after.dataLayer) return;
  const { organisation_id, ...layer } = dataLayerRow(after);
  await queries
    .insertInto("data_layers")
    .values({ organisation_id, ...layer })
    .onConflict((conflict) => conflict.column("organisation_id").doUpdateSet(layer))
    .execute();
}

async function writeDepartures(queries: InTransaction, { before, after, now }: Writing): Promise<void> {
  if (before?.departures === after.departures) return;
  await queries.deleteFrom("departures").execute();
  for (const { integrationId, pipelineIntegrationId } of after.departures) {
    await queries
      .insertInto("departures")
      .values({
        integration_id: integrationId,
        pipeline_integration_id: pipelineIntegrationId ?? "",
        departed_at: now,
      })
      .execute();
  }
}
