/** What only BigQuery's answers mean: columns and tables that can be made, and answers that were cut off. */
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type SpecHooks,
  type VendorOutcome,
} from "@datafly-signal/core";
import { type ApiError, apiError, missingPart, objectIn, saidBy } from "./api.ts";
import { sameName } from "./columns.ts";

export interface TableFacts {
  table: string;
  creates: boolean;
  adds: boolean;
  /** Of the columns that can be added, without case. */
  columns: ReadonlySet<string>;
}

type Classify = NonNullable<SpecHooks["classify"]>;

export function answerReader(facts: TableFacts): Classify {
  return (outcomes, { response, now }) => {
    const { status } = response;
    if (status === 404) {
      const outcome = missingTable(facts, apiError(response, now ?? 0));
      return outcomes.map(() => outcome);
    }
    if (status !== 200) return outcomes;
    const body = objectIn(response);
    if (body === null) return unread(outcomes, response.body);
    const errors = body["insertErrors"] ?? [];
    if (!isAboutThese(errors, outcomes.length)) return outcomes.map(unlessFailed);
    const unknown = unknownColumns(errors);
    return outcomes.map((outcome, index) => {
      const column = unknown.get(index);
      return column === undefined ? outcome : unknownColumn(facts, column);
    });
  };
}

/** The table; a dataset that is not there is nothing that a delivery could make. */
function missingTable({ table, creates }: TableFacts, error: ApiError): VendorOutcome {
  const part = missingPart(error);
  if (part !== "table") {
    return { kind: "misconfigured", reason: `There is no such ${part} (404). Check ${part}_id.${saidBy(error)}` };
  }
  if (creates) return { kind: "prepare", reason: `There is no table ${table} yet (404).${saidBy(error)}` };
  const reason = `There is no table ${table} (404). Make it, or set create_table to yes.${saidBy(error)}`;
  return { kind: "misconfigured", reason };
}

const UNTOLD = "BigQuery's answer could not be read: it does not tell which rows were written (200).";

/** Whether each error names a row of the request: else none that is not named may count as written. */
function isAboutThese(errors: JsonValue, count: number): errors is JsonObject[] {
  const isOurs = (index: JsonValue | undefined): boolean => /^\d{1,9}$/.test(String(index)) && Number(index) < count;
  return Array.isArray(errors) && errors.every((entry) => isJsonObject(entry) && isOurs(entry["index"]));
}

function unlessFailed(outcome: VendorOutcome): VendorOutcome {
  return outcome.kind === "delivered" ? { kind: "retry", reason: UNTOLD } : outcome;
}

/**
 * More errors than are kept of an answer: in halves they fit. What was written then comes again under the same insertId.
 * What is no answer of BigQuery's, as a proxy's page, would be none for a half either.
 */
function unread(outcomes: readonly VendorOutcome[], body: string): VendorOutcome[] {
  const isCutOff = outcomes.length > 1 && body.trimStart().startsWith("{");
  const outcome: VendorOutcome = isCutOff
    ? { kind: "reject", reason: UNTOLD, bisect: true }
    : { kind: "retry", reason: UNTOLD };
  return outcomes.map(() => outcome);
}

/** As in `no such field: colour.`; some answers leave the name to `location`. */
const UNKNOWN = /^no such field\b:?\s*(.*?)\.?$/i;

/** By the row's place, the first column that the table does not have, where nothing else is wrong with the row. */
function unknownColumns(errors: readonly JsonValue[]): Map<number, string> {
  const found = new Map<number, string>();
  for (const entry of errors.filter(isJsonObject)) {
    const all = Array.isArray(entry["errors"]) ? entry["errors"].filter(isJsonObject) : [];
    const names = all.map(unknownColumnIn);
    const [first] = names;
    const index = Number(entry["index"]);
    if (first !== undefined && names.every((name) => name !== undefined)) found.set(index, first);
  }
  return found;
}

function unknownColumnIn({ message, location }: JsonObject): string | undefined {
  const named = typeof message === "string" ? UNKNOWN.exec(message.trim())?.[1] : undefined;
  if (named === undefined) return undefined;
  const column = typeof location === "string" && location !== "" ? location : named;
  return column === "" ? undefined : column.slice(0, 300);
}

function unknownColumn({ adds, columns }: TableFacts, column: string): VendorOutcome {
  const reason = `The table has no column ${column.slice(0, 100)}.`;
  const isOurs = columns.has(sameName(column));
  if (isOurs && adds) return { kind: "prepare", reason: `${reason} It can be added.` };
  const cure = isOurs
    ? "Add it, or set add_columns to yes."
    : "Give its type in extra_columns, add it to the table, or take it out of the mapping.";
  return { kind: "reject", reason: `${reason} ${cure}` };
}
