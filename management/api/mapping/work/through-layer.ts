/** Takes a trial event through the data layer, as far as that goes without a server: no states of visitors, no files, no custom code. */
import {
  compileDataLayer,
  type DataLayerStep,
  type LayeredEvent,
  type SignalEvent,
  type StepVerdict,
} from "@datafly-signal/core";
import type { LayerReport, TrialLayer } from "./tasks.ts";

/** Changes the event in place. The visitor is one who was never seen before. */
export function throughLayer(
  event: SignalEvent,
  layer: TrialLayer,
  { now, pipelineType }: { now: number; pipelineType: LayeredEvent["pipelineType"] },
): LayerReport {
  const { before, visitor, settled, after } = compileDataLayer(layer, { locate: null });
  const browser = pipelineType === "web";
  const subject: LayeredEvent = { event, pipelineId: "preview", pipelineType, browser, input: "test", time: now };
  const met: DataLayerStep = (one) => {
    for (const step of visitor) if (step.key(one) !== null) step.run(one, undefined);
    return null;
  };
  const verdict = verdictOf([...before, met, ...settled, ...after], subject);
  return { stopped: verdict === null ? null : stopOf(verdict), not_run: notRun(layer) };
}

function verdictOf(steps: readonly DataLayerStep[], subject: LayeredEvent): StepVerdict {
  for (const step of steps) {
    const verdict = step(subject);
    if (verdict !== null) return verdict;
  }
  return null;
}

const stopOf = (verdict: NonNullable<StepVerdict>): LayerReport["stopped"] =>
  "drop" in verdict ? { reason: verdict.drop, details: null } : { reason: verdict.reject, details: verdict.details };

function notRun({ data_layer: layer = {} }: TrialLayer): string[] {
  const { custom_js: code } = layer;
  return [
    ...(layer.geo === undefined ? [] : ["geo"]),
    ...(code === undefined || code.enabled === false ? [] : ["custom_js"]),
  ];
}
