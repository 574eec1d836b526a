/** Looks at a user's JSON Schema before it is compiled: its size, its words, its patterns, and that it ends. */
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { nearest } from "../../mapping/suggest.ts";
import type { StepFault } from "../step.ts";
import { LIMITS, referenceFaults, type SchemaNode } from "./schema-references.ts";
import { compileSchemaPattern, FORMATS, metaFaults } from "./validator.ts";

/** Keywords that hold a schema, a list of schemas, and schemas by name. */
const ONE = new Set([
  ...["additionalProperties", "items", "contains", "not", "if", "then", "else"],
  ...["propertyNames", "unevaluatedItems", "unevaluatedProperties"],
]);
const MANY = new Set(["allOf", "anyOf", "oneOf", "prefixItems"]);
const NAMED = new Set(["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"]);
/** Keywords that hold plain data. */
const DATA = new Set([
  ...["type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum"],
  ...["maxLength", "minLength", "pattern", "format", "maxItems", "minItems", "uniqueItems", "maxContains"],
  ...["minContains", "maxProperties", "minProperties", "required", "dependentRequired", "$ref", "$comment"],
  ...["title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples", "example"],
  ...["contentEncoding", "contentMediaType", "contentSchema"],
]);
/** Only at the root, where they say nothing that matters here. */
const AT_ROOT = new Set(["$schema", "$id"]);
const KNOWN = [...ONE, ...MANY, ...NAMED, ...DATA];

const DRAFT = "https://json-schema.org/draft/2020-12/schema";
const CURES: Readonly<Record<string, string>> = {
  $id: "Remove it, and refer to places by #/$defs/….",
  $anchor: "Remove it, and refer to the place by #/$defs/….",
  $dynamicRef: "Use $ref.",
  $dynamicAnchor: "Remove it.",
  $recursiveRef: "Use $ref.",
  $recursiveAnchor: "Remove it.",
  $vocabulary: "Remove it.",
  $data: "Write the value itself.",
  dependencies: "Use dependentRequired or dependentSchemas.",
  additionalItems: "Use prefixItems for the first items and items for the others.",
  nullable: "Write the type as a list: type: [string, null].",
  id: "Remove it.",
};

interface Visit {
  faults: StepFault[];
  nodes: Map<string, SchemaNode>;
}

/** All faults of a schema; paths are below it. */
export function schemaFaultsAt(schema: unknown): StepFault[] {
  if (!isJsonObject(schema)) return [{ path: [], message: "schema must be a map", cure: "Write a JSON Schema." }];
  if (tooLong(schema)) {
    const message = `the schema is longer than ${LIMITS.characters} characters`;
    return [{ path: [], message, cure: "Split it by event, and leave out descriptions." }];
  }
  const visit: Visit = { faults: [], nodes: new Map() };
  visitSchema(schema, [], visit);
  if (visit.faults.length === 0) visit.faults.push(...metaFaults(schema));
  if (visit.faults.length === 0) visit.faults.push(...referenceFaults(visit.nodes));
  return visit.faults;
}

/** Also of what cannot be written: aliases can make a value that contains itself. */
function tooLong(schema: JsonObject): boolean {
  try {
    return JSON.stringify(schema).length > LIMITS.characters;
  } catch {
    return true;
  }
}

type Path = readonly (string | number)[];

function visitSchema(schema: JsonValue, path: Path, visit: Visit): void {
  const { nodes, faults } = visit;
  if (typeof schema !== "boolean" && !isJsonObject(schema)) {
    faults.push({ path, message: "this must be a schema", cure: "Write a map of keywords, or true or false." });
    return;
  }
  const node: SchemaNode = { path, children: [], reference: undefined };
  nodes.set(pointerOf(path), node);
  if (typeof schema === "boolean") return;
  if (path.length > LIMITS.depth) {
    faults.push({ path, message: `the schema is nested deeper than ${LIMITS.depth} levels`, cure: "Flatten it." });
    return;
  }
  for (const [keyword, value] of Object.entries(schema)) {
    for (const [child, at] of childrenOf(keyword, value, { path, faults })) {
      node.children.push(pointerOf(at));
      visitSchema(child, at, visit);
    }
    const fault = keywordFault(keyword, value, path);
    if (fault !== null) faults.push({ path: [...path, keyword], ...fault });
  }
  if (typeof schema["$ref"] === "string") node.reference = schema["$ref"];
}

/** The schemas below a keyword, each with its place. */
function childrenOf(
  keyword: string,
  value: JsonValue,
  { path, faults }: { path: Path; faults: StepFault[] },
): [JsonValue, Path][] {
  if (ONE.has(keyword)) return [[value, [...path, keyword]]];
  if (MANY.has(keyword)) {
    if (Array.isArray(value)) return value.map((item, index) => [item, [...path, keyword, index]]);
    faults.push({ path: [...path, keyword], message: `${keyword} must be a list of schemas`, cure: "Write a list." });
  }
  if (!NAMED.has(keyword)) return [];
  if (!isJsonObject(value)) {
    const message = `${keyword} must be a map of schemas`;
    faults.push({ path: [...path, keyword], message, cure: "Write one schema for each name." });
    return [];
  }
  if (keyword === "patternProperties") faults.push(...patternKeyFaults(value, [...path, keyword]));
  return Object.entries(value).map(([name, item]) => [item, [...path, keyword, name]]);
}

function patternKeyFaults(value: JsonObject, path: Path): StepFault[] {
  return Object.keys(value).flatMap((pattern) => {
    const fault = patternFault(pattern);
    return fault === null ? [] : [{ path: [...path, pattern], ...fault }];
  });
}

type Problem = Pick<StepFault, "message" | "cure">;

function patternFault(pattern: string): Problem | null {
  const compiled = compileSchemaPattern(pattern);
  if (!("fault" in compiled)) return null;
  return { message: compiled.fault, cure: "Write it in RE2 syntax, which has no look-around and no back-references." };
}

function keywordFault(keyword: string, value: JsonValue, path: Path): Problem | null {
  if (keyword === "pattern" && typeof value === "string") return patternFault(value);
  if (keyword === "format" && typeof value === "string" && !FORMATS.has(value)) {
    const near = nearest(value, FORMATS.keys());
    const known = `Known: ${[...FORMATS.keys()].join(", ")}.`;
    return { message: `"${value}" is no known format`, cure: near === undefined ? known : `Did you mean ${near}?` };
  }
  if (keyword === "$schema" && path.length === 0) {
    if (value === DRAFT || value === `${DRAFT}#`) return null;
    return { message: "only draft 2020-12 is understood", cure: `Write ${DRAFT}, or remove $schema.` };
  }
  if (ONE.has(keyword) || MANY.has(keyword) || NAMED.has(keyword) || DATA.has(keyword)) return null;
  if ((AT_ROOT.has(keyword) && path.length === 0) || keyword.startsWith("x-")) return null;
  const cure = Object.hasOwn(CURES, keyword) ? CURES[keyword] : undefined;
  if (cure !== undefined) return { message: `${keyword} is not supported`, cure };
  const near = nearest(keyword, KNOWN);
  return {
    message: `unknown keyword "${keyword}"`,
    cure: near === undefined ? "Remove it, or let its name begin with x-." : `Did you mean ${near}?`,
  };
}

/** A place as a JSON Pointer, RFC 6901. */
function pointerOf(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
