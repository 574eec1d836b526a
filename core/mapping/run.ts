/** One application of a mapping to one event, as its rows see it. */
import { type SignalEvent } from "../event/event.ts";
import { type JsonObject } from "../json.ts";
import { type Parameters } from "./literal.ts";
import { type Value } from "./transforms/definition.ts";

/** What a preview hears of a row: the value after each step. */
type RecordStep = (step: string, value: Value) => void;

export interface Run {
  event: SignalEvent;
  parameters: Parameters;
  payload: JsonObject;
  /** Rows that left empty items behind; each is called at the end. */
  cleanups: Set<(payload: JsonObject) => void> | null;
  record: RecordStep | null;
}

/** A compiled row. False: a required value is missing. */
export interface Step {
  /** Path of the row in the mapping. */
  place: string;
  target: string;
  run(run: Run): boolean;
}
