/** What leaves the configuration while deliveries wait for it: refused, or given up on the operator's word. */
import type { ConfigFault } from "./fault.ts";
import type { FileIntegration, SignalFile } from "./signal-file.ts";
import type { ConfigSnapshot } from "./snapshot.ts";

/** Deliveries under way for an integration, or for one of its lanes. */
export type Waiting = (integrationId: string, pipelineIntegrationId?: string) => number;

export interface Leaving {
  removed: ConfigSnapshot["removed"];
  removedLanes: NonNullable<ConfigSnapshot["removedLanes"]>;
  faults: ConfigFault[];
  changes: string[];
}

/** @param before the last snapshot; null at the first start */
export function checkWaiting(
  before: ConfigSnapshot | null,
  file: SignalFile,
  given: { waiting: Waiting; discardWaiting: boolean; fileName: string },
): Leaving {
  const leaving: Leaving = { removed: [], removedLanes: [], faults: [], changes: [] };
  if (before === null) return leaving;
  // Nobody waits for the demo's deliveries: they do not keep a first signal.yaml from being taken.
  const options = { ...given, discardWaiting: given.discardWaiting || before.demo !== undefined };
  const staying = new Set(file.integrations.map((integration) => integration.id));
  const lanes = new Set(file.pipelines.flatMap((pipeline) => pipeline.assignments.map((assignment) => assignment.id)));
  carryOver(before, { staying, lanes, waiting: options.waiting }, leaving);
  for (const integration of before.integrations) {
    const now = file.integrations.find((candidate) => candidate.id === integration.id);
    const moved = now !== undefined && now.vendor !== integration.vendor;
    if (staying.has(integration.id) && !moved) continue;
    const count = options.waiting(integration.id);
    if (now !== undefined) {
      // Its payloads are made for the old vendor, and its lanes keep their ids: they cannot be told apart.
      if (count > 0) leaving.faults.push(vendorFault(now, { was: integration.vendor, count }));
      continue;
    }
    const cure = `Keep it until they are sent${renameCure(file, before, integration)}, or give them up with --discard-waiting.`;
    const accepted = report(leaving, options, { what: `integration "${integration.name}"`, count, cure });
    if (accepted && count > 0) leaving.removed.push({ integrationId: integration.id });
  }
  for (const lane of before.lanes) {
    if (lanes.has(lane.id) || !staying.has(lane.integrationId)) continue;
    const pipeline = before.pipelines.find((candidate) => candidate.id === lane.pipelineId);
    const integration = before.integrations.find((candidate) => candidate.id === lane.integrationId);
    const count = options.waiting(lane.integrationId, lane.id);
    const keepId = file.pipelines.some((candidate) => candidate.id === lane.pipelineId)
      ? ""
      : ` (renamed: give it id: ${lane.pipelineId})`;
    const what = `integration "${integration?.name ?? lane.integrationId}" of pipeline "${pipeline?.name ?? lane.pipelineId}"`;
    const cure = `Keep it until they are sent${keepId}, or give them up with --discard-waiting.`;
    const accepted = report(leaving, options, { what, count, cure });
    if (accepted && count > 0)
      leaving.removedLanes.push({ integrationId: lane.integrationId, pipelineIntegrationId: lane.id });
  }
  return leaving;
}

/** What was given up earlier stays listed until nothing of it waits any more. */
function carryOver(
  before: ConfigSnapshot,
  now: { staying: ReadonlySet<string>; lanes: ReadonlySet<string>; waiting: Waiting },
  leaving: Leaving,
): void {
  for (const entry of before.removed) {
    if (!now.staying.has(entry.integrationId) && now.waiting(entry.integrationId) > 0) leaving.removed.push(entry);
  }
  for (const entry of before.removedLanes ?? []) {
    if (
      now.lanes.has(entry.pipelineIntegrationId) ||
      now.waiting(entry.integrationId, entry.pipelineIntegrationId) === 0
    )
      continue;
    if (now.staying.has(entry.integrationId)) leaving.removedLanes.push(entry);
    else if (!leaving.removed.some((one) => one.integrationId === entry.integrationId)) {
      leaving.removed.push({ integrationId: entry.integrationId });
    }
  }
}

/** True when it may leave. */
function report(
  leaving: Leaving,
  options: { discardWaiting: boolean; fileName: string },
  gone: { what: string; count: number; cure: string },
): boolean {
  const { what, count, cure } = gone;
  const deliveries = count === 1 ? "1 delivery" : `${count} deliveries`;
  if (count > 0 && !options.discardWaiting) {
    const message = `${what} is gone from the file, and ${deliveries} still ${count === 1 ? "waits" : "wait"} for it`;
    leaving.faults.push({ file: options.fileName, line: 1, column: 1, path: "", message, cure });
    return false;
  }
  leaving.changes.push(count > 0 ? `${what} removed, ${deliveries} given up` : `${what} removed`);
  return true;
}

function vendorFault(now: FileIntegration, before: { was: string; count: number }): ConfigFault {
  const message = `"${now.name}" changes its vendor from ${before.was} to ${now.vendor} while deliveries wait for it (${before.count})`;
  return { ...now.place, message, cure: "Give the new one another name, and keep or remove the old one." };
}

/** A new integration of the same vendor is most likely the old one under another name. */
function renameCure(file: SignalFile, before: ConfigSnapshot, gone: { id: string; vendor: string }): string {
  const known = new Set(before.integrations.map((integration) => integration.id));
  const renamed = file.integrations.find((candidate) => candidate.vendor === gone.vendor && !known.has(candidate.id));
  return renamed === undefined ? "" : ` (renamed to "${renamed.name}"? Then give that one id: ${gone.id})`;
}
