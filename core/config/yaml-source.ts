/** YAML text as a tree of values that know where they stand; variables filled in, aliases resolved within bounds. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import type { JsonValue } from "../json.ts";
import { expandVariables, type Environment } from "./expand-variables.ts";
import { pathText, type ConfigFault, type FaultPath, type Place } from "./fault.ts";
import { type SyntaxAdvice, syntaxAdvice } from "./yaml-syntax.ts";

const MAX_CHARACTERS = 2_000_000;
/** Counted with aliases written out, so that a few lines of them cannot fill the memory; no file of that length has as many. */
const MAX_NODES = 250_000;
export const MAX_DEPTH = 64;

interface SourceBase {
  /** Where the value stands in its text. */
  offset: number;
  /** How many nodes it holds, itself included, with aliases written out. */
  size: number;
}

export interface SourceScalar extends SourceBase {
  kind: "scalar";
  value: string | number | boolean | null;
  /** As written, before variables were filled in. */
  raw: string;
  /** The variables in it. */
  variables: readonly string[];
}

export interface SourceList extends SourceBase {
  kind: "list";
  items: readonly SourceNode[];
}

export interface SourceEntry {
  keyOffset: number;
  node: SourceNode;
}

export interface SourceMap extends SourceBase {
  kind: "map";
  entries: ReadonlyMap<string, SourceEntry>;
}

export type SourceNode = SourceScalar | SourceList | SourceMap;

export interface Source {
  file: string;
  /** Undefined when the text is not YAML, or empty. */
  root: SourceNode | undefined;
  faults: ConfigFault[];
  /** The variables that were filled in. */
  variables: Set<string>;
  place(offset: number, path: FaultPath): Place;
}

/**
 * Reads one YAML (or JSON) text. Faults of syntax, aliases and variables are collected, none is thrown.
 * @param options without `env`, texts are taken as they are
 */
export function readYaml(text: string, options: { file: string; env: Environment | null }): Source {
  const lines = new LineCounter();
  const place = (offset: number, path: FaultPath): Place => {
    const at = lines.linePos(offset);
    return { file: options.file, line: Math.max(1, at.line), column: Math.max(1, at.col), path: pathText(path) };
  };
  const source: Source = { file: options.file, root: undefined, faults: [], variables: new Set(), place };
  if (text.length > MAX_CHARACTERS) {
    lines.addNewLine(0);
    source.faults.push({
      ...place(0, []),
      message: `the file has more than ${MAX_CHARACTERS} characters`,
      cure: "Make it smaller.",
    });
    return source;
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error", version: "1.2" });
  const seenLines = new Set<number>();
  for (const error of [...document.errors, ...document.warnings]) {
    const at = place(error.pos[0], []);
    if (seenLines.has(at.line)) continue;
    seenLines.add(at.line);
    source.faults.push({ ...at, ...syntaxAdvice(error.code) });
  }
  if (source.faults.length > 0 || document.contents === null) return source;
  const reader = new TreeReader(source, options.env);
  const root = reader.read(document.contents, [], 0);
  // What was read of a file that is too large would only bring faults that are not there.
  if (!reader.exhausted) source.root = root;
  return source;
}

/** The value without its places. */
export function plainValue(node: SourceNode): JsonValue {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plainValue);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, plainValue(entry.node)]));
}

/** Holds what one reading must remember: the anchors so far, the budget, the variables' faults. */
class TreeReader {
  readonly #source: Source;
  readonly #env: Environment | null;
  readonly #anchors = new Map<string, SourceNode>();
  #nodes = 0;
  #exhausted = false;

  get exhausted(): boolean {
    return this.#exhausted;
  }

  constructor(source: Source, env: Environment | null) {
    this.#source = source;
    this.#env = env;
  }

