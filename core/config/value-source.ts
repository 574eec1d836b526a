/** Plain data as a tree like that of a text: for what comes as JSON and is checked as the file is. */
import type { JsonValue } from "../json.ts";
import { pathText } from "./fault.ts";
import type { Source, SourceNode } from "./yaml-source.ts";

/** Faults stand at the beginning of the first line, and are told apart by their paths. */
export function sourceOf(value: JsonValue, file: string): Source {
  return {
    file,
    root: nodeOf(value, counter()),
    faults: [],
    variables: new Set(),
    place: (_offset, path) => ({ file, line: 1, column: 1, path: pathText(path) }),
  };
}

/** Tells nodes apart where a text would by their places. */
function counter(): () => number {
  let count = 0;
  return () => (count += 1);
}

function nodeOf(value: JsonValue, next: () => number): SourceNode {
  const offset = next();
  if (Array.isArray(value)) return { kind: "list", items: value.map((item) => nodeOf(item, next)), offset, size: 1 };
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(
      ([key, item]) => [key, { keyOffset: next(), node: nodeOf(item, next) }] as const,
    );
    return { kind: "map", entries: new Map(entries), offset, size: 1 };
  }
  return { kind: "scalar", value, raw: String(value), variables: [], offset, size: 1 };
}
