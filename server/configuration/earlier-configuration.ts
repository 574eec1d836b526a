/** The configuration of data folders of format 2 and before, which kept it as one record, as the database begins with it. */
import {
  type ConfigSnapshot,
  type ConfigurationState,
  emptyConfiguration,
  type IntegrationState,
  type Owner,
  type RevisionContent,
} from "@datafly-signal/core";

interface EarlierConfiguration {
  snapshotNumber: number;
  snapshot: ConfigSnapshot;
  integrations: Record<
    string,
    { name: string; revisions: { number: number; vendor: string; hash: string; content: RevisionContent }[] }
  >;
}

export interface Beginning {
  now: number;
  newId(prefix: string): string;
}

/** What an organisation is called until somebody names it. */
export const ORGANISATION_NAME = "My organisation";

/** @param record the record's JSON */
export function configurationFromRecord(record: string, { now, newId }: Beginning): ConfigurationState {
  const { snapshotNumber, snapshot, integrations } = JSON.parse(record) as EarlierConfiguration;
  const owner: Owner = snapshot.demo === undefined ? "file" : "demo";
  const kept = { owner, version: 1, createdAt: now, updatedAt: now };
  const state = emptyConfiguration({ id: snapshot.organisationId, name: ORGANISATION_NAME, now });
  return {
    ...state,
    number: snapshotNumber,
    organisation: { ...state.organisation, settings: snapshot.organisation ?? null, owner },
    dataLayer: {
      ...state.dataLayer,
      config: snapshot.dataLayer ?? null,
      secrets: snapshot.dataLayerSecrets ?? {},
      owner,
    },
    pipelines: snapshot.pipelines.map(({ secretParameters = {}, keys, ...pipeline }) => ({
      ...kept,
      ...pipeline,
      secretParameters,
      labels: [],
      keys: keys.map((key) => ({ id: newId("key_"), key, createdAt: now, expiresAt: null, revokedAt: null })),
    })),
    integrations: Object.entries(integrations).map(([id, { name, revisions }]): IntegrationState => {
      const current = snapshot.integrations.find((one) => one.id === id);
      const last = revisions.at(-1);
      return {
        ...kept,
        owner: current === undefined ? null : owner,
        id,
        name: current?.name ?? name,
        vendor: current?.vendor ?? last?.vendor ?? "",
        vendorName: current?.vendorName ?? last?.vendor ?? "",
        description: "",
        variant: current?.variant ?? "default",
        custom: false,
        revisions: revisions.map(({ number, vendor, hash, content }) => ({
          id: newId("rev_"),
          number,
          vendor,
          variant: current?.variant ?? "default",
          hash,
          consentCategories: content.consentCategories,
          changeSummary: "",
          createdBy: null,
          createdAt: now,
          content,
          mappingText: null,
        })),
        deletedAt: current === undefined ? now : null,
      };
    }),
    // The file is read at the same start, and says which of them follow the latest.
    lanes: snapshot.lanes.map((lane) => ({ ...kept, ...lane })),
    departures: [
      ...snapshot.removed.map(({ integrationId }) => ({ integrationId, pipelineIntegrationId: null })),
      ...(snapshot.removedLanes ?? []),
    ],
  };
}
