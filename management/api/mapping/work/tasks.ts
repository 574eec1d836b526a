/** What the mapping's thread does: checks, previews, coverage, conversion, edits and expressions, as plain data in and out. */
import type {
  Connector,
  ConversionNote,
  DataLayerConfig,
  JsonObject,
  JsonValue,
  MappingFault,
  MappingPreview,
  OrganisationConfig,
  PipelineConfig,
  RowList,
  SectionCoverage,
  SectionOption,
  SectionView,
  SignalEvent,
  VendorSchema,
} from "@datafly-signal/core";

/** Faults as they are answered: at most so many, and how many there are. */
export interface ShownFaults {
  faults: MappingFault[];
  fault_count: number;
}

export interface ValidateInput {
  mapping: JsonValue;
  vendor?: Pick<Connector, "name" | "config_fields" | "variants">;
  pipeline?: PipelineParameters;
}

/** What a mapping may know of its pipeline's parameters: of secret ones the names. */
export interface PipelineParameters {
  open: Record<string, string>;
  secret: string[];
}

export interface ValidateOutput extends ShownFaults {
  valid: boolean;
  version: 1 | 2 | null;
  warnings: MappingFault[];
  pipeline_parameters: string[];
}

/** The event of a trial: as a client sends it, and what the gateway would add. */
export interface TrialEvent {
  event: JsonObject;
  /** Wall clock, epoch milliseconds. */
  now: number;
  anonymousId: string;
  messageId: string;
}

/** The data layer with its secrets in clear: used on the thread, never answered. */
export interface TrialLayer {
  data_layer?: DataLayerConfig;
  organisation?: OrganisationConfig;
}

export interface PreviewInput extends TrialEvent {
  mapping: JsonValue;
  vendorSchema?: VendorSchema;
  pipeline?: PipelineParameters & { id: string; type: PipelineConfig["type"] };
  layer?: TrialLayer;
}

export interface LayerReport {
  /** Why the event goes to no integration. */
  stopped: { reason: string; details: string | null } | null;
  /** Parts that are configured but were not run: they need the running server. */
  not_run: string[];
}

export type PreviewOutput =
  | { refused: string }
  | (Omit<MappingPreview, "stopped"> & {
      event: SignalEvent;
      stopped?: { reason: string; by: string };
      data_layer: LayerReport | null;
      /** The payload's size as JSON; null where it is larger than is shown. */
      payload_bytes?: number | null;
    });

export interface CoverageInput {
  mapping: JsonValue;
  schema: VendorSchema;
}

export interface CoverageOutput extends ShownFaults {
  valid: boolean;
  version: 1 | 2 | null;
  sections: SectionCoverage[];
}

export interface ConvertOutput extends ShownFaults {
  mapping: JsonObject | null;
  text: string | null;
  notes: ConversionNote[];
}

export type MappingEdit =
  | { op: "set_row"; section: string; list: RowList; index: number; row: JsonObject }
  | { op: "add_row"; section: string; list: RowList; row: JsonObject; index?: number }
  | { op: "remove_row"; section: string; list: RowList; index: number }
  | { op: "move_row"; section: string; list: RowList; from: number; to: number }
  | { op: "set_rows"; section: string; list: RowList; rows: JsonObject[] }
  | { op: "set_option"; section: string; option: SectionOption; value: string | boolean | null }
  | { op: "add_section"; event: string; content?: JsonObject }
  | { op: "remove_section"; section: string }
  | { op: "rename_section"; section: string; event: string }
  | { op: "set_defaults"; defaults: JsonObject | null };

export interface EditInput {
  text: string;
  edits: MappingEdit[];
}

export interface EditOutput {
  /** All edits were made; where one cannot be, none is, and the text is as it was. */
  applied: boolean;
  text: string;
  /** `edit`: the index of the one that cannot be made; null where the text itself cannot be read. */
  faults: (MappingFault & { edit: number | null })[];
  sections: SectionView[];
}

export interface ExpressionInput {
  expression: string;
  trial?: TrialEvent;
}

export type ExpressionOutput =
  | { refused: string }
  | {
      valid: boolean;
      faults: { message: string; offset: number; line: number; column: number }[];
      /** On the event, where one was given. `value` is left out where it is missing or larger than is shown. */
      result: { holds: boolean; value?: JsonValue } | null;
    };

/** Every task by its name: what it takes and what it gives. */
export interface MappingTasks {
  validate: { takes: ValidateInput; gives: ValidateOutput };
  preview: { takes: PreviewInput; gives: PreviewOutput };
  coverage: { takes: CoverageInput; gives: CoverageOutput };
  convert: { takes: { mapping: JsonValue }; gives: ConvertOutput };
  edit: { takes: EditInput; gives: EditOutput };
  expression: { takes: ExpressionInput; gives: ExpressionOutput };
}

export type MappingTask = keyof MappingTasks;
