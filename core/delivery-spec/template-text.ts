/** Texts with placeholders `{{root.path? | filter}}`: read once, with every fault; written by walking, never by running code. */
import { parsePath, type PathSegment } from "../mapping/path.ts";
import { didYouMean } from "../mapping/suggest.ts";
import { FILTER_NAMES, type FilterCall, readFilter } from "./template-filters.ts";

/** `{{payload.items[0].id? | lowercase}}`. */
export interface Placeholder {
  /** As it was written, for messages. */
  text: string;
  root: string;
  segments: readonly PathSegment[];
  /** A missing value is empty instead of a fault. */
  optional: boolean;
  filters: readonly FilterCall[];
}

type TextPart = string | Placeholder;

export interface TextTemplate {
  parts: readonly TextPart[];
}

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;
const MOST_PLACEHOLDERS = 200;

/** Reads a text; `roots` are the names that a placeholder may begin with. */
export function readTemplate(text: string, roots: readonly string[]): TextTemplate | { fault: string } {
  const parts: TextPart[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    if (match.index > end) parts.push(text.slice(end, match.index));
    const placeholder = readPlaceholder(match[1] ?? "", roots);
    if ("fault" in placeholder) return placeholder;
    parts.push(placeholder);
    end = match.index + match[0].length;
    if (parts.length > MOST_PLACEHOLDERS) return { fault: `A text has at most ${MOST_PLACEHOLDERS} placeholders.` };
  }
  const rest = text.slice(end);
  if (
    parts.some((part, index) => typeof part === "string" && /\{\{|\}\}/.test(part) && index >= 0) ||
    /\{\{|\}\}/.test(rest)
  ) {
    return { fault: "Two braces do not close, or stand in one another. A placeholder is written {{config.key}}." };
  }
  if (rest !== "") parts.push(rest);
  return { parts };
}

function readPlaceholder(text: string, roots: readonly string[]): Placeholder | { fault: string } {
  const [path = "", ...calls] = text.split("|").map((part) => part.trim());
  const optional = path.endsWith("?");
  const segments = parsePath(optional ? path.slice(0, -1).trim() : path);
  const shown = `{{${text.trim().slice(0, 80)}}}`;
  if ("fault" in segments) return { fault: `${shown} cannot be read: ${segments.fault}.` };
  const [first, ...rest] = segments;
  if (first?.kind !== "key" || !roots.includes(first.key)) {
    const root = first?.kind === "key" ? first.key : "";
    return { fault: `${shown}: there is no ${root}. Here stand ${roots.join(", ")}.${didYouMean(root, roots)}` };
  }
  if (rest.some(({ kind }) => kind === "each")) return { fault: `${shown}: [] has no place in a placeholder.` };
  const filters: FilterCall[] = [];
  for (const call of calls) {
    const filter = readFilter(call);
    if (filter === null) {
      const name = call.split(":", 1)[0] ?? "";
      return { fault: `${shown}: there is no filter ${name.slice(0, 40)}.${didYouMean(name, FILTER_NAMES)}` };
    }
    filters.push(filter);
  }
  return { text: shown, root: first.key, segments: rest, optional, filters };
}

/** All placeholders of a text. */
export function placeholdersOf({ parts }: TextTemplate): Placeholder[] {
  return parts.filter((part) => typeof part !== "string");
}

/** The one placeholder that a text consists of: its value keeps its type. */
export function onlyPlaceholder({ parts }: TextTemplate): Placeholder | undefined {
  const [only] = parts;
  return parts.length === 1 && typeof only === "object" ? only : undefined;
}
