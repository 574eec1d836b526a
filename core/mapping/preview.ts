/** A preview: what a mapping makes of one event, with every row's value after each step. It runs the compiled mapping itself. */
import { type SignalEvent } from "../event/event.ts";
import { type JsonValue } from "../json.ts";
import { compileRunner } from "./compile.ts";
import { MappingError, type MappingFault, type MappingStop } from "./contract.ts";
import { type MappingListener } from "./run.ts";

/** A step of a row: `source` or `value`, a transform, `value_map`, `default_value`, `when`. No value: missing. */
interface PreviewStep {
  step: string;
  value?: JsonValue;
}

interface PreviewRow {
  /** Path of the row in the mapping. */
  row: string;
  target: string;
  /** Rows with `[]` repeat their steps for each item. */
  steps: PreviewStep[];
}

export interface MappingPreview {
  payload?: JsonValue;
  vendor_event_name?: string | null;
  stopped?: MappingStop;
  /** A row that could not work on its value: the delivery would be a dead letter. */
  error?: { path: string; message: string };
  /** The mapping itself is wrong; nothing was run. */
  faults?: MappingFault[];
  warnings: MappingFault[];
  steps: PreviewRow[];
}

/** Runs a mapping document (plain data, or YAML or JSON text) on one event. */
export function previewMapping(
  document: JsonValue,
  event: SignalEvent,
  parameters: Readonly<Record<string, string>>,
): MappingPreview {
  const made = compileRunner(document, { traced: true });
  if ("faults" in made) return { faults: made.faults, warnings: [], steps: [] };
  const { warnings } = made;
  const steps: PreviewRow[] = [];
  const listener: MappingListener = {
    row: (row, target) => steps.push({ row, target, steps: [] }),
    step: (step, value) => steps.at(-1)?.steps.push(value === undefined || value === null ? { step } : { step, value }),
  };
  try {
    const result = made.run(event, parameters, listener);
    if (result.kind === "stopped") return { stopped: { reason: result.reason, by: result.by }, warnings, steps };
    return { payload: result.payload, vendor_event_name: result.vendorEventName, warnings, steps };
  } catch (error) {
    if (error instanceof MappingError) return { error: { path: error.path, message: error.message }, warnings, steps };
    throw error;
  }
}
