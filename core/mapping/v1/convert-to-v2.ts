/** Makes a version 2 mapping of a version 1 mapping, and says what it could not convert. */
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { compileMapping, type MappingOptions } from "../compile.ts";
import { type MappingFault } from "../contract.ts";
import { readSourceText } from "../source-text.ts";
import { MAX_TEXT } from "./convert-expression.ts";
import { convertSteps } from "./convert-steps.ts";
import { convertedDocument, convertedText } from "./converted-document.ts";
import { isStepMapping, type MappingStep } from "./document.ts";
import { type ConversionNote, type Draft } from "./draft.ts";

/** A converted mapping. Where `report` is empty, it makes the same payload of every event. */
export interface Conversion {
  /** The version 2 mapping as plain data. */
  document: JsonObject;
  /** The same as YAML, with name, description and report as comments. */
  text: string;
  report: ConversionNote[];
}

/** The conditions of all filters as one. */
function filterOf({ filters, notes }: Draft): string | undefined {
  const [only] = filters;
  const text = filters.length > 1 ? filters.map((filter) => `(${filter})`).join(" AND ") : only;
  if (text === undefined || text.length <= MAX_TEXT) return text;
  notes.push({
    step: null,
    kind: "not_converted",
    what: "filter",
    why: `All conditions together are longer than ${MAX_TEXT} characters.`,
  });
  return undefined;
}

/**
 * Converts a V1 mapping: plain data, or its text as YAML or JSON. A document that is no sound V1 mapping has faults.
 * Everything that V2 cannot say, or says otherwise, is in the report with the index of its step.
 */
export function convertToV2(source: JsonValue, options: MappingOptions = {}): Conversion | { faults: MappingFault[] } {
  const compiled = compileMapping(source, options);
  if ("faults" in compiled) return compiled;
  const document = typeof source === "string" ? readSourceText(source).value : source;
  if (!isJsonObject(document) || !isStepMapping(document))
    return { faults: [{ path: "version", message: "Only mappings of version 1, with steps, are converted." }] };
  // The compiler has held the document against its schema.
  const draft = convertSteps(document["steps"] as unknown as MappingStep[]);
  const converted = convertedDocument(draft, filterOf(draft));
  const { notes } = draft;
  const check = compileMapping(converted, options);
  for (const { path, message } of "faults" in check ? check.faults : [])
    notes.push({ step: null, kind: "not_converted", what: path, why: message });
  const report = notes.toSorted((left, right) => (left.step ?? Infinity) - (right.step ?? Infinity));
  return { document: converted, text: convertedText(converted, { source: document, report }), report };
}