  read(node: unknown, path: FaultPath, near: number): SourceNode | undefined {
    if (this.#exhausted) return undefined;
    const offset = offsetOf(node) ?? near;
    if (isAlias(node)) return this.#alias(node.source, offset, path);
    if (!this.#spend(1, offset, path)) return undefined;
    const read = this.#own(node, path, offset);
    if (read !== undefined && (isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined) {
      this.#anchors.set(node.anchor, read);
    }
    return read;
  }

  #own(node: unknown, path: FaultPath, offset: number): SourceNode | undefined {
    if (isSeq(node)) {
      const items = node.items
        .map((item, index) => this.read(item, [...path, index], offset))
        .filter((item) => item !== undefined);
      return { kind: "list", items, offset, size: sizeOf(items) };
    }
    if (isMap(node)) return this.#map(node.items, path, offset);
    if (isScalar(node))
      return this.#scalar(node.value, typeof node.source === "string" ? node.source : "", { path, offset });
    return { kind: "scalar", value: null, raw: "", variables: [], offset, size: 1 };
  }

  #map(pairs: readonly { key: unknown; value: unknown }[], path: FaultPath, offset: number): SourceMap {
    const entries = new Map<string, SourceEntry>();
    for (const pair of pairs) {
      const keyOffset = offsetOf(pair.key) ?? offset;
      const key = isScalar(pair.key) ? keyText(pair.key.value, pair.key.source) : undefined;
      const advice = keyAdvice(key);
      if (key === undefined || advice !== null) {
        this.#fault(keyOffset, path, advice?.message ?? "", advice?.cure ?? "");
      } else if (entries.has(key)) {
        this.#fault(keyOffset, [...path, key], "this key stands twice in one map", "Keep one of the two.");
      } else {
        const node = this.read(pair.value, [...path, key], keyOffset);
        if (node !== undefined) entries.set(key, { keyOffset, node });
      }
    }
    return { kind: "map", entries, offset, size: sizeOf([...entries.values()].map((entry) => entry.node)) };
  }

  #scalar(value: unknown, raw: string, at: { path: FaultPath; offset: number }): SourceScalar {
    const scalar: SourceScalar = { kind: "scalar", value: null, raw, variables: [], offset: at.offset, size: 1 };
    if (typeof value === "string" && this.#env === null) return { ...scalar, value, raw: value };
    if (typeof value === "string") {
      const expansion = expandVariables(value, this.#env ?? {});
      for (const name of expansion.used) this.#source.variables.add(name);
      for (const name of expansion.missing) {
        this.#fault(
          at.offset,
          at.path,
          `the environment variable ${name} is not set`,
          `Set ${name}, or write $\${ for a plain \${.`,
        );
      }
      if (expansion.malformed.length > 0) {
        const cure = "Write ${NAME} with letters, digits and _, or $${ for a plain ${.";
        this.#fault(at.offset, at.path, "${ is not followed by a variable's name and }", cure);
      }
      return { ...scalar, value: expansion.text, raw: value, variables: expansion.used };
    }
    if (typeof value === "boolean" || value === null) return { ...scalar, value };
    return { ...scalar, value: typeof value === "number" && Number.isFinite(value) ? value : raw };
  }

  #alias(name: string, offset: number, path: FaultPath): SourceNode | undefined {
    const target = this.#anchors.get(name);
    if (target === undefined) {
      this.#fault(
        offset,
        path,
        `the alias *${name} points to nothing before it`,
        `Put &${name} before the value it stands for.`,
      );
      return undefined;
    }
    return this.#spend(target.size, offset, path) ? { ...target, offset } : undefined;
  }

  #spend(nodes: number, offset: number, path: FaultPath): boolean {
    this.#nodes += nodes;
    const deep = path.length > MAX_DEPTH;
    if (this.#nodes <= MAX_NODES && !deep) return true;
    if (!this.#exhausted) {
      const message = deep
        ? `the file is nested more than ${MAX_DEPTH} levels deep`
        : `the file has more than ${MAX_NODES} values, its aliases written out`;
      this.#fault(offset, path.slice(0, 4), message, "Make it smaller.");
    }
    this.#exhausted = true;
    return false;
  }

  #fault(offset: number, path: FaultPath, message: string, cure: string): void {
    this.#source.faults.push({ ...this.#source.place(offset, path), message, cure });
  }
}

function offsetOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined;
}

/** What is wrong with a key; null for one that can be one, in every form that a configuration has. */
export function keyAdvice(key: string | undefined): SyntaxAdvice | null {
  if (key === undefined || key === "__proto__")
    return { message: "this cannot be a key", cure: "Write a plain word, in quotes if need be." };
  if (key !== "<<") return null;
  const cure = "Repeat the keys, or point to a whole value with *name.";
  return { message: "merge keys (<<) are not used here", cure };
}

function keyText(value: unknown, source: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean")
    return typeof source === "string" ? source : String(value);
  return undefined;
}

function sizeOf(nodes: readonly SourceNode[]): number {
  return nodes.reduce((sum, node) => sum + node.size, 1);
}
