/** Writes values as YAML or JSON text in the manner of the text around them. */
import { Document, isSeq, Scalar } from "yaml";
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { type Place } from "./yaml-tree.ts";

const WIDTH = 120;
const ROW_LISTS = new Set<string | number>(["mappings", "enrichments", "transforms"]);

export interface Manner {
  json: boolean;
  newline: string;
  /** Spaces of one level. */
  step: number;
  /** Further in than its key stands a list; 0 where lists stand under their key. */
  listIndent: number;
}

/** What is laid out in lines whatever its length: the document, its sections, their lists of rows. */
function isStructure(place: Place): boolean {
  const [root, , third] = place;
  if (place.length === 0) return true;
  const inEvents = root === "events";
  if (place.length === 1) return root === "global" || root === "defaults" || inEvents;
  if (place.length === 2)
    return inEvents || (ROW_LISTS.has(place[1] ?? "") && (root === "global" || root === "defaults"));
  return place.length === 3 && inEvents && ROW_LISTS.has(third ?? "");
}

const isEmpty = (value: JsonValue): boolean =>
  Array.isArray(value) ? value.length === 0 : isJsonObject(value) && Object.keys(value).length === 0;

export const isContainer = (value: JsonValue): value is JsonValue[] | JsonObject =>
  typeof value === "object" && value !== null;

/** Characters that nobody sees are written as escapes; JSON leaves some of them as they are. */
const UNSEEN = /[\p{Cc}\p{Cs}\u2028\u2029\ufeff]/u;
const UNESCAPED = /[\u007f-\u009f\u2028\u2029\ufeff]/g;
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** A scalar as it stands in a line; `type` keeps the quotes of the one that it replaces. */
export function scalarText(value: JsonValue, inFlow: boolean, type?: Scalar.Type | undefined): string {
  if (typeof value !== "string") return Object.is(value, -0) ? "-0" : JSON.stringify(value);
  if (UNSEEN.test(value)) return JSON.stringify(value).replace(UNESCAPED, escaped);
  const scalar = new Scalar(value);
  scalar.type = type === "QUOTE_SINGLE" || type === "QUOTE_DOUBLE" ? type : "PLAIN";
  const document = new Document([scalar], { schema: "core" });
  if (isSeq(document.contents)) document.contents.flow = inFlow;
  const written = document.toString({
    lineWidth: 0,
    minContentWidth: 0,
    flowCollectionPadding: false,
    doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
  });
  return inFlow ? written.trimEnd().slice(1, -1) : written.trimEnd().slice(2);
}

/** A value in one line. */
export function flowText(value: JsonValue, json: boolean, type?: Scalar.Type | undefined): string {
  if (Array.isArray(value)) return `[${value.map((item) => flowText(item, json)).join(", ")}]`;
  if (isJsonObject(value)) {
    const members = Object.entries(value).map(([key, item]) => `${keyText(key, json)}: ${flowText(item, json)}`);
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }
  return json ? JSON.stringify(value) : scalarText(value, true, type);
}

/** Keys that read as text whatever stands around them; others are quoted. */
const PLAIN_KEY = /^(?!(?:true|false|null)$)[A-Za-z_](?:[\w -]*\w)?$/i;

export const keyText = (key: string, json: boolean): string =>
  !json && PLAIN_KEY.test(key) ? key : scalarText(key, true, "QUOTE_DOUBLE");

export const spaces = (count: number): string => " ".repeat(count);

/** What stands behind `key:`, with the space or the line end before it. */
export function behindKey(value: JsonValue, at: { column: number; place: Place }, manner: Manner): string {
  if (!isContainer(value)) return ` ${scalarText(value, false)}`;
  const flow = flowText(value, false);
  const fits = !isStructure(at.place) && at.column + String(at.place.at(-1)).length + 2 + flow.length <= WIDTH;
  if (isEmpty(value) || fits) return ` ${flow}`;
  const column = at.column + (Array.isArray(value) ? manner.listIndent : manner.step);
  return manner.newline + spaces(column) + blockText(value, { column, place: at.place }, manner);
}

/** A map or list over several lines; the first without indentation, because it stands where the text is put. */
export function blockText(value: JsonValue, at: { column: number; place: Place }, manner: Manner): string {
  const separator = manner.newline + spaces(at.column);
  if (Array.isArray(value)) {
    return value
      .map((item, index) => `- ${itemText(item, { column: at.column + 2, place: [...at.place, index] }, manner)}`)
      .join(separator);
  }
  if (!isJsonObject(value)) return scalarText(value, false);
  return Object.entries(value)
    .map(([key, item]) => `${keyText(key, false)}:${behindKey(item, { ...at, place: [...at.place, key] }, manner)}`)
    .join(separator);
}

/** An item of a list that is written in lines: in one line where it fits. */
export function itemText(
  value: JsonValue,
  at: { column: number; place: Place },
  manner: Manner,
  style?: "flow" | "block",
): string {
  const flow = flowText(value, false);
  if (!isContainer(value)) return scalarText(value, false);
  const inLine = isEmpty(value) || style === "flow" || (style === undefined && at.column + flow.length <= WIDTH);
  return inLine ? flow : blockText(value, at, manner);
}

/** JSON over several lines, or in one with or without spaces, as the neighbours have it. */
export function jsonText(
  value: JsonValue,
  like: "lines" | "spaced" | "compact",
  indent: string,
  manner: Manner,
): string {
  if (like === "compact") return JSON.stringify(value);
  if (like === "spaced") return flowText(value, true);
  return JSON.stringify(value, null, manner.step).replaceAll("\n", manner.newline + indent);
}
