/** The settings in a mapping's `parameters`: reads them, and takes them out, leaving the rest of the text as its author wrote it. */
import { isDeepStrictEqual } from "node:util";
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type MappingDocument,
  openMappingDocument,
  printMapping,
} from "@datafly-signal/core";

/** The settings that a mapping names in `parameters`, but for secrets that are only shown as set. */
export function parametersIn(mapping: JsonValue | undefined): JsonObject {
  const document = typeof mapping === "string" ? opened(mapping)?.toJSON() : mapping;
  const parameters = isJsonObject(document) ? document["parameters"] : undefined;
  if (!isJsonObject(parameters)) return {};
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== null && !isSetMark(value)));
}

/** A secret as reads show it, which is not its value. */
export function isSetMark(value: JsonValue | undefined): boolean {
  return isJsonObject(value) && value["set"] === true && Object.keys(value).length === 1;
}

function opened(text: string): MappingDocument | undefined {
  const document = openMappingDocument(text);
  return "faults" in document ? undefined : document;
}

/** The mapping in the form it has, text or data; a text whose section cannot be cut out is printed anew. */
export function withoutParameters(mapping: string | JsonObject): string | JsonObject {
  if (typeof mapping !== "string") return rest(mapping);
  const document = openMappingDocument(mapping);
  if ("faults" in document) return mapping;
  const wanted = rest(document.toJSON());
  const cut = withoutSection(mapping);
  const after = openMappingDocument(cut);
  return !("faults" in after) && isDeepStrictEqual(after.toJSON(), wanted) ? cut : printMapping(wanted);
}

function rest({ parameters: _parameters, ...document }: JsonObject): JsonObject {
  return document;
}

/** The section's first line, and the indented and empty lines below it. */
function withoutSection(text: string): string {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => /^parameters\s*:/.test(line));
  if (start === -1) return text;
  const after = lines.findIndex((line, index) => index > start && /^\S/.test(line));
  return [...lines.slice(0, start), ...(after === -1 ? [""] : lines.slice(after))].join("\n");
}
