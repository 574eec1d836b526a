/** What leaves the configuration while deliveries wait for it: refused, or given up on the operator's word. */
import type { ApplyFault, Waiting } from "./apply-draft.ts";
import type { Place } from "./fault.ts";
import type { ConfigSnapshot, IntegrationConfig } from "./snapshot.ts";

export interface Leaving {
  removed: ConfigSnapshot["removed"];
  removedLanes: NonNullable<ConfigSnapshot["removedLanes"]>;
  faults: ApplyFault[];
  changes: string[];
}

interface WaitingOptions {
  waiting: Waiting;
  discardWaiting: boolean;
  discardBy?: string;
  fileName: string;
  /** Where an integration stands in the file. */
  placeOf(integrationId: string): Place | undefined;
}

/** @param after without what was given up before: that is carried over here */
export function checkWaiting(before: ConfigSnapshot, after: ConfigSnapshot, given: WaitingOptions): Leaving {
  const leaving: Leaving = { removed: [], removedLanes: [], faults: [], changes: [] };
  const staying = new Set(after.integrations.map((integration) => integration.id));
  const lanes = new Set(after.lanes.map((lane) => lane.id));
  carryOver(before, { staying, lanes, waiting: given.waiting }, leaving);
  const demo = demoIntegrations(before);
  // Nobody waits for the demo's deliveries: they do not keep a first signal.yaml from being taken.
  const optionsFor = (id: string): WaitingOptions => ({
    ...given,
    discardWaiting: given.discardWaiting || demo.has(id),
  });
  for (const integration of before.integrations) {
    const now = after.integrations.find((candidate) => candidate.id === integration.id);
    if (now?.vendor === integration.vendor) continue;
    const count = given.waiting(integration.id);
    if (now !== undefined) {
      // Its payloads are made for the old vendor, and its lanes keep their ids: they cannot be told apart.
      if (count > 0) leaving.faults.push(vendorFault(now, { was: integration.vendor, count, given }));
      continue;
    }
    const cure = `Keep it until they are sent${renameCure(after, before, integration)}, or give them up with ${given.discardBy ?? "--discard-waiting"}.`;
    const gone = { what: `integration "${integration.name}"`, count, cure };
    const accepted = report(leaving, optionsFor(integration.id), gone);
    if (accepted && count > 0) leaving.removed.push({ integrationId: integration.id });
  }
  for (const lane of before.lanes) {
    if (lanes.has(lane.id) || !staying.has(lane.integrationId)) continue;
    const pipeline = before.pipelines.find((candidate) => candidate.id === lane.pipelineId);
    const integration = before.integrations.find((candidate) => candidate.id === lane.integrationId);
    const count = given.waiting(lane.integrationId, lane.id);
    const keepId = after.pipelines.some((candidate) => candidate.id === lane.pipelineId)
      ? ""
      : ` (renamed: give it id: ${lane.pipelineId})`;
    const what = `integration "${integration?.name ?? lane.integrationId}" of pipeline "${pipeline?.name ?? lane.pipelineId}"`;
    const cure = `Keep it until they are sent${keepId}, or give them up with ${given.discardBy ?? "--discard-waiting"}.`;
    const accepted = report(leaving, optionsFor(lane.integrationId), { what, count, cure });
    if (accepted && count > 0)
      leaving.removedLanes.push({ integrationId: lane.integrationId, pipelineIntegrationId: lane.id });
  }
  return leaving;
}

function demoIntegrations({ demo, integrations }: ConfigSnapshot): ReadonlySet<string> {
  const isDemo = ({ revisions }: IntegrationConfig): boolean =>
    Object.values(revisions).some(({ parameters }) => parameters["url"] === demo?.receiveUrl);
  return new Set(demo === undefined ? [] : integrations.filter(isDemo).map(({ id }) => id));
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
    const message = `${what} is gone from the configuration, and ${deliveries} still ${count === 1 ? "waits" : "wait"} for it`;
    leaving.faults.push({ file: options.fileName, line: 1, column: 1, path: "", message, cure, kind: "waiting" });
    return false;
  }
  leaving.changes.push(count > 0 ? `${what} removed, ${deliveries} given up` : `${what} removed`);
  return true;
}

function vendorFault(
  now: IntegrationConfig,
  before: { was: string; count: number; given: WaitingOptions },
): ApplyFault {
  const { was, count, given } = before;
  const message = `"${now.name}" changes its vendor from ${was} to ${now.vendor} while deliveries wait for it (${count})`;
  const place = given.placeOf(now.id) ?? { file: given.fileName, line: 1, column: 1, path: "" };
  return { ...place, message, cure: "Give the new one another name, and keep or remove the old one.", kind: "waiting" };
}

/** A new integration of the same vendor is most likely the old one under another name. */
function renameCure(after: ConfigSnapshot, before: ConfigSnapshot, gone: { id: string; vendor: string }): string {
  const known = new Set(before.integrations.map((integration) => integration.id));
  const renamed = after.integrations.find((one) => one.vendor === gone.vendor && !known.has(one.id));
  return renamed === undefined ? "" : ` (renamed to "${renamed.name}"? Then give that one id: ${gone.id})`;
}
