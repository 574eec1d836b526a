/** What the YAML parser objects to, in our words: its own messages can hold pieces of the text, and so of a secret. */
import type { ErrorCode } from "yaml";

export interface SyntaxAdvice {
  message: string;
  cure: string;
}

const INDENT: SyntaxAdvice = {
  message: "the indentation does not fit the lines above, or a bracket is not closed",
  cure: "Indent with spaces, the same number for everything on one level, and close each [ and {.",
};

const OTHER: SyntaxAdvice = {
  message: "this is not valid YAML",
  cure: "Check quotes, brackets and indentation on this line and the one above.",
};

const ADVICE: Partial<Record<ErrorCode, SyntaxAdvice>> = {
  BAD_INDENT: INDENT,
  TAB_AS_INDENT: { message: "a tab stands where indentation is expected", cure: "Indent with spaces only." },
  DUPLICATE_KEY: { message: "this key stands twice in one map", cure: "Keep one of the two." },
  MISSING_CHAR: {
    message: "a quote or bracket opened before is not closed, or a comma or colon is missing",
    cure: "Close what was opened, and put a space after each colon.",
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: "a value continues as a map on the next line",
    cure: "Put the map under its own key, or the value in quotes when it holds a colon.",
  },
  MULTILINE_IMPLICIT_KEY: {
    message: "a key runs over several lines, or a colon is missing",
    cure: "Write each key on one line, followed by a colon and a space.",
  },
  BAD_SCALAR_START: {
    message: "a value begins with a character that YAML reserves (@, `, %)",
    cure: "Put the value in quotes.",
  },
  BAD_DQ_ESCAPE: {
    message: "a double-quoted value holds an unknown escape after a backslash",
    cure: "Use single quotes, or write \\\\ for a backslash.",
  },
  MULTIPLE_DOCS: { message: "the file holds several YAML documents", cure: "Keep one: remove the line ---." },
  BAD_ALIAS: { message: "an alias has no valid name", cure: "Write *name, where &name stands earlier in the file." },
  TAG_RESOLVE_FAILED: { message: "YAML tags (!name) are not used here", cure: "Remove the tag." },
  RESOURCE_EXHAUSTION: { message: "the file is nested too deeply", cure: "Flatten it." },
  UNEXPECTED_TOKEN: {
    message: "something stands here that does not belong",
    cure: 'Put the whole value in quotes, as in { key: "${VARIABLE}" }, or remove what follows it.',
  },
};

export function syntaxAdvice(code: ErrorCode): SyntaxAdvice {
  return ADVICE[code] ?? OTHER;
}
