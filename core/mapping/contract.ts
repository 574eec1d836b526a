/** What the processor and the preview see of a compiled mapping. */
import type { SignalEvent } from "../event/event.ts";
import type { JsonValue } from "../json.ts";

/** A fault of a mapping: `path` as in `events.purchase.mappings[2].transform`; line and column (from 1) when it came as text. */
export interface MappingFault {
  path: string;
  message: string;
  line?: number;
  column?: number;
}

/** Why a mapping sends nothing. `by` names the section or row at work, as a path into the mapping. */
export interface MappingStop {
  reason:
    | "mapping_filter"
    | "mapping_default_drop"
    | "mapping_event_disabled"
    | "mapping_required_missing"
    | "mapping_step_dropped";
  by: string;
}

export type MappingResult =
  | { kind: "mapped"; payload: JsonValue; vendorEventName: string | null }
  | ({ kind: "stopped" } & MappingStop);

/** Compiled once per revision; pure and reusable. */
export interface CompiledMapping {
  /**
   * Maps one event. `parameters` are the pipeline's, for `{{pipeline_param.KEY}}`.
   * @throws {MappingError} when a transform cannot do its work on the value: that delivery is a dead letter `mapping_failed`.
   */
  apply(event: SignalEvent, parameters: Readonly<Record<string, string>>): MappingResult;
}

/** A value that a mapping's row could not work on; the message names row and value type, never the value. */
export class MappingError extends Error {
  readonly path: string;
  constructor(path: string, message: string) {
    super(message);
    this.name = "MappingError";
    this.path = path;
  }
}
