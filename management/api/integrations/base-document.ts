/** An integration as it was at one of its revisions, secrets open: to make the next one from, or to compare. */
import { type ConfigurationState, type IntegrationState, SealedSecretError } from "@datafly-signal/core";
import { loadConfiguration, type Queries } from "@datafly-signal/ports/store";
import type { ConfigurationChanges, IntegrationDocument } from "../configuration/configuration-changes.ts";

/**
 * In the order of `numbers`; undefined where there is no such revision. Never to be answered, logged or stored.
 * @param numbers of revisions of the integration
 */
export async function documentsAt(
  changes: ConfigurationChanges,
  queries: Queries,
  { integrationId, numbers }: { integrationId: string; numbers: readonly number[] },
): Promise<(IntegrationDocument | undefined)[]> {
  const state = await loadConfiguration(
    queries,
    numbers.map((number) => ({ integrationId, number })),
  );
  const integration = state?.integrations.find(({ id }) => id === integrationId);
  if (state === null || integration === undefined) return numbers.map(() => undefined);
  return numbers.map((number) => {
    const revision = integration.revisions.find((one) => one.number === number);
    if (revision === undefined) return undefined;
    const { vendor, variant } = revision;
    return opened(changes, state, { ...integration, vendor, variant, revisions: [revision] });
  });
}

/** Without its secrets where no key opens them any more: then they are to be given anew. */
function opened(
  changes: ConfigurationChanges,
  state: ConfigurationState,
  integration: IntegrationState,
): IntegrationDocument | undefined {
  const ids = { integrations: [integration.id] };
  try {
    return changes.document({ ...state, integrations: [integration] }, ids).integrations?.[0];
  } catch (error) {
    if (!(error instanceof SealedSecretError)) throw error;
    const revisions = integration.revisions.map(({ content, ...revision }) => ({
      ...revision,
      content: content && { ...content, secrets: {} },
    }));
    return changes.document({ ...state, integrations: [{ ...integration, revisions }] }, ids).integrations?.[0];
  }
}
