/** What the vendor commands read: files, standard input, a moment. */
import { existsSync, readFileSync } from "node:fs";
import { loadConnectors } from "@datafly-signal/connectors";
import { type Connector, isJsonObject, type JsonObject, type JsonValue, nearest } from "@datafly-signal/core";
import { InputError } from "./usage.ts";

/** The text of a file; `-` is standard input. */
export function textOf(file: string): string {
  if (file === "-") return readFileSync(0, "utf8");
  if (!existsSync(file)) throw new InputError(`There is no file ${file}.`);
  return readFileSync(file, "utf8");
}

/** The JSON of a file; `-` is standard input. */
function jsonOf(file: string): JsonValue {
  try {
    // Editors of some systems begin a file with a byte order mark.
    return JSON.parse(textOf(file).replace(/^\uFEFF/, "")) as JsonValue;
  } catch (error) {
    if (error instanceof InputError) throw error;
    const from = file === "-" ? "standard input" : file;
    throw new InputError(`${from} is not JSON: ${error instanceof Error ? error.message : ""}`);
  }
}

/** @param what as in "settings, as the install call takes them under config" */
export function objectOf(file: string, what: string): JsonObject {
  const value = jsonOf(file);
  if (isJsonObject(value)) return value;
  throw new InputError(`${file} must hold one JSON object: ${what}.`);
}

/** One event, a list of them, or a batch as clients send it. */
export function eventsOf(file: string): JsonObject[] {
  const value = jsonOf(file);
  const batch = isJsonObject(value) && Array.isArray(value["batch"]) ? value["batch"] : value;
  const list = Array.isArray(batch) ? batch : [batch];
  return list.map((event, index) => {
    if (isJsonObject(event)) return event;
    throw new InputError(`${file}: event ${index} is not a JSON object.`);
  });
}

/** The end of the year 9999: signatures and vendors write years in four digits. */
const LAST_MOMENT = 253_402_300_799_999;

/** Epoch milliseconds of `--now`, ISO 8601 or milliseconds; the clock's time without it. */
export function momentOf(now: string | undefined): number {
  if (now === undefined) return Date.now();
  const moment = /^\d{9,}$/.test(now) ? Number(now) : Date.parse(now);
  if (moment >= 0 && moment <= LAST_MOMENT) return moment;
  throw new InputError(`--now takes a time as in 2026-02-25T14:30:00Z, or epoch milliseconds, not ${now}.`);
}

/** `KEY=value` pairs of `--param`. */
export function parametersOf(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((pair) => {
      const [key = "", ...value] = pair.split("=");
      if (key === "" || value.length === 0) throw new InputError(`--param takes KEY=value, not ${pair}.`);
      return [key, value.join("=")];
    }),
  );
}

export async function connectorOf(vendor: string): Promise<Connector> {
  const connectors = await loadConnectors();
  const connector = connectors.get(vendor);
  if (connector !== undefined) return connector;
  const near = nearest(vendor, connectors.keys());
  throw new InputError(`There is no vendor ${vendor}.${near === undefined ? "" : ` Did you mean ${near}?`}`);
}
