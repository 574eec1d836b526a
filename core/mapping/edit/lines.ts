/** Whole lines of a text, and the comments that belong to them. */

export const lineStart = (text: string, offset: number): number => text.lastIndexOf("\n", offset - 1) + 1;

/** The end of the line at an offset, before its line end. */
function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end;
}

export const columnOf = (text: string, offset: number): number => offset - lineStart(text, offset);

/** The white space that a line begins with. */
export const indentAt = (text: string, offset: number): string =>
  /^[ \t]*/.exec(text.slice(lineStart(text, offset), offset))?.[0] ?? "";

/** From a start, comments directly above included, to the begin of the line after its end. */
export interface Region {
  start: number;
  end: number;
}

/**
 * The lines that hold a part of the text and nothing else, with the comment lines directly above them and down to `floor`;
 * undefined when something else stands on its first or last line.
 */
export function ownLines(text: string, part: { head: number; end: number; floor: number }): Region | undefined {
  const from = lineStart(text, part.head);
  if (text.slice(from, part.head).trim() !== "") return undefined;
  const to = lineEnd(text, part.end);
  if (!/^\s*,?\s*(#[^]*)?$/.test(text.slice(part.end, to))) return undefined;
  let start = from;
  while (start > 0) {
    const above = lineStart(text, start - 1);
    if (
      above < part.floor ||
      !text
        .slice(above, start - 1)
        .trim()
        .startsWith("#")
    )
      break;
    start = above;
  }
  return { start, end: Math.min(to + 1, text.length) };
}

export const spliced = (text: string, from: number, to: number, put: string): string =>
  text.slice(0, from) + put + text.slice(to);
