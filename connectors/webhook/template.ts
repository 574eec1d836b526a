/** A payload template as checked data: what the reader makes and the renderer walks. No code is ever generated from it. */

/** Where a value stands: `depth` levels of `#each` above, then own properties by name. `data` paths are `@…`. */
export interface TemplatePath {
  data: boolean;
  depth: number;
  parts: readonly string[];
}

export type Operand = { path: TemplatePath } | { literal: string | number | boolean | null };

export type TemplateNode =
  | { kind: "text"; text: string }
  /** `raw` is `{{{…}}}`: written without escaping. */
  | { kind: "value"; path: TemplatePath; raw: boolean }
  | { kind: "json"; value: Operand; raw: boolean }
  | { kind: "if"; test: Operand; negate: boolean; zeroCounts: boolean; body: TemplateNode[]; otherwise: TemplateNode[] }
  | { kind: "each"; over: TemplatePath; body: TemplateNode[]; otherwise: TemplateNode[] };

export interface Template {
  nodes: readonly TemplateNode[];
  /** Whether any path reaches `batch`: without one, a batch's other events would not be in the text. */
  readsBatch: boolean;
}

/** Line and column from 1. */
export interface TemplateFault {
  message: string;
  line: number;
  column: number;
}
