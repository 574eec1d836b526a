/** Holds a read file against its schema: every fault at its own line, and what is sound handed on. */
import type { JsonValue } from "../json.ts";
import type { FaultPath } from "./fault.ts";
import { patternAdvice } from "./pattern-advice.ts";
import { suggestion } from "./suggest.ts";
import { plainValue, type SourceList, type SourceMap, type SourceNode, type SourceScalar } from "./yaml-source.ts";

/** The part of JSON Schema that `signal.yaml` is described in. */
export interface Shape {
  type?: string;
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly Shape[];
  properties?: Readonly<Record<string, Shape>>;
  patternProperties?: Readonly<Record<string, Shape>>;
  required?: readonly string[];
  items?: Shape;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
}

export interface ShapeContext {
  fault(offset: number, path: FaultPath, problem: { message: string; cure: string }): void;
  /** A better cure for an unknown key, when there is one. */
  hint?(path: FaultPath, key: string, map: SourceMap): string | undefined;
}

/** The value as far as it is sound; undefined where it is at fault. */
export function checkShape(
  shape: Shape,
  node: SourceNode,
  at: { path: FaultPath; context: ShapeContext },
): JsonValue | undefined {
  if (shape.properties !== undefined) return checkMap(shape, node, at);
  if (shape.patternProperties !== undefined) return checkRecord(shape, node, at);
  if (shape.items !== undefined) return checkList(shape, node, at);
  if (shape.anyOf !== undefined || shape.enum !== undefined || shape.const !== undefined)
    return checkChoice(shape, node, at);
  if (shape.type === undefined) return plainValue(node);
  if (node.kind !== "scalar") return wrongType(shape, node, at);
  return shape.type === "string" ? checkText(shape, node, at) : checkScalar(shape, node, at);
}

type At = { path: FaultPath; context: ShapeContext };

function checkMap(shape: Shape, node: SourceNode, at: At): JsonValue | undefined {
  if (node.kind !== "map") return wrongType(shape, node, at);
  const properties = shape.properties ?? {};
  const value: Record<string, JsonValue> = {};
  for (const [key, entry] of node.entries) {
    const path = [...at.path, key];
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (property === undefined) {
      const cure =
        misplaced(properties, key) ?? at.context.hint?.(at.path, key, node) ?? suggestion(key, Object.keys(properties));
      at.context.fault(entry.keyOffset, path, { message: `unknown key "${key}"`, cure });
      continue;
    }
    if (isEmptyCollection(property, entry.node)) continue;
    const sound = checkShape(property, entry.node, { ...at, path });
    if (sound !== undefined) value[key] = sound;
  }
  for (const key of shape.required ?? []) {
    if (node.entries.has(key)) continue;
    const example = key === "version" ? "version: 1" : `${key}: …`;
    at.context.fault(node.offset, at.path, { message: `${key} is missing`, cure: `Add ${example}` });
  }
  return value;
}

/** `integrations:` with everything below commented out means none. */
function isEmptyCollection(shape: Shape, node: SourceNode): boolean {
  const collection = shape.type === "array" || shape.type === "object";
  return collection && node.kind === "scalar" && node.value === null;
}

function misplaced(properties: Readonly<Record<string, Shape>>, key: string): string | undefined {
  const owner = Object.entries(properties).find(
    ([, shape]) => shape.properties !== undefined && Object.hasOwn(shape.properties, key),
  );
  return owner && `It belongs under ${owner[0]}.`;
}

function checkRecord(shape: Shape, node: SourceNode, at: At): JsonValue | undefined {
  if (node.kind !== "map") return wrongType(shape, node, at);
  const item = Object.values(shape.patternProperties ?? {})[0] ?? {};
  const value: Record<string, JsonValue> = {};
  for (const [key, entry] of node.entries) {
    const sound = checkShape(item, entry.node, { ...at, path: [...at.path, key] });
    if (sound !== undefined) value[key] = sound;
  }
  return value;
}

