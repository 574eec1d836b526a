/** How much of a vendor's schema a mapping fills: by its rows for each section, and by a payload as it came out. */
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { formatPlace, parsePath } from "./path.ts";
import { asRows, type Rows } from "./section.ts";
import { fieldsFor, keyOf, spotsOf, type ReadField, type VendorSchema } from "./vendor-schema.ts";

export interface Coverage {
  required: { mapped: number; total: number; missing: string[] };
  /** Fields that are required in some cases only are among them. */
  optional: { mapped: number; total: number };
}

export interface SectionCoverage extends Coverage {
  /** The section's path in the mapping, as in `events.purchase`; the global rows count for each. */
  section: string;
  vendor_event_name: string | null;
}

/** The payload's own coverage, and that of all sections. */
export interface MappingCoverage extends Coverage {
  sections: SectionCoverage[];
}

function counted(fields: readonly ReadField[], isMapped: (field: ReadField) => boolean): Coverage {
  const required = fields.filter((field) => field.required === true);
  const optional = fields.filter((field) => field.required !== true);
  const missing = required.filter((field) => !isMapped(field)).map(({ path }) => path);
  return {
    required: { mapped: required.length - missing.length, total: required.length, missing },
    optional: { mapped: optional.filter(isMapped).length, total: optional.length },
  };
}

/** What a payload fills. Fields of a list's items count where the list is there, and are mapped where every item has them. */
export function payloadCoverage(payload: JsonValue, schema: VendorSchema, vendorEventName: string | null): Coverage {
  const fields = fieldsFor(schema, vendorEventName).map((field) => ({
    field,
    spots: spotsOf(payload, field.segments),
  }));
  const there = fields.filter(({ field, spots }) => field.required !== true || spots.length > 0);
  const mapped = new Set(
    there
      .filter(({ spots }) => spots.length > 0 && spots.every(({ value }) => value !== undefined))
      .map(({ field }) => field),
  );
  return counted(
    there.map(({ field }) => field),
    (field) => mapped.has(field),
  );
}

function targetsOf(...sections: readonly Rows[]): Set<string> {
  const targets = new Set<string>();
  for (const { mappings, enrichments } of sections) {
    for (const row of [mappings, enrichments].flatMap((rows: unknown) =>
      Array.isArray(rows) ? (rows as JsonValue[]) : [],
    )) {
      const path = isJsonObject(row) && typeof row["target"] === "string" ? parsePath(row["target"]) : undefined;
      if (path && !("fault" in path)) targets.add(keyOf(path));
    }
  }
  return targets;
}

const isWithin = (key: string, outer: string): boolean =>
  key.startsWith(outer) && (key.length === outer.length || key[outer.length] === "." || key[outer.length] === "[");

/** What rows fill: a row that writes a whole object or list may fill everything in it. */
function rowsCoverage(fields: readonly ReadField[], targets: ReadonlySet<string>): Coverage {
  const all = [...targets];
  const isMapped = ({ segments }: ReadField): boolean => {
    const key = keyOf(segments);
    return all.some((target) => isWithin(target, key) || isWithin(key, target));
  };
  const there = fields.filter((field) => {
    const list = keyOf(field.segments).split("[]")[0] ?? "";
    return (
      field.required !== true ||
      !field.path.includes("[]") ||
      all.some((target) => isWithin(target, list) || isWithin(list, target))
    );
  });
  return counted(there, isMapped);
}

/** Coverage of every section of a V2 mapping by its rows; a V1 mapping has no sections. */
export function sectionCoverage(document: JsonObject, schema: VendorSchema): SectionCoverage[] {
  const global = asRows(document["global"]);
  const events = isJsonObject(document["events"]) ? Object.entries(document["events"]) : [];
  const defaults = asRows(document["defaults"]);
  const sections = events.map(([name, section]) => ({ place: ["events", name], name, section: asRows(section) }));
  if ("action" in defaults && defaults.action !== "drop")
    sections.push({ place: ["defaults"], name: "", section: defaults });
  return sections.map(({ place, name, section }) => {
    const given = section.vendor_event_name;
    const vendorEventName = typeof given === "string" ? given : name || null;
    const coverage = rowsCoverage(fieldsFor(schema, vendorEventName), targetsOf(global, section));
    return { section: formatPlace(place), vendor_event_name: vendorEventName, ...coverage };
  });
}
