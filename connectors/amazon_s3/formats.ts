/** How an object is written: rows to bytes, the ending of its key, and the headers that say what it is. */
import { gzipped, type JsonObject } from "@datafly-signal/core";
import { type Column, textCell } from "./columns.ts";
import { csvLine } from "./csv.ts";
import { writeParquet } from "./parquet.ts";

/** A row, and what it adds to an object. */
export interface WrittenRow {
  row: JsonObject;
  text: string;
}

export interface ObjectFormat {
  /** After the key's name, as in `ndjson.gz`. */
  ending: string;
  headers: Readonly<Record<string, string>>;
  /** Bytes beside the rows. */
  extraBytes: number;
  /** Throws a RangeError for a row that is nested too deep to be written. */
  row(row: JsonObject): WrittenRow;
  body(rows: readonly WrittenRow[]): string | Uint8Array;
}

interface FormatSettings {
  format: "ndjson" | "csv" | "parquet";
  compression: "gzip" | "none";
  columns: readonly Column[];
}

export function objectFormat({ format, compression, columns }: FormatSettings): ObjectFormat {
  const compressed = compression === "gzip";
  if (format === "parquet") {
    return {
      ending: "parquet",
      headers: { "Content-Type": "application/vnd.apache.parquet" },
      extraBytes: 0,
      row: jsonRow,
      body: (rows) =>
        writeParquet(
          rows.map(({ row }) => row),
          { columns, compressed },
        ),
    };
  }
  const text = format === "csv" ? csv(columns) : NDJSON;
  if (!compressed) return text;
  return {
    ...text,
    ending: `${text.ending}.gz`,
    headers: { ...text.headers, "Content-Encoding": "gzip" },
    body: (rows) => gzipped(text.body(rows)),
  };
}

const jsonRow = (row: JsonObject): WrittenRow => ({ row, text: `${JSON.stringify(row)}\n` });

const joined = (rows: readonly WrittenRow[]): string => rows.map(({ text }) => text).join("");

const NDJSON: ObjectFormat = {
  ending: "ndjson",
  headers: { "Content-Type": "application/x-ndjson" },
  extraBytes: 0,
  row: jsonRow,
  body: joined,
};

function csv(columns: readonly Column[]): ObjectFormat {
  const head = csvLine(columns.map(({ name }) => name));
  return {
    ending: "csv",
    headers: { "Content-Type": "text/csv; charset=utf-8" },
    extraBytes: Buffer.byteLength(head),
    row: (row) => ({
      row,
      text: csvLine(columns.map(({ name }) => textCell(Object.hasOwn(row, name) ? row[name] : undefined))),
    }),
    body: (rows) => `${head}${joined(rows)}`,
  };
}
