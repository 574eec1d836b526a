/** A preview: what a mapping makes of one event, with every row's value after each step. It runs the compiled mapping itself. */
import { type SignalEvent } from "../event/event.ts";
import { isJsonObject, type JsonValue, sizeOf } from "../json.ts";
import { compileRunner, type MappingOptions } from "./compile.ts";
import { MappingError, type MappingFault, type MappingStop } from "./contract.ts";
import { payloadCoverage, sectionCoverage, type MappingCoverage } from "./coverage.ts";
import { type MappingListener } from "./run.ts";
import { readSourceText } from "./source-text.ts";
import { type Value } from "./transforms/definition.ts";
import { payloadFaults, type PayloadFault, type VendorSchema } from "./vendor-schema.ts";

/** A step of a row: `source` or `value`, a transform, `value_map`, `default_value`, `when`. No value: missing, or cut. */
interface PreviewStep {
  step: string;
  value?: JsonValue;
  /** The value is larger than what is shown: of a text its beginning, of anything else nothing. */
  cut?: true;
}

interface PreviewRow {
  /** Path of the row in the mapping. */
  row: string;
  target: string;
  /** Rows with `[]` repeat their steps for each item. */
  steps: PreviewStep[];
  /** More steps were taken than are shown. */
  cut?: true;
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
  /** What the steps may show, in characters and values: of one value, and of all steps together. */
  shown?: StepLimits;
}

/** Runs a mapping document (plain data, or YAML or JSON text) on one event. */
export function previewMapping(
  document: JsonValue,
  event: SignalEvent,
  parameters: Readonly<Record<string, string>>,
  { vendorSchema, shown, ...options }: PreviewOptions = {},
): MappingPreview {
  const made = compileRunner(document, { ...options, traced: true });
  if ("faults" in made) return { faults: made.faults, warnings: made.warnings ?? [], steps: [], coverage: null };
  const steps: PreviewRow[] = [];
  const show = shown === undefined ? wholeStep : cutStep(shown);
  const listener: MappingListener = {
    row: (row, target) => steps.push({ row, target, steps: [] }),
    step: (step, value) => {
      const row = steps.at(-1);
      const shownStep = show(step, value);
      if (shownStep !== null) row?.steps.push(shownStep);
      else if (row) row.cut = true;
    },
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

interface StepLimits {
  value: number;
  all: number;
}

type ShowStep = (step: string, value: Value) => PreviewStep | null;

const wholeStep: ShowStep = (step, value) => (value === undefined || value === null ? { step } : { step, value });

/** So much of a long text tells what it is. */
const TEXT_BEGIN = 1_000;

/** Values are looked at no further than they are shown, so that large ones cost no more than small ones. */
function cutStep(limits: StepLimits): ShowStep {
  let left = limits.all;
  return (step, value) => {
    left -= step.length;
    if (left <= 0) return null;
    if (value === undefined || value === null) return { step };
    const size = sizeOf(value, Math.min(limits.value, left));
    if (size !== null) {
      left -= size;
      return { step, value };
    }
    if (typeof value !== "string") return { step, cut: true };
    left -= TEXT_BEGIN;
    return { step, value: value.slice(0, TEXT_BEGIN), cut: true };
  };
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
