/** One application of a mapping to one event, as its rows see it. */
import { type SignalEvent } from "../event/event.ts";
import { type JsonObject, type JsonValue } from "../json.ts";
import { type MappingResult } from "./contract.ts";
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

/** Hears of a run: which row is at work, and its value after each step. */
export interface MappingListener {
  row(place: string, target: string): void;
  step(name: string, value: JsonValue | undefined): void;
}

/** What a compiled mapping does underneath `apply`. */
export type Runner = (event: SignalEvent, parameters: Parameters, listener?: MappingListener) => MappingResult;
