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

interface Owned {
  id: string;
  owner: Owner;
}

/** @param demo null where there is none */
export function builtInChange(
  state: ConfigurationState,
  pipelineKey: string,
  demo: BuiltInDemo | null,
): BuiltInChange | null {
  const integrations = state.integrations.filter(({ deletedAt }) => deletedAt === null);
  const objects: Owned[] = [...state.pipelines, ...integrations];
  const isOnlyBuiltIn = objects.every(isBuiltIn);
  if (!isOnlyBuiltIn && !objects.some(isBuiltIn)) return null;
  const file = builtInFile(pipelineKey, demo);
  // What is there must still be the demo's; what is not there is made only where there is nothing else.
  const isBrought = ({ id }: { id: string }): boolean => {
    const known = objects.find((one) => one.id === id);
    return known === undefined ? isOnlyBuiltIn : isBuiltIn(known);
  };
  const isNew = ({ id }: { id: string }): boolean => objects.every((one) => one.id !== id);
  const receivers = file.integrations.filter(isBrought);
  const pipelines = file.pipelines.filter(isBrought).map((pipeline) => ({
    ...pipeline,
    assignments: pipeline.assignments.filter(({ id, integrationId }) => {
      const receiver = receivers.find((one) => one.id === integrationId);
      const known = state.lanes.find((lane) => lane.id === id);
      // One that somebody took away stays away as long as both its ends are there.
      return receiver !== undefined && (known === undefined ? isNew(pipeline) || isNew(receiver) : isBuiltIn(known));
    }),
  }));
  const { dataLayer, ...rest } = file;
  const isLayerFree = state.dataLayer.config === null && receivers.some(isNew);
  const hasLayer = dataLayer !== undefined && (isBuiltIn(state.dataLayer) || isLayerFree);
  const own: SignalFile = { ...rest, pipelines, integrations: receivers, ...(hasLayer && { dataLayer }) };
  // Where there is no demo any more, its receiver leaves.
  return { file: own, whole: isOnlyBuiltIn || demo === null };
}

/** Whether a file has left something behind that it named. */
export function hasFileObjects({
  pipelines,
  integrations,
  lanes,
  dataLayer,
  organisation,
}: ConfigurationState): boolean {
  return [...pipelines, ...integrations, ...lanes, dataLayer, organisation].some(({ owner }) => owner === "file");
}

function isBuiltIn({ owner }: Pick<Owned, "owner">): boolean {
  return owner === "demo";
}
