/** The columns of the table: the thirteen that every row has, and those that extra_columns adds. */
import type { JsonObject, JsonValue, SettingsFault } from "@datafly-signal/core";

/** As the API has a field of a table's schema; without a mode it is nullable. */
export interface Column {
  name: string;
  type: string;
  mode?: "REQUIRED" | "REPEATED";
  description?: string;
}

const column = (name: string, type: string, description: string): Column => ({ name, type, description });

/** The warehouse row of the product, in order. */
export const ROW_COLUMNS: readonly Column[] = [
  { ...column("event_id", "STRING", "The event's id, the same whenever it comes again."), mode: "REQUIRED" },
  column("type", "STRING", "The kind of call: track, page, identify or group."),
  column("event", "STRING", "What happened, as in purchase."),
  column("anonymous_id", "STRING", "The visitor, before a login."),
  column("user_id", "STRING", "The user, after a login."),
  column("timestamp", "TIMESTAMP", "When it happened. The table is partitioned by its day."),
  column("received_at", "TIMESTAMP", "When Signal received it."),
  column("sent_at", "TIMESTAMP", "When the client sent it, by its own clock."),
  column("context", "JSON", "Page, campaign, device, consent and the like."),
  column("properties", "JSON", "What the event says of itself."),
  column("traits", "JSON", "What is known of the user."),
  column("source_id", "STRING", "The pipeline that the event came in by."),
  column("integration_id", "STRING", "The integration that wrote the row."),
];

/** Types by all their names, to the name of the API's schema. */
const TYPES: Readonly<Record<string, string>> = {
  STRING: "STRING",
  BYTES: "BYTES",
  INTEGER: "INTEGER",
  INT64: "INTEGER",
  FLOAT: "FLOAT",
  FLOAT64: "FLOAT",
  NUMERIC: "NUMERIC",
  BIGNUMERIC: "BIGNUMERIC",
  BOOLEAN: "BOOLEAN",
  BOOL: "BOOLEAN",
  TIMESTAMP: "TIMESTAMP",
  DATE: "DATE",
  TIME: "TIME",
  DATETIME: "DATETIME",
  GEOGRAPHY: "GEOGRAPHY",
  JSON: "JSON",
};

const NAME = /^[\p{L}_][\p{L}\p{N}\p{M}_]{0,299}$/u;
/** Prefixes that BigQuery keeps to itself. */
const RESERVED = /^(_TABLE_|_FILE_|_PARTITION|_ROW_TIMESTAMP|__ROOT__|_COLIDENTIFIER|_CHANGE_)/i;
const MOST_COLUMNS = 1_000;

/** Names of columns are equal without case. */
export const sameName = (name: string): string => name.toLowerCase();

/** Reads `{"order_id": "STRING", "tags": "ARRAY<STRING>"}`: all columns, and what is wrong with the further ones. */
export function readColumns(extra: JsonObject = {}): { columns: Column[]; faults: SettingsFault[] } {
  const columns = [...ROW_COLUMNS];
  const faults: SettingsFault[] = [];
  const taken = new Set(columns.map(({ name }) => sameName(name)));
  const refuse = (message: string): void => void faults.push({ field: "extra_columns", message });
  for (const [name, type] of Object.entries(extra)) {
    const read = readType(type);
    const shown = JSON.stringify(name.slice(0, 60));
    if (!NAME.test(name) || RESERVED.test(name)) {
      refuse(`${shown} is no name for a column: letters, digits and _, not a digit first, at most 300 characters.`);
    } else if (taken.has(sameName(name))) {
      refuse(`${shown} is there twice, or is one of the thirteen columns that every row has. Leave it out.`);
    } else if (read === null) {
      refuse(
        `${shown} has no known type. Types are ${[...new Set(Object.values(TYPES))].join(", ")}, and ARRAY<…> of them.`,
      );
    } else columns.push({ name, ...read });
    taken.add(sameName(name));
  }
  if (columns.length > MOST_COLUMNS) refuse(`There are more than ${MOST_COLUMNS} columns.`);
  return { columns, faults };
}

function readType(given: JsonValue | undefined): Pick<Column, "type" | "mode"> | null {
  if (typeof given !== "string") return null;
  const text = given.trim().toUpperCase();
  const inner = /^ARRAY<\s*(\w+)\s*>$/.exec(text)?.[1];
  const name = inner ?? text;
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  if (type === undefined) return null;
  return inner === undefined ? { type } : { type, mode: "REPEATED" };
}
