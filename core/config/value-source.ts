/** Plain data as a tree like that of a text: for what comes as JSON and is checked as the file is. */
import type { JsonValue } from "../json.ts";
import { type FaultPath, pathText } from "./fault.ts";
import { keyAdvice, MAX_DEPTH, type Source, type SourceEntry, type SourceNode } from "./yaml-source.ts";

/**
 * Faults stand at the beginning of the first line, and are told apart by their paths. What a text could not hold is
 * refused here too: everything that is configured can be exported, and read again.
 */
export function sourceOf(value: JsonValue, file: string): Source {
  const source: Source = {
    file,
    root: undefined,
    faults: [],
    variables: new Set(),
    place: (_offset, path) => ({ file, line: 1, column: 1, path: pathText(path) }),
  };
  source.root = new ValueReader(source).read(value, []);
  return source;
}

/** Counts nodes, which are told apart by it where those of a text are by their places. */
class ValueReader {
  readonly #source: Source;
  #count = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  read(value: JsonValue, path: FaultPath): SourceNode {
    const offset = this.#next();
    if (path.length > MAX_DEPTH) {
      this.#fault(path.slice(0, 4), `this is nested more than ${MAX_DEPTH} levels deep`, "Make it flatter.");
      return { kind: "scalar", value: null, raw: "", variables: [], offset, size: 1 };
    }
    if (Array.isArray(value)) {
      return { kind: "list", items: value.map((item, index) => this.read(item, [...path, index])), offset, size: 1 };
    }
    if (typeof value !== "object" || value === null)
      return { kind: "scalar", value, raw: String(value), variables: [], offset, size: 1 };
    const entries = new Map<string, SourceEntry>();
    for (const [key, item] of Object.entries(value)) {
      const advice = keyAdvice(key);
      if (advice === null) entries.set(key, { keyOffset: this.#next(), node: this.read(item, [...path, key]) });
      else this.#fault(path, `"${key}": ${advice.message}`, advice.cure);
    }
    return { kind: "map", entries, offset, size: 1 };
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }

  #fault(path: FaultPath, message: string, cure: string): void {
    this.#source.faults.push({ ...this.#source.place(0, path), message, cure });
  }
}
