/** Rows as a Parquet file, made in memory. */
import { gzipped, USER_AGENT, type JsonObject, type JsonValue } from "@datafly-signal/core";
import { type BasicType, type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { type Column, type ColumnType, textCell } from "./columns.ts";

type Cell = string | number | bigint | boolean | Date | null;

interface CellType {
  type: BasicType;
  /** Null for what the type cannot hold. */
  read(value: JsonValue | undefined): Cell;
}

/** Times are INT64 in milliseconds of UTC; JSON is a string, which every reader takes. */
const CELLS: Readonly<Record<ColumnType, CellType>> = {
  string: { type: "STRING", read: wellFormed },
  json: { type: "STRING", read: wellFormed },
  integer: { type: "INT64", read: integerCell },
  double: { type: "DOUBLE", read: numberCell },
  boolean: { type: "BOOLEAN", read: booleanCell },
  timestamp: { type: "TIMESTAMP", read: timeCell },
};

/** The same file for the same rows. Every column is optional and there in any case, so that all files have one schema. */
export function writeParquet(
  rows: readonly JsonObject[],
  { columns, compressed }: { columns: readonly Column[]; compressed: boolean },
): Uint8Array {
  const columnData = columns.map(({ name, type }): ColumnSource => {
    const cell = CELLS[type];
    return { name, type: cell.type, data: rows.map((row) => cell.read(ownValue(row, name))) };
  });
  const codec = compressed ? "GZIP" : "UNCOMPRESSED";
  const compressors = { GZIP: gzipped };
  return new Uint8Array(parquetWriteBuffer({ columnData, codec, compressors, createdBy: USER_AGENT }));
}

function ownValue(row: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(row, name) ? row[name] : undefined;
}

function wellFormed(value: JsonValue | undefined): string | null {
  return textCell(value)?.toWellFormed() ?? null;
}

function numberCell(value: JsonValue | undefined): number | null {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}

function integerCell(value: JsonValue | undefined): bigint | null {
  const number = numberCell(value);
  return number !== null && Number.isSafeInteger(number) ? BigInt(number) : null;
}

function booleanCell(value: JsonValue | undefined): boolean | null {
  if (typeof value === "boolean") return value;
  return value === "true" || value === "false" ? value === "true" : null;
}

function timeCell(value: JsonValue | undefined): Date | null {
  if (typeof value !== "string" && typeof value !== "number") return null;
  const date = new Date(value);
  return Number.isNaN(date.getTime()) ? null : date;
}
