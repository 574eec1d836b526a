/** Faults of a configuration: where, what, and the cure. */

/** A place in a value: keys and indexes from the root. */
export type FaultPath = readonly (string | number)[];

export interface ConfigFault {
  /** `signal.yaml`, or the mapping file at fault. */
  file: string;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
  /** As in `pipelines[0].integrations[1].revision`; empty at the root. */
  path: string;
  message: string;
  cure: string;
}

/** Where an object of the file stands, for faults that are found later. */
export type Place = Pick<ConfigFault, "file" | "line" | "column" | "path">;

const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/;

export function pathText(path: FaultPath): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else if (PLAIN_KEY.test(part)) text += text === "" ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** In the order in which a reader meets them: the file's own first, each once. */
export function sortFaults(faults: readonly ConfigFault[], firstFile: string): ConfigFault[] {
  const seen = new Set<string>();
  const once = faults.filter((fault) => {
    const key = JSON.stringify(fault);
    return !seen.has(key) && seen.add(key);
  });
  const rank = (file: string): string => (file === firstFile ? "" : `1${file}`);
  return once.sort(
    (a, b) =>
      compareText(rank(a.file), rank(b.file)) || a.line - b.line || a.column - b.column || compareText(a.path, b.path),
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** What is wrong and what to do about it, as sentences. */
export function faultSentences({ message, cure }: Pick<ConfigFault, "message" | "cure">): string {
  const ended = /[.?!]$/.test(message) ? message : `${message}.`;
  return `${ended.charAt(0).toUpperCase()}${ended.slice(1)} ${cure}`;
}
