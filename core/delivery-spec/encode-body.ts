/** The encodings of a body: what one event comes to, and the whole made of many. */
import { stringify as writeCsv } from "csv-stringify/sync";
import XmlBuilder from "fast-xml-builder";
import { isJsonObject, type JsonValue } from "../json.ts";
import { type Filling, type JsonTemplate, renderJson, writeJson } from "./json-template.ts";
import { Missing, plainText, type Scope, textOf } from "./scope.ts";
import { addSpecFault, readText, type SpecReading } from "./spec-reading.ts";
import type { BodySpec } from "./spec-schema.ts";
import type { TextTemplate } from "./template-text.ts";

export type EncodedBody = { text: string | null } | { refuse: string } | Missing;

export interface Encoding {
  contentType: string | null;
  /** What one item is written as, for its size; a row of csv, a line of ndjson, else JSON. */
  item(value: JsonValue, scope: Scope): { text: string } | { refuse: string } | Missing;
  /** Bytes between two items, and around them where they can be told beforehand. */
  separatorBytes: number;
  body(filling: Filling, scope: Scope): EncodedBody;
}

const CONTENT_TYPES: Readonly<Record<BodySpec["encoding"], string | null>> = {
  json: "application/json",
  form: "application/x-www-form-urlencoded",
  ndjson: "application/x-ndjson",
  csv: "text/csv; charset=utf-8",
  xml: "application/xml",
  none: null,
};

/** Undefined where the spec is at fault. */
export function readEncoding(
  reading: SpecReading,
  spec: BodySpec,
  { envelope, perEvent }: { envelope: JsonTemplate | undefined; perEvent: boolean },
): Encoding | undefined {
  const contentType = spec.content_type ?? CONTENT_TYPES[spec.encoding];
  const common = { contentType, item: jsonItem, separatorBytes: 1 };
  const around = envelope ?? bare(perEvent);
  switch (spec.encoding) {
    case "none":
      return { ...common, body: () => ({ text: null }) };
    case "json":
      return { ...common, body: (filling, scope) => written(writeJson(around.node, scope, filling)) };
    case "ndjson":
      return { ...common, body: ({ events }) => ({ text: events.map((event) => `${event}\n`).join("") }) };
    case "csv":
      return readCsv(reading, spec, common);
    case "form":
      return {
        ...common,
        body: (filling, scope) =>
          encoded(renderJson(around.node, scope, filling), (value) => formText(value, spec.nested)),
      };
    case "xml":
      return { ...common, body: (filling, scope) => encoded(renderJson(around.node, scope, filling), xmlText) };
    default:
      return spec.encoding satisfies never;
  }
}

/** Without an envelope the body is the event, or the list of them. */
function bare(perEvent: boolean): Pick<JsonTemplate, "node"> {
  return { node: { kind: perEvent ? "event" : "events" } };
}

function jsonItem(value: JsonValue): { text: string } {
  return { text: JSON.stringify(value) };
}

function written(text: string | undefined | Missing): EncodedBody {
  return text instanceof Missing ? text : { text: text ?? "null" };
}

function encoded(
  value: JsonValue | undefined | Missing,
  encode: (value: JsonValue) => { text: string } | { refuse: string },
): EncodedBody {
  return value instanceof Missing ? value : encode(value ?? null);
}

function readCsv(
  reading: SpecReading,
  spec: BodySpec,
  common: Pick<Encoding, "contentType" | "separatorBytes">,
): Encoding | undefined {
  const { columns = [], header_line: headed = true, delimiter = "," } = spec;
  if (columns.length === 0) {
    addSpecFault(reading, "body.columns", "A csv body needs columns: a list of name and value.");
    return undefined;
  }
  const templates: TextTemplate[] = [];
  for (const [index, { value }] of columns.entries()) {
    const roots = ["item", "event", "payload", "delivery", "config", "environment", "now"];
    const template = readText(reading, `body.columns[${index}].value`, { text: value, roots });
    if (template !== undefined) templates.push(template);
  }
  if (templates.length < columns.length) return undefined;
  const line = (cells: readonly string[]): string => writeCsv([[...cells]], { delimiter });
  const head = headed ? line(columns.map(({ name }) => name)) : "";
  return {
    ...common,
    separatorBytes: 0,
    item: (item, scope) => {
      const cells: string[] = [];
      for (const template of templates) {
        const cell = textOf(template, { ...scope, item });
        if (cell instanceof Missing) return cell;
        cells.push(cell);
      }
      return { text: line(cells) };
    },
    body: ({ events }) => ({ text: head + events.join("") }),
  };
}

/** Scalars by their keys; what is nested is written as the spec says. */
function formText(value: JsonValue, nested: BodySpec["nested"] = "json"): { text: string } | { refuse: string } {
  if (!isJsonObject(value)) return { refuse: "A form body must be an object, and this event's is not." };
  const fields = new URLSearchParams();
  for (const [name, one] of Object.entries(value)) {
    for (const [key, text] of nested === "json" ? [[name, plainText(one)] as const] : flattened(name, one, nested)) {
      fields.append(key, text.toWellFormed());
    }
  }
  return { text: fields.toString() };
}

function flattened(name: string, value: JsonValue, nested: "brackets" | "dots"): (readonly [string, string])[] {
  const below = (key: string): string => (nested === "dots" ? `${name}.${key}` : `${name}[${key}]`);
  if (Array.isArray(value)) return value.flatMap((item, index) => flattened(below(String(index)), item, nested));
  if (isJsonObject(value)) return Object.entries(value).flatMap(([key, item]) => flattened(below(key), item, nested));
  return [[name, plainText(value)]];
}

/** Characters that no XML 1.0 document may hold, written out or as a reference. */
// oxlint-disable-next-line no-control-regex -- these very characters are what is looked for
const NO_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const XML_NAME = /^[A-Za-z_][A-Za-z0-9_.:-]*$/;

const xml = new XmlBuilder({
  ignoreAttributes: false,
  suppressBooleanAttributes: false,
  suppressEmptyNode: true,
  processEntities: true,
});

/** Keys that begin with `@_` are attributes, `#text` is an element's own text; a list repeats its element. */
function xmlText(value: JsonValue): { text: string } | { refuse: string } {
  if (!isJsonObject(value) || Object.keys(value).length !== 1) {
    return { refuse: "An XML body must be an object of one key, the root element." };
  }
  const clean = cleanXml(value);
  if (clean === undefined)
    return {
      refuse: "The payload has a key that is no name for an XML element, or an element where only text may be.",
    };
  return { text: `<?xml version="1.0" encoding="UTF-8"?>${xml.build(clean)}` };
}

/** Names of elements come from payloads too: one with a bracket in it would be markup. */
function cleanXml(value: JsonValue): JsonValue | undefined {
  if (typeof value === "string") return value.toWellFormed().replace(NO_XML, "");
  if (Array.isArray(value)) {
    const items = value.map(cleanXml);
    return items.some((item) => item === undefined) ? undefined : items.filter((item) => item !== undefined);
  }
  if (!isJsonObject(value)) return value;
  const clean: [string, JsonValue][] = [];
  for (const [key, inner] of Object.entries(value)) {
    const one = cleanXml(inner);
    const isName = XML_NAME.test(key.replace(/^@_/, "")) && key !== "__proto__";
    // Attributes and an element's own text hold no elements.
    const isText = key === "#text" || key.startsWith("@_");
    if (one === undefined || (isText && typeof one === "object" && one !== null)) return undefined;
    if (key !== "#text" && !isName) return undefined;
    clean.push([key, one]);
  }
  return Object.fromEntries(clean);
}
