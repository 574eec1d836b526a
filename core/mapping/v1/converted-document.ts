/** Writes a converted mapping: as plain data, and as YAML with the report as comments. */
import { Document, isMap, isSeq, visit } from "yaml";
import { type JsonObject, type JsonValue } from "../../json.ts";
import { type ConversionNote, type Draft, type TransformItem } from "./draft.ts";
import { formatPath } from "./format-path.ts";
import { independent } from "./overlap.ts";

type Row = Draft["rows"][number];

const oneOrList = <T>(list: readonly T[]): T | T[] | undefined => {
  const [first, ...others] = list;
  return others.length === 0 ? first : [...list];
};

const transformOf = (transforms: readonly TransformItem[]): JsonObject =>
  transforms.length === 0 ? {} : { transform: oneOrList(transforms) as JsonValue };

function mappingRow({ target, origin, required, when }: Row): JsonObject {
  const { from, transforms } = origin;
  const source = "sources" in from ? { source: oneOrList(from.sources.map(formatPath)) ?? "" } : { value: from.value };
  return {
    ...source,
    target: formatPath(target),
    ...transformOf(transforms),
    ...(required && { required }),
    ...(when !== undefined && { when }),
  };
}

const enrichmentRow = ({ target, origin }: Row): JsonObject => ({
  target: formatPath(target),
  value: "value" in origin.from ? origin.from.value : null,
});

const MAX_ROWS = 2_000;

/** Enrichments come after all mapping rows: a fixed value stays one as long as no later mapping row meets it. */
function enrichmentsOf(rows: readonly Row[]): Set<Row> {
  const chosen = new Set<Row>();
  // More rows than a section may have are a fault of the whole, which is not worth the comparisons.
  if (rows.length > MAX_ROWS) return chosen;
  for (const [index, row] of [...rows.entries()].toReversed()) {
    const free = (): boolean =>
      rows.slice(index + 1).every((later) => chosen.has(later) || independent(row.target, later.target));
    if (row.fixed && free()) chosen.add(row);
  }
  return chosen;
}

const unlessEmpty = (key: string, list: readonly JsonValue[]): JsonObject =>
  list.length === 0 ? {} : { [key]: [...list] };

/** The version 2 document. It has no sections by event: version 1 steps are for all events alike. */
export function convertedDocument({ rows, late, passThrough }: Draft, filter: string | undefined): JsonObject {
  const enrichments = enrichmentsOf(rows);
  const mappings = rows.filter((row) => !enrichments.has(row)).map(mappingRow);
  const defaults = {
    action: passThrough ? "pass_through" : "map",
    ...(filter !== undefined && { filter }),
    ...(!passThrough && unlessEmpty("mappings", mappings)),
    ...unlessEmpty("enrichments", [...enrichments].toReversed().map(enrichmentRow)),
    ...unlessEmpty(
      "transforms",
      late.map(({ target, transforms }) => ({ target: formatPath(target), ...transformOf(transforms) })),
    ),
  };
  const global = passThrough ? unlessEmpty("mappings", mappings) : {};
  return { version: 2, ...(Object.keys(global).length > 0 && { global }), defaults };
}

const comment = (line: string): string => ` ${line}`.trimEnd();

/** The document as YAML. */
export function convertedText(
  document: JsonObject,
  { source, report }: { source: JsonObject; report: readonly ConversionNote[] },
): string {
  const yaml = new Document(document);
  visit(yaml, {
    // Rows stand on a line each.
    Seq: (_, list) => {
      for (const row of list.items) if (isMap(row) || isSeq(row)) row.flow = true;
    },
  });
  const head = [source["name"], source["description"]].filter((text) => typeof text === "string" && text !== "");
  const notes = report.map(({ step, kind, what, why }) => {
    const where = step === null ? what : `steps[${step}] ${what}`;
    return `${kind === "differs" ? "Differs" : "Not converted"}: ${where}: ${why}`;
  });
  const lines = [...head, ...notes].flatMap((text) => String(text).split(/\r\n|[\r\n\u0085\u2028\u2029]/));
  if (lines.length > 0) yaml.commentBefore = lines.map(comment).join("\n");
  return yaml.toString({ lineWidth: 0 });
}
