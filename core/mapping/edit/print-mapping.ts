/** Prints a mapping document as YAML, laid out as people write it: sections in lines, rows in one line where they fit. */
import { type JsonObject } from "../../json.ts";
import { blockText } from "./write-yaml.ts";

/** The document as YAML text; reading it gives the same document. */
export function printMapping(document: JsonObject): string {
  if (Object.keys(document).length === 0) return "{}\n";
  return `${blockText(document, { column: 0, place: [] }, { json: false, newline: "\n", step: 2, listIndent: 2 })}\n`;
}
