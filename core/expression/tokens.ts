/** The words of the expression language. */
import { createToken, Lexer, type TokenType } from "chevrotain";

/**
 * A whole path is one token (`properties.items[0]."sku.code"`), so that keys may be called as operators are.
 * Names hold `-`, because the language has no subtraction.
 */
const PATH =
  /[A-Za-z_$@][\w$@-]*(?:\.(?:[\w$@-]+|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|\[\s*(?:\d+|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|)\s*\])*/;

const Space = createToken({ name: "Space", pattern: /\s+/, group: Lexer.SKIPPED });
export const Path = createToken({ name: "Path", pattern: PATH, label: "a path" });

/** A word of the language, in any case; a longer path that starts with it stays a path. */
const word = (name: string, pattern: RegExp): TokenType =>
  createToken({ name, pattern, longer_alt: Path, label: name.toUpperCase() });
export const And = word("And", /AND/i);
export const Or = word("Or", /OR/i);
export const Not = word("Not", /NOT/i);
export const In = word("In", /IN/i);
export const Exists = word("Exists", /exists/i);
export const True = word("True", /true/i);
export const False = word("False", /false/i);
export const Null = word("Null", /null/i);
export const TextOperator = createToken({
  name: "TextOperator",
  pattern: /contains|starts_with|ends_with|matches/i,
  longer_alt: Path,
  label: "contains, starts_with, ends_with or matches",
});

export const Compare = createToken({ name: "Compare", pattern: /==|!=|<=|>=|=|<|>/, label: "a comparison" });
export const Text = createToken({
  name: "Text",
  pattern: /"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'/,
  line_breaks: true,
  label: "a text",
});
export const Numeral = createToken({
  name: "Numeral",
  pattern: /[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/,
  label: "a number",
});
export const Open = createToken({ name: "Open", pattern: "(", label: "(" });
export const Close = createToken({ name: "Close", pattern: ")", label: ")" });
export const OpenList = createToken({ name: "OpenList", pattern: "[", label: "[" });
export const CloseList = createToken({ name: "CloseList", pattern: "]", label: "]" });
export const Comma = createToken({ name: "Comma", pattern: ",", label: "a comma" });

export const TOKENS: TokenType[] = [
  Space,
  And,
  Or,
  Not,
  In,
  Exists,
  True,
  False,
  Null,
  TextOperator,
  Path,
  Text,
  Numeral,
  Compare,
  Open,
  Close,
  OpenList,
  CloseList,
  Comma,
];

export const lexer = new Lexer(TOKENS);
