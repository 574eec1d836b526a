/** The columns of CSV and Parquet: names of the payload's keys with the types that Parquet has. */
import type { JsonValue } from "@datafly-signal/core";

const TYPES = ["string", "integer", "double", "boolean", "timestamp", "json"] as const;

export type ColumnType = (typeof TYPES)[number];

export interface Column {
  name: string;
  type: ColumnType;
}

/** The warehouse row. */
export const DEFAULT_COLUMNS =
  "event_id, type, event, anonymous_id, user_id, timestamp:timestamp, received_at:timestamp, sent_at:timestamp, " +
  "context:json, properties:json, traits:json, source_id, integration_id";

const MOST_COLUMNS = 500;
const USUAL_TYPES: ReadonlyMap<string, ColumnType> = new Map(
  entriesOf(DEFAULT_COLUMNS).map(({ name, type }) => [name, isType(type) ? type : "string"]),
);

/** `name` or `name:type`, separated by commas or lines; the row's own columns have their types by themselves. */
export function readColumns(text: string): Column[] | { fault: string } {
  const columns: Column[] = [];
  for (const { name, type } of entriesOf(text)) {
    if (!/^[\p{L}_][\p{L}\p{N}_]{0,127}$/u.test(name)) {
      return { fault: `columns: "${name.slice(0, 40)}" is no name of a column: letters, digits and _ only.` };
    }
    if (type !== undefined && !isType(type)) {
      return { fault: `columns: ${name} has the type "${type.slice(0, 40)}". Write one of: ${TYPES.join(", ")}.` };
    }
    if (columns.some((column) => column.name === name)) return { fault: `columns names ${name} twice.` };
    columns.push({ name, type: type ?? USUAL_TYPES.get(name) ?? "string" });
  }
  if (columns.length === 0) return { fault: "columns names no column. Leave it empty for the usual ones." };
  if (columns.length > MOST_COLUMNS) return { fault: `columns names more than ${MOST_COLUMNS} columns.` };
  return columns;
}

/** What stands in a column of text: objects and lists as JSON; null where there is nothing. */
export function textCell(value: JsonValue | undefined): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function entriesOf(text: string): { name: string; type: string | undefined }[] {
  return text
    .split(/[,\n]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "")
    .map((entry) => {
      const [name = "", type] = entry.split(":", 2).map((part) => part.trim());
      return { name, type };
    });
}

function isType(text: string | undefined): text is ColumnType {
  return TYPES.some((type) => type === text);
}
