/** Paths into events and payloads: `a.b`, `items[0].id`, `items[].id`, `traits."first.name"`, `traits["first.name"]`. */

export type PathSegment = { kind: "key"; key: string } | { kind: "index"; index: number } | { kind: "each" };

export interface PathFault {
  fault: string;
  /** Characters before the fault. */
  offset: number;
}

/** Keys that reach an object's prototype; they are never read nor written. */
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);
const MAX_LENGTH = 1_000;
const MAX_SEGMENTS = 32;
/** A payload is not to be grown by a slip of the finger. */
const MAX_INDEX = 999;

/** One segment with what stands before it; the groups are: dot, bare key, quoted key, brackets and their content. */
const SEGMENT =
  /(\.?)(?:([^.[\]"'\s](?:[^.[\]"'\n]*[^.[\]"'\s])?)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\[\s*(\d+|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|)\s*\])/y;

const unquote = (text: string): string => text.slice(1, -1).replace(/\\(.)/g, "$1");

function segmentOf(bare: string | undefined, quoted: string | undefined, bracket: string | undefined): PathSegment {
  if (bare !== undefined) return { kind: "key", key: bare };
  if (quoted !== undefined) return { kind: "key", key: unquote(quoted) };
  if (bracket === undefined || bracket === "") return { kind: "each" };
  return /^\d/.test(bracket) ? { kind: "index", index: Number(bracket) } : { kind: "key", key: unquote(bracket) };
}

function faultOf(segment: PathSegment): string | undefined {
  if (segment.kind === "index" && segment.index > MAX_INDEX) return `indexes go up to ${MAX_INDEX}`;
  if (segment.kind === "key" && FORBIDDEN.has(segment.key)) return `${segment.key} is not allowed in a path`;
  if (segment.kind === "key" && segment.key === "") return "a key is empty";
  return undefined;
}

/** Reads a path; the first segment is a key. */
export function parsePath(text: string): readonly PathSegment[] | PathFault {
  if (text.trim() === "") return { fault: "the path is empty", offset: 0 };
  if (text.length > MAX_LENGTH) return { fault: `the path is longer than ${MAX_LENGTH} characters`, offset: 0 };
  const segments: PathSegment[] = [];
  let offset = 0;
  while (offset < text.length) {
    SEGMENT.lastIndex = offset;
    const match = SEGMENT.exec(text);
    const [, dot, bare, quoted, bracket] = match ?? [];
    const isBracket = bare === undefined && quoted === undefined;
    const wantsDot = !isBracket && segments.length > 0;
    if (!match || (dot === ".") !== wantsDot || (isBracket && segments.length === 0)) {
      return { fault: "the path cannot be read", offset };
    }
    const segment = segmentOf(bare, quoted, bracket);
    const fault = faultOf(segment) ?? (segments.length === MAX_SEGMENTS ? "the path is too deep" : undefined);
    if (fault !== undefined) return { fault, offset };
    segments.push(segment);
    offset = SEGMENT.lastIndex;
  }
  return segments;
}

/** Writes a place in a document as people read it: `events["Order Completed"].mappings[2].target`. */
export function formatPlace(place: readonly (string | number)[]): string {
  return place
    .map((part, index) => {
      if (typeof part === "number") return `[${part}]`;
      if (!/^[\w$-]+$/.test(part)) return `[${JSON.stringify(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join("");
}