/** Items at fault stay as null, so that the others keep their index. */
function checkList(list: Shape, node: SourceNode, at: At): JsonValue | undefined {
  if (node.kind !== "list") return wrongType({ type: "array" }, node, at);
  const shape = list.items ?? {};
  if (list.maxItems !== undefined && node.items.length > list.maxItems) {
    const key = lastKey(at.path);
    const message = `${key} has ${node.items.length} items, more than ${list.maxItems}`;
    at.context.fault(node.offset, at.path, { message, cure: `Keep at most ${list.maxItems}.` });
  }
  return node.items.map((item, index) => checkShape(shape, item, { ...at, path: [...at.path, index] }) ?? null);
}

function checkChoice(shape: Shape, node: SourceNode, at: At): JsonValue | undefined {
  const branches = shape.anyOf ?? [shape];
  const told = node.kind === "map" ? branchToldBy(branches, node) : undefined;
  if (told !== undefined) return checkTold(told, node, at);
  const silent: ShapeContext = { fault: () => undefined };
  for (const branch of branches) {
    if (branch.enum === undefined && branch.const === undefined) {
      const sound = checkShape(branch, node, { path: at.path, context: silent });
      if (sound !== undefined) return sound;
    } else if (node.kind === "scalar") {
      const value = coerced(node, typeof branch.const);
      if (value !== null && (branch.enum?.includes(value) || branch.const === value)) return value;
    }
  }
  const fitting = branches.filter((branch) => isMapShape(branch) === (node.kind === "map") && node.kind !== "list");
  const [only] = fitting;
  // Of a map or a text, one or the other was meant: its own faults say more.
  if (only !== undefined && fitting.length === 1 && branches.some(isMapShape)) return checkShape(only, node, at);
  const literals = branches.flatMap((branch) => branch.enum ?? (branch.const === undefined ? [] : [branch.const]));
  const others = branches.filter((branch) => branch.enum === undefined && branch.const === undefined);
  const wanted = [...literals.map(String), ...others.map(describe)].join(" or ");
  const written = node.kind === "scalar" && node.raw.length <= 40 ? node.raw : "";
  const free = literals.length === 1 || others.length > 0;
  const near = written === "" || free ? `Write ${wanted}.` : suggestion(written, literals.map(String));
  at.context.fault(node.offset, at.path, { message: `${lastKey(at.path)} must be ${wanted}`, cure: near });
  return undefined;
}

/** Maps that differ by the fixed value of one key: which of them is meant, and by which key. */
interface ToldBranch {
  key: string;
  values: readonly unknown[];
  branch: Shape | undefined;
}

function branchToldBy(branches: readonly Shape[], node: SourceNode): ToldBranch | undefined {
  const maps = branches.filter(isMapShape);
  const key = Object.entries(maps[0]?.properties ?? {}).find(([, { const: fixed }]) => fixed !== undefined)?.[0];
  if (key === undefined || maps.length < 2) return undefined;
  const values = maps.map(({ properties }) => properties?.[key]?.const);
  const entry = node.kind === "map" ? node.entries.get(key) : undefined;
  const given = entry?.node.kind === "scalar" ? entry.node.value : undefined;
  return { key, values, branch: maps[values.indexOf(given)] };
}

function checkTold({ key, values, branch }: ToldBranch, node: SourceNode, at: At): JsonValue | undefined {
  if (branch !== undefined) return checkShape(branch, node, at);
  const entry = node.kind === "map" ? node.entries.get(key) : undefined;
  if (entry !== undefined) return checkChoice({ enum: values }, entry.node, { ...at, path: [...at.path, key] });
  const cure = `Add ${key}: one of ${values.join(", ")}.`;
  at.context.fault(node.offset, at.path, { message: `${key} is missing`, cure });
  return undefined;
}

function isMapShape({ properties, patternProperties }: Shape): boolean {
  return properties !== undefined || patternProperties !== undefined;
}

function checkText(shape: Shape, node: SourceScalar, at: At): string | undefined {
  const { value } = node;
  if (typeof value !== "string") {
    const cure = value === null ? "Give it a value, or remove the key." : "Put it in quotes.";
    at.context.fault(node.offset, at.path, { message: `${lastKey(at.path)} must be text, not ${kindOf(node)}`, cure });
    return undefined;
  }
  const fits = shape.pattern === undefined || new RegExp(shape.pattern, "u").test(value);
  const advice = lengthAdvice(shape, [...value].length) ?? (fits ? null : patternAdvice(lastKey(at.path), shape));
  if (advice === null) return value;
  at.context.fault(node.offset, at.path, { message: `${lastKey(at.path)} ${advice.message}`, cure: advice.cure });
  return undefined;
}

