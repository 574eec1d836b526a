/** Deliveries of lanes that the configuration does not have any more: they are given up visibly, never forgotten (contracts §2). */
import type { ConfigSnapshot } from "@datafly-signal/core";

/** A lane with deliveries on their way. */
export interface WaitingLane {
  integrationId: string;
  laneId: string;
  count: number;
}

/** The next snapshot, with every waiting lane that the snapshot does not know listed as removed; null when there is none. */
export function withStranded(snapshot: ConfigSnapshot, waiting: readonly WaitingLane[]): ConfigSnapshot | null {
  const integrations = new Set(snapshot.integrations.map(({ id }) => id));
  const lanes = new Set(snapshot.lanes.map(({ id }) => id));
  const removed = new Set(snapshot.removed.map(({ integrationId }) => integrationId));
  const removedLanes = new Map(
    (snapshot.removedLanes ?? []).map((lane): [string, typeof lane] => [lane.pipelineIntegrationId, lane]),
  );
  const known = removed.size + removedLanes.size;
  for (const { integrationId, laneId, count } of waiting) {
    if (count <= 0) continue;
    if (!integrations.has(integrationId)) removed.add(integrationId);
    else if (!lanes.has(laneId)) removedLanes.set(laneId, { integrationId, pipelineIntegrationId: laneId });
  }
  if (removed.size + removedLanes.size === known) return null;
  return {
    ...snapshot,
    number: snapshot.number + 1,
    removed: [...removed].map((integrationId) => ({ integrationId })),
    ...(removedLanes.size > 0 ? { removedLanes: [...removedLanes.values()] } : {}),
  };
}
