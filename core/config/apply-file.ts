/** Applies what a file (or a request in its shape) says to the configuration as it is kept: pure, all faults at once. */
import { applyIntegration } from "./apply-integration.ts";
import { applyLanes, applyPipeline } from "./apply-pipeline.ts";
import { applySections } from "./apply-sections.ts";
import { ApplyDraft, type ApplyFault, type ApplyOptions } from "./apply-draft.ts";
import { checkNames } from "./check-names.ts";
import { checkParameters, sealUsedParameters } from "./check-parameters.ts";
import { checkWaiting } from "./check-waiting.ts";
import type { ConfigurationState, Owner } from "./configuration-state.ts";
import { describeChanges } from "./describe-changes.ts";
import { describeUnseen } from "./describe-unseen.ts";
import type { SignalFile } from "./signal-file.ts";
import { snapshotOf } from "./snapshot-of.ts";

export type ApplyResult =
  | {
      ok: true;
      /** With the next number where something changed, else the state that was given. */
      state: ConfigurationState;
      /** Sentences for people; empty where nothing changed. */
      changes: string[];
    }
  | { ok: false; faults: ApplyFault[] };

/** The same file applied again changes nothing. */
export function applyFile(before: ConfigurationState, file: SignalFile, options: ApplyOptions): ApplyResult {
  const draft = new ApplyDraft(before, options);
  for (const integration of file.integrations) applyIntegration(draft, integration);
  for (const pipeline of file.pipelines) applyPipeline(draft, pipeline);
  for (const pipeline of file.pipelines) applyLanes(draft, pipeline);
  applySections(draft, file);
  removeUnnamed(draft, file);
  sealUsedParameters(draft, file);
  checkNames(draft, file);
  checkParameters(draft, file);
  if (draft.faults.length > 0) return { ok: false, faults: draft.faults };
  const was = snapshotOf(before, options.environment);
  const undeparted = snapshotOf({ ...draft.state(), departures: [] }, options.environment);
  const leaving = checkWaiting(was, undeparted, { ...options, placeOf: (id) => placeIn(file, id) });
  if (leaving.faults.length > 0) return { ok: false, faults: leaving.faults };
  draft.setDepartures(leaving);
  const after = draft.state();
  if (!draft.changed) return { ok: true, state: before, changes: [] };
  const state = { ...after, number: before.number + 1 };
  const changes = describeChanges({
    before: before.number === 0 ? null : was,
    after: snapshotOf(state, options.environment),
    revised: draft.revised,
    leaving,
    unseen: describeUnseen(before, state),
  });
  return { ok: true, state, changes };
}

/** What its owner does not name any more, and what was asked to go. */
function removeUnnamed(draft: ApplyDraft, file: SignalFile): void {
  const { options } = draft;
  const named = new Set([
    ...file.pipelines.flatMap(({ id, assignments }) => [id, ...assignments.map((assignment) => assignment.id)]),
    ...file.integrations.map(({ id }) => id),
  ]);
  const goes = (owner: Owner): boolean =>
    (options.whole === true && owner === options.owner) ||
    (options.prune === true && owner !== "file") ||
    // A file takes the place of what was built in.
    (options.owner === "file" && owner === "demo");
  for (const lane of draft.lanes()) if (!named.has(lane.id) && goes(lane.owner)) draft.removeLane(lane);
  for (const pipeline of draft.pipelines()) {
    if (!named.has(pipeline.id) && goes(pipeline.owner)) draft.removePipeline(pipeline);
  }
  for (const one of draft.integrations()) if (!named.has(one.id) && goes(one.owner)) draft.removeIntegration(one);
  const { pipelines = [], integrations = [], lanes = [] } = options.remove ?? {};
  for (const id of lanes) for (const lane of draft.lanes()) if (lane.id === id) draft.removeLane(lane);
  for (const id of pipelines) for (const one of draft.pipelines()) if (one.id === id) draft.removePipeline(one);
  for (const id of integrations)
    for (const one of draft.integrations()) if (one.id === id) draft.removeIntegration(one);
}

function placeIn(file: SignalFile, id: string): SignalFile["integrations"][number]["place"] | undefined {
  return file.integrations.find((one) => one.id === id)?.place;
}
