/** A preview: what a mapping makes of one event, with every row's value after each step. It runs the compiled mapping itself. */
import { type SignalEvent } from "../event/event.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import { compileRunner, type MappingOptions } from "./compile.ts";
import { MappingError, type MappingFault, type MappingStop } from "./contract.ts";
import { payloadCoverage, sectionCoverage, type MappingCoverage } from "./coverage.ts";
import { type MappingListener } from "./run.ts";
import { readSourceText } from "./source-text.ts";
import { payloadFaults, type PayloadFault, type VendorSchema } from "./vendor-schema.ts";

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
  /** Why nothing is sent, and the section or row that decided it. */
  stopped?: MappingStop;
  /** A row that could not work on its value: the delivery would be a dead letter. */
  error?: { path: string; message: string };
  /** The mapping itself is wrong; nothing was run. */
  faults?: MappingFault[];
  warnings: MappingFault[];
  steps: PreviewRow[];
  /** What the payload fills of the vendor's schema, and each section by its rows; null without a schema or a payload. */
  coverage: MappingCoverage | null;
  /** What the vendor's schema finds wrong with the payload; only with a schema and a payload. */
  payload_faults?: PayloadFault[];
}

export interface PreviewOptions extends MappingOptions {
  vendorSchema?: VendorSchema;
}

/** Runs a mapping document (plain data, or YAML or JSON text) on one event. */
export function previewMapping(
  document: JsonValue,
  event: SignalEvent,
  parameters: Readonly<Record<string, string>>,
  { vendorSchema, ...options }: PreviewOptions = {},
): MappingPreview {
  const made = compileRunner(document, { ...options, traced: true });
  if ("faults" in made) return { faults: made.faults, warnings: made.warnings ?? [], steps: [], coverage: null };
  const steps: PreviewRow[] = [];
  const listener: MappingListener = {
    row: (row, target) => steps.push({ row, target, steps: [] }),
    step: (step, value) => steps.at(-1)?.steps.push(value === undefined || value === null ? { step } : { step, value }),
  };
  const seen = { warnings: made.warnings, steps, coverage: null };
  try {
    const result = made.run(event, parameters, listener);
    if (result.kind === "stopped") return { stopped: { reason: result.reason, by: result.by }, ...seen };
    const { payload, vendorEventName } = result;
    const checked = vendorSchema ? againstSchema(document, { payload, vendorEventName }, vendorSchema) : {};
    return { payload, vendor_event_name: vendorEventName, ...seen, ...checked };
  } catch (error) {
    if (error instanceof MappingError) return { error: { path: error.path, message: error.message }, ...seen };
    throw error;
  }
}

function againstSchema(
  document: JsonValue,
  { payload, vendorEventName }: { payload: JsonValue; vendorEventName: string | null },
  schema: VendorSchema,
): Required<Pick<MappingPreview, "coverage" | "payload_faults">> {
  return {
    coverage: { ...payloadCoverage(payload, schema, vendorEventName), sections: mappingCoverage(document, schema) },
    payload_faults: payloadFaults(payload, schema, vendorEventName),
  };
}

/** What each section of a mapping (plain data or text) fills of a vendor's schema by its rows; nothing for V1 and faulty text. */
export function mappingCoverage(document: JsonValue, schema: VendorSchema): MappingCoverage["sections"] {
  const plain = typeof document === "string" ? readSourceText(document).value : document;
  return isJsonObject(plain) && plain["version"] === 2 ? sectionCoverage(plain, schema) : [];
}
