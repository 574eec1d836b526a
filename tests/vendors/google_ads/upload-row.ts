/** What the checks of one uploaded row get and give. */
import type { JsonRecord } from "../strict.ts";
import type { World } from "../world.ts";

export interface RowFacts {
  world: World;
  customer: string;
  /** Keys of the rows before it in the request. */
  seen: Set<string>;
}

/** A row that is refused. `family` is the name of the error's enum in `errorCode`; left out it is the service's own. */
export interface RowError {
  family?: string;
  error: string;
  message: string;
  /** In snake case. */
  field?: string;
}

/** `result` is what the vendor gives back of a row it took; `key` is how it knows copies. */
export interface TakenRow {
  key: string | null;
  name: string;
  scope: string;
  result: JsonRecord;
}

export type RowVerdict = RowError | TakenRow;

/** An error of the service's own enum. */
export function refuse(error: string, message: string, field?: string): RowError {
  return field === undefined ? { error, message } : { error, message, field };
}

/** Errors that all services share. */
export const fieldRefusals = {
  required: (field: string): RowError => ({
    family: "fieldError",
    error: "REQUIRED",
    message: "The required field was not present.",
    field,
  }),
  mustBeUnset: (field: string): RowError => ({
    family: "fieldError",
    error: "VALUE_MUST_BE_UNSET",
    message: "The field's value must be unset.",
    field,
  }),
  time: (field: string): RowError => ({
    family: "dateError",
    error: "INVALID_STRING_DATE_TIME_SECONDS_WITH_OFFSET",
    message: "The given value is not of the form yyyy-mm-dd hh:mm:ss+|-hh:mm.",
    field,
  }),
  future: (field: string): RowError => ({
    family: "dateError",
    error: "LATER_THAN_MAXIMUM_DATE",
    message: "The date is later than the maximum.",
    field,
  }),
  currency: (field: string): RowError => ({
    family: "currencyCodeError",
    error: "UNSUPPORTED",
    message: "The currency code is not supported.",
    field,
  }),
};
