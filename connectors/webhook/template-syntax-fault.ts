/** What the template parser throws, in words for people. */
import type { TemplateFault } from "./template.ts";

/** The parser throws two kinds of errors; both say where, neither in a form for people. */
export function syntaxFault(error: unknown): TemplateFault {
  if (typeof error !== "object" || error === null)
    return { message: "The template cannot be read.", line: 1, column: 1 };
  if ("lineNumber" in error && "column" in error && "message" in error) {
    const message = `${String(error.message).replace(/ - \d+:\d+$/, "")}.`;
    return { message, line: Number(error.lineNumber), column: Number(error.column) + 1 };
  }
  const hash = "hash" in error ? (error.hash as ParserHash) : {};
  const line = hash.loc?.last_line ?? (hash.line ?? 0) + 1;
  return { message: tokenMessage(hash), line, column: (hash.loc?.last_column ?? 0) + 1 };
}

interface ParserHash {
  token?: string | null;
  text?: string;
  line?: number;
  loc?: { last_line: number; last_column: number };
}

function tokenMessage({ token, text }: ParserHash): string {
  if (token === "EOF") return "The template ends inside an open block or tag.";
  if (token === "NUMBER") return `Write a place in a list in brackets: items.[${text ?? "0"}].`;
  if (token === "INVALID") return `A tag is not closed, or "${text ?? ""}" may not stand in it.`;
  if (text === "}}}") return "}}} ends only what {{{ began. Put a space between the tag's }} and the } after it.";
  if (token === undefined || token === null) return "There is text here that cannot be read.";
  return `"${text ?? ""}" is not expected here.`;
}
