/** Compiles a section of a mapping (an event's, or the defaults) together with the global rows into one list of steps. */
import { type CompiledExpression } from "../expression/expression.ts";
import { type JsonValue } from "../json.ts";
import { type EnrichmentRow, type MappingRow, type PayloadTransformRow } from "./document.ts";
import { formatPlace, type PathSegment } from "./path.ts";
import {
  compileCondition,
  compileEnrichment,
  compilePayloadTransform,
  compileRow,
  readPath,
  type Compilation,
  type RowPlan,
} from "./row.ts";
import { type Step } from "./run.ts";

type Place = readonly (string | number)[];

/** Rows as the document holds them, one list for each kind, possibly with faults. */
export interface Rows {
  mappings?: unknown;
  enrichments?: unknown;
  transforms?: unknown;
}

export interface SectionSource extends Rows {
  vendor_event_name?: unknown;
  enabled?: unknown;
  filter?: unknown;
}

export interface CompiledSection {
  place: string;
  vendorEventName: string | null;
  enabled: boolean;
  filter: CompiledExpression | undefined;
  /** The payload starts as the event, not empty. */
  passThrough: boolean;
  steps: readonly Step[];
}

/** A row with its place, before it is compiled. */
type Pending = { place: Place; kind: "mappings" | "enrichments" | "transforms"; row: unknown };

export interface SectionContext extends Compilation {
  /** False where the schema found a fault of type: such a row is not looked at further. */
  sound(place: Place): boolean;
}

const pendingOf = (rows: Rows, place: Place, kind: Pending["kind"]): Pending[] => {
  const list = rows[kind];
  return Array.isArray(list) ? list.map((row: unknown, index) => ({ row, kind, place: [...place, kind, index] })) : [];
};

/** Two paths are the same for overlaps when they differ only in the items they name. */
const overlapKey = (segments: readonly PathSegment[]): string[] =>
  segments.map((segment) => (segment.kind === "key" ? `.${segment.key}` : "[]"));

/** Remembers what rows wrote, so that later rows know whether an object of the event may stand on their way. */
export class Written {
  private readonly targets = new Set<string>();

  /** Whether an earlier row wrote a whole value above this target. */
  above(segments: readonly PathSegment[]): boolean {
    const keys = overlapKey(segments);
    return keys.some((_, length) => length > 0 && this.targets.has(keys.slice(0, length).join("")));
  }

  add(segments: readonly PathSegment[]): void {
    this.targets.add(overlapKey(segments).join(""));
  }
}

function targetOf({ row, kind }: Pending): { text: string; key: string } {
  if (kind !== "transforms") return { text: (row as MappingRow).target, key: "target" };
  const { target, field } = row as PayloadTransformRow;
  return target === undefined ? { text: field ?? "", key: "field" } : { text: target, key: "target" };
}

function compileOne(pending: Pending, plan: RowPlan): Step | undefined {
  if (pending.kind === "mappings") return compileRow(pending.row as MappingRow, plan);
  if (pending.kind === "enrichments") return compileEnrichment(pending.row as EnrichmentRow, plan);
  return compilePayloadTransform(pending.row as PayloadTransformRow, plan);
}

/** Faults of a payload transform that the schema cannot say. */
function targetFault({ row, kind }: Pending): string | undefined {
  if (kind !== "transforms") return undefined;
  const { target, field } = row as PayloadTransformRow;
  if (target !== undefined && field !== undefined) return "target and field mean the same; give one.";
  return target === undefined && field === undefined ? "target is missing." : undefined;
}

function compileAll(rows: readonly Pending[], passThrough: boolean, context: SectionContext): Step[] {
  const written = new Written();
  return rows.flatMap((pending) => {
    const { place } = pending;
    if (!context.sound(place)) return [];
    const missing = targetFault(pending);
    if (missing !== undefined) {
      context.fault(place, missing);
      return [];
    }
    const { text, key } = targetOf(pending);
    const segments = readPath(text, [...place, key], context);
    if (!segments) return [];
    const copy = passThrough || written.above(segments);
    written.add(segments);
    const step = compileOne(pending, { compilation: context, place, target: { segments, copy } });
    return step ? [step] : [];
  });
}

const textOrUndefined = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

/**
 * Compiles a section. The event's rows come after the global ones and so win;
 * transforms of payload fields come last, when every row has written.
 */
export function compileSection(
  section: SectionSource,
  place: Place,
  { global, passThrough, context }: { global: Rows; passThrough: boolean; context: SectionContext },
): CompiledSection {
  const rows = [
    ...pendingOf(global, ["global"], "mappings"),
    ...pendingOf(global, ["global"], "enrichments"),
    ...pendingOf(section, place, "mappings"),
    ...pendingOf(section, place, "enrichments"),
    ...pendingOf(global, ["global"], "transforms"),
    ...pendingOf(section, place, "transforms"),
  ];
  return {
    place: formatPlace(place),
    vendorEventName: textOrUndefined(section.vendor_event_name) ?? null,
    enabled: section.enabled !== false,
    filter: compileCondition(textOrUndefined(section.filter), [...place, "filter"], context),
    passThrough,
    steps: compileAll(rows, passThrough, context),
  };
}

/** Narrow view of a JSON value as rows; anything else has none. */
export const asRows = (value: JsonValue | undefined): SectionSource =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
