/** `batch`, and its other spelling among the vendor's settings: `batch_enabled`, `batch_size`, `batch_bytes`, `batch_interval_ms`. */
import type { Connector } from "../connector/contract.ts";
import type { BatchLimits } from "./snapshot.ts";
import { addFault, addWarning, type ReadContext, type Spot } from "./read-context.ts";
import type { ReadSettings } from "./read-settings.ts";
import { BATCH_SPELLINGS } from "./given-settings.ts";

export interface BatchSection {
  size?: number;
  bytes?: number;
  interval_ms?: number;
}

const SPELLED = [
  { setting: "batch_size", key: "size", field: "size", minimum: 1, maximum: 100_000 },
  { setting: "batch_bytes", key: "bytes", field: "bytes", minimum: 1024, maximum: 67_108_864 },
  { setting: "batch_interval_ms", key: "interval_ms", field: "intervalMs", minimum: 0, maximum: 3_600_000 },
] as const;

/**
 * The batch of an integration. Settings that only spell `batch` and are no fields of the vendor are taken out of
 * `settings.parameters`; the vendor's own fields stay there beside it.
 */
export function readBatch(
  context: ReadContext,
  input: { connector: Connector; section: BatchSection; settings: ReadSettings; fallback: Spot },
): Partial<BatchLimits> {
  const { settings, section } = input;
  const batch: Partial<BatchLimits> = {};
  for (const { key, field } of SPELLED) {
    const value = section[key];
    if (value !== undefined) batch[field] = value;
  }
  if (isEnabled(context, input, batch)) takeSpelled(context, input, batch);
  const fields = new Set(input.connector.config_fields.map((field) => field.key));
  for (const name of BATCH_SPELLINGS) if (!fields.has(name)) delete settings.parameters[name];
  return batch;
}

type BatchInput = Parameters<typeof readBatch>[1];

/** Vendors that have the switch batch only where it is on; the section `batch` alone needs none. */
function isEnabled(context: ReadContext, input: BatchInput, batch: Partial<BatchLimits>): boolean {
  const { parameters, spots } = input.settings;
  const field = input.connector.config_fields.find((candidate) => candidate.key === "batch_enabled");
  if (field === undefined) return true;
  const value = String(parameters.batch_enabled ?? "");
  if (value === "true") return true;
  const spot = spots.get("batch_enabled") ?? input.fallback;
  if (value === "false" && Object.keys(input.section).length > 0) {
    addFault(context, spot, "batch_enabled is false, and batch says how to batch", "Remove one of the two.");
  } else if (value === "false") batch.size = 1;
  else {
    const idle = SPELLED.find(({ setting }) => spots.has(setting));
    if (idle !== undefined && field.default !== true && field.default !== "true") {
      const where = spots.get(idle.setting) ?? spot;
      addWarning(
        context,
        where,
        `${idle.setting} has no effect without batch_enabled: true`,
        "Add batch_enabled: true.",
      );
    }
  }
  return false;
}

function takeSpelled(context: ReadContext, input: BatchInput, batch: Partial<BatchLimits>): void {
  const { parameters, spots, faulty } = input.settings;
  for (const { setting, key, field, minimum, maximum } of SPELLED) {
    const value = parameters[setting];
    if (value === undefined || faulty.has(setting)) continue;
    const spot = spots.get(setting) ?? input.fallback;
    const number = /^\d{1,9}$/.test(String(value)) ? Number(value) : Number.NaN;
    if (!(number >= minimum && number <= maximum)) {
      faulty.add(setting);
      addFault(context, spot, `${setting} is out of range`, `Write a whole number from ${minimum} to ${maximum}.`);
    } else if (batch[field] !== undefined && !spots.has(setting)) {
      // The variant's own, which gives way to what the author says.
      parameters[setting] = String(batch[field]);
    } else if (batch[field] !== undefined && batch[field] !== number) {
      faulty.add(setting);
      addFault(
        context,
        spot,
        `${setting} and batch.${key} are the same setting with two values`,
        "Keep one of the two.",
      );
    } else batch[field] = number;
  }
}
