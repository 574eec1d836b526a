/** What a start without a file brings: one pipeline, and while developing the demo. What somebody changed since is theirs. */
import {
  type BuiltInDemo,
  builtInFile,
  type ConfigurationState,
  type Owner,
  type SignalFile,
} from "@datafly-signal/core";

/** What is applied for the owner `demo`; null where nothing is. */
export interface BuiltInChange {
  file: SignalFile;
  whole: boolean;
}

/** @param demo null where there is none */
export function builtInChange(
  state: ConfigurationState,
  pipelineKey: string,
  demo: BuiltInDemo | null,
): BuiltInChange | null {
  const integrations = state.integrations.filter(({ deletedAt }) => deletedAt === null);
  const owners = [...state.pipelines, ...integrations].map(({ owner }) => owner);
  const file = builtInFile(pipelineKey, demo);
  // Nothing is there, or nothing but what was built in: all of it is brought to how it is now.
  if (owners.every(isBuiltIn)) return { file, whole: true };
  if (!owners.some(isBuiltIn)) return null;
  const kept = file.pipelines.filter(({ id }) =>
    isBuiltIn(state.pipelines.find((one) => one.id === id)?.owner ?? null),
  );
  const receivers = file.integrations.filter(({ id }) =>
    isBuiltIn(integrations.find((one) => one.id === id)?.owner ?? null),
  );
  const assigned = new Set(receivers.map(({ id }) => id));
  const pipelines = kept.map((pipeline) => ({
    ...pipeline,
    assignments: pipeline.assignments.filter(({ integrationId }) => assigned.has(integrationId)),
  }));
  const { dataLayer, ...rest } = file;
  const hasLayer = isBuiltIn(state.dataLayer.owner) && dataLayer !== undefined;
  const own: SignalFile = { ...rest, pipelines, integrations: receivers, ...(hasLayer && { dataLayer }) };
  // Where there is no demo any more, its receiver leaves.
  return { file: own, whole: demo === null };
}

function isBuiltIn(owner: Owner): boolean {
  return owner === "demo";
}