/** Null for a length within the bounds; the length itself is not said, for it may be a secret's. */
function lengthAdvice({ minLength = 0, maxLength }: Shape, length: number): { message: string; cure: string } | null {
  const isLong = maxLength !== undefined && length > maxLength;
  if (length >= minLength && !isLong) return null;
  const bounds = maxLength === undefined ? `at least ${minLength}` : `${minLength} to ${maxLength}`;
  const cure = `Write ${bounds} characters.`;
  if (length === 0) return { message: "is empty", cure: minLength === 1 ? "Give it a value." : cure };
  const bound = isLong ? `at most ${maxLength}` : `at least ${minLength}`;
  return { message: `is too ${isLong ? "long" : "short"}: it must have ${bound} characters`, cure };
}

function checkScalar(shape: Shape, node: SourceScalar, at: At): JsonValue | undefined {
  const value = coerced(node, shape.type ?? "");
  if (shape.type === "null" && value === null) return null;
  if (shape.type === "boolean") return typeof value === "boolean" ? value : wrongType(shape, node, at);
  if (typeof value !== "number" || (shape.type === "integer" && !Number.isSafeInteger(value)))
    return wrongType(shape, node, at);
  const low = shape.minimum !== undefined && value < shape.minimum;
  const tooLow = low || (shape.exclusiveMinimum !== undefined && value <= shape.exclusiveMinimum);
  if (!tooLow && (shape.maximum === undefined || value <= shape.maximum)) return value;
  at.context.fault(node.offset, at.path, {
    message: `${lastKey(at.path)} is out of range: it must be ${describe(shape)}`,
    cure: `Write ${describe(shape)}.`,
  });
  return undefined;
}

/** A variable's text counts as the number or boolean that the key asks for. */
function coerced(node: SourceScalar, type: string): JsonValue {
  if (typeof node.value !== "string" || node.variables.length === 0) return node.value;
  if (type === "boolean" && /^(true|false)$/.test(node.value)) return node.value === "true";
  const numeric = type === "number" || type === "integer";
  return numeric && /^-?\d{1,15}(\.\d+)?$/.test(node.value) ? Number(node.value) : node.value;
}

function wrongType(shape: Shape, node: SourceNode, at: At): undefined {
  const wanted = describe(shape);
  const cure = shape.type === "array" ? "Write one item a line, each after a hyphen." : `Write ${wanted}.`;
  at.context.fault(node.offset, at.path, {
    message: `${lastKey(at.path)} must be ${wanted}, not ${kindOf(node)}`,
    cure,
  });
  return undefined;
}

function describe(shape: Shape): string {
  if (shape.type === "array") return "a list";
  if (shape.type === "object") return "a map of keys and values";
  if (shape.type === "boolean") return "true or false";
  if (shape.type === "string") return "text";
  const noun = shape.type === "integer" ? "a whole number" : "a number";
  const above = shape.exclusiveMinimum === undefined ? "" : ` above ${shape.exclusiveMinimum}`;
  const from = shape.minimum === undefined ? above : ` from ${shape.minimum}`;
  if (shape.maximum === undefined) return `${noun}${from}`;
  return from === "" ? `${noun} up to ${shape.maximum}` : `${noun}${from}${above ? " and up" : ""} to ${shape.maximum}`;
}

function kindOf(node: SourceList | SourceMap | SourceScalar): string {
  if (node.kind !== "scalar") return node.kind === "list" ? "a list" : "a map";
  if (node.value === null) return "empty";
  if (typeof node.value === "string") return "text";
  if (typeof node.value === "boolean") return "true or false";
  return Number.isInteger(node.value) ? "a number" : "a number with decimals";
}

/** The nearest key above a place: an item of a list goes by the list's. */
function lastKey(path: FaultPath): string {
  return path.findLast((part) => typeof part === "string") ?? "the file";
}
