/** Patterns written by users: RE2 syntax, linear time, bounded in size. */
import { RE2JS } from "re2js";

const MAX_PATTERN = 1_000;
/** Only this much of a text is looked at: linear in the text still is pattern size times text size. */
const MAX_TEXT = 20_000;

/** Characters times instructions that one unit of an expression's cost stands for. */
const STEPS_A_UNIT = 256;

export interface TextPattern {
  test(text: string): boolean;
  /** What looking for it in a text costs, in an expression's units. */
  cost(text: string): number;
  /** Every match replaced; `$1` stands for the first group. */
  replace(text: string, replacement: string): string;
}

/** Compiles a pattern; it is found anywhere in the text unless `^` and `$` tie it down. */
export function compileTextPattern(pattern: string): TextPattern | { fault: string } {
  if (pattern.length > MAX_PATTERN) return { fault: `the pattern is longer than ${MAX_PATTERN} characters.` };
  try {
    const compiled = RE2JS.compile(pattern);
    const size = compiled.programSize();
    return {
      cost: (text) => 1 + Math.ceil((Math.min(text.length, MAX_TEXT) * size) / STEPS_A_UNIT),
      test: (text) => compiled.test(text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text),
      replace: (text, replacement) =>
        text.length > MAX_TEXT ? text : compiled.matcher(text).replaceAll(replacement, true),
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : "not readable";
    return { fault: `the pattern is not valid: ${reason.slice(0, 200)}.` };
  }
}
