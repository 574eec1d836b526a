/** Takes `parameters` out of a mapping, leaving the rest of the text as its author wrote it. */
import { isDeepStrictEqual } from "node:util";
import { type JsonObject, openMappingDocument, printMapping } from "@datafly-signal/core";

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
