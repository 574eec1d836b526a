/** A preview as it is answered: the event through the data layer, if wanted, and through the mapping. */
import { type JsonValue, previewMapping, sizeOf, type SignalEvent, triedEvent } from "@datafly-signal/core";
import { MAX_FAULTS } from "./bounds.ts";
import { throughLayer } from "./through-layer.ts";
import type { LayerReport, PreviewInput, PreviewOutput } from "./tasks.ts";

/** What is shown of the steps' values, in characters and values. */
const SHOWN = { value: 10_000, all: 500_000 };
/** A larger payload is not shown; few vendors would take it. */
const MAX_PAYLOAD = 1_048_576;

export function preview(input: PreviewInput): PreviewOutput {
  const { event: given, now, anonymousId, messageId, pipeline, layer } = input;
  const ids = { uuidV4: () => anonymousId, uuidV7: () => messageId };
  const tried = triedEvent(given, { now, ids, ...(pipeline && { pipelineId: pipeline.id }) });
  if ("fault" in tried) return { refused: tried.fault };
  const { event } = tried;
  if (layer === undefined) return mapped(input, event, null);
  const report = throughLayer(event, layer, { now, pipelineType: pipeline?.type ?? "web" });
  if (report.stopped === null) return mapped(input, event, report);
  const stopped = { reason: report.stopped.reason, by: "data_layer" };
  return { event, data_layer: report, stopped, warnings: [], steps: [], coverage: null };
}

function mapped(input: PreviewInput, event: SignalEvent, report: LayerReport | null): PreviewOutput {
  const { mapping, vendorSchema, pipeline } = input;
  const made = previewMapping(mapping, event, pipeline?.open ?? {}, {
    ...(vendorSchema && { vendorSchema }),
    ...(pipeline && { secretParameters: pipeline.secret }),
    shown: SHOWN,
  });
  const { payload, faults, payload_faults: wrong, ...rest } = made;
  return {
    event,
    data_layer: report,
    ...(payload !== undefined && sized(payload)),
    ...rest,
    ...(faults && { faults: faults.slice(0, MAX_FAULTS) }),
    ...(wrong && { payload_faults: wrong.slice(0, MAX_FAULTS) }),
    warnings: rest.warnings.slice(0, MAX_FAULTS),
  };
}

function sized(payload: JsonValue): { payload?: JsonValue; payload_bytes: number | null } {
  if (sizeOf(payload, MAX_PAYLOAD) === null) return { payload_bytes: null };
  return { payload, payload_bytes: Buffer.byteLength(JSON.stringify(payload)) };
}
