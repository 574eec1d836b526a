/** Walks a template over a context. Reads own properties alone, and stops at its bounds. */
import { isJsonObject, type JsonObject, type JsonValue } from "@datafly-signal/core";
import type { Operand, Template, TemplateNode, TemplatePath } from "./template.ts";

const LIMITS = { bytes: 1_048_576, steps: 200_000 };

/** Writes a text so that it cannot leave the place it is put in. */
export type Escape = "json" | "form" | "xml" | "none";

export type Rendered = { text: string } | { fault: string };

interface Rendering {
  escape: Escape;
  output: string[];
  bytes: number;
  steps: number;
}

/** One level: the root, or an item of `#each`. */
interface Scope {
  value: JsonValue | undefined;
  above: Scope | null;
  loop: JsonObject | null;
}

class RenderBound extends Error {}

/** Renders; a `fault` names the bound that was met, never a value. */
export function renderTemplate(template: Template, context: JsonObject, escape: Escape): Rendered {
  const rendering: Rendering = { escape, output: [], bytes: 0, steps: 0 };
  try {
    renderAll(template.nodes, { value: context, above: null, loop: null }, rendering);
  } catch (error) {
    // A value nested too deep to be written out overflows the stack.
    if (error instanceof RangeError) return { fault: "a value is nested too deep to be written" };
    if (error instanceof RenderBound) return { fault: error.message };
    throw error;
  }
  return { text: rendering.output.join("") };
}

function renderAll(nodes: readonly TemplateNode[], scope: Scope, rendering: Rendering): void {
  for (const node of nodes) {
    rendering.steps += 1;
    if (rendering.steps > LIMITS.steps) throw new RenderBound(`the template takes more than ${LIMITS.steps} steps`);
    renderNode(node, scope, rendering);
  }
}

function renderNode(node: TemplateNode, scope: Scope, rendering: Rendering): void {
  switch (node.kind) {
    case "text":
      return write(node.text, rendering);
    case "value":
      return write(valueText(find(node.path, scope), node.raw ? "none" : rendering.escape), rendering);
    case "json":
      return write(jsonText(valueOf(node.value, scope), node.raw ? "none" : rendering.escape), rendering);
    case "if": {
      const holds = isTrue(valueOf(node.test, scope), node.zeroCounts) !== node.negate;
      return renderAll(holds ? node.body : node.otherwise, scope, rendering);
    }
    case "each":
      return renderEach(node, scope, rendering);
  }
}

function renderEach(node: TemplateNode & { kind: "each" }, scope: Scope, rendering: Rendering): void {
  const over = find(node.over, scope);
  const isList = Array.isArray(over);
  const entries: [string, JsonValue][] = isList || isJsonObject(over) ? Object.entries(over) : [];
  if (entries.length === 0) return renderAll(node.otherwise, scope, rendering);
  entries.forEach(([key, value], index) => {
    rendering.steps += 1;
    const loop = { index, key: isList ? index : key, first: index === 0, last: index === entries.length - 1 };
    renderAll(node.body, { value, above: scope, loop }, rendering);
  });
}

function write(text: string, rendering: Rendering): void {
  rendering.bytes += Buffer.byteLength(text);
  if (rendering.bytes > LIMITS.bytes) throw new RenderBound(`the text is larger than ${LIMITS.bytes} bytes`);
  rendering.output.push(text);
}

function valueOf(operand: Operand, scope: Scope): JsonValue | undefined {
  return "path" in operand ? find(operand.path, scope) : operand.literal;
}

function find(path: TemplatePath, scope: Scope): JsonValue | undefined {
  let parts = path.parts;
  let value: JsonValue | undefined;
  if (path.data && parts[0] === "root") {
    value = rootOf(scope).value;
    parts = parts.slice(1);
  } else {
    const level = climb(scope, path.depth);
    value = path.data ? (level?.loop ?? undefined) : level?.value;
  }
  for (const part of parts) value = own(value, part);
  return value;
}

/** Own properties of objects and lists only: nothing of a prototype is ever reached. */
function own(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  if (Array.isArray(value)) return name === "length" ? value.length : value[Number(name)];
  return value[name];
}

function climb(scope: Scope, levels: number): Scope | null {
  let at: Scope | null = scope;
  for (let level = 0; level < levels && at !== null; level += 1) at = at.above;
  return at;
}

function rootOf(scope: Scope): Scope {
  let at = scope;
  while (at.above !== null) at = at.above;
  return at;
}

/** As in Handlebars: empty text, empty lists, zero, false and what is missing do not hold. */
function isTrue(value: JsonValue | undefined, zeroCounts: boolean): boolean {
  if (value === 0) return zeroCounts;
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** Missing and null write nothing, objects and lists their JSON. */
function valueText(value: JsonValue | undefined, escape: Escape): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "object") return jsonText(value, escape);
  return escaped(String(value), escape);
}

function jsonText(value: JsonValue | undefined, escape: Escape): string {
  const text = JSON.stringify(value ?? null);
  return escape === "json" ? text : escaped(text, escape);
}

const XML: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escaped(text: string, escape: Escape): string {
  if (escape === "json") return JSON.stringify(text).slice(1, -1);
  if (escape === "form") return encodeURIComponent(text.toWellFormed());
  if (escape === "xml") return text.replace(/[&<>"']/g, (character) => XML[character] ?? character);
  return text;
}
