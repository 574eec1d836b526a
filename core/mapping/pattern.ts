/** Patterns written by users: RE2 syntax, linear time, bounded in the size of the pattern, of the text and of their product. */
import { RE2JS } from "re2js";

const MAX_PATTERN = 1_000;
/** Instructions of a compiled pattern: a short pattern such as `(.{30}){30}` can have many. */
const MAX_SIZE = 1_500;
const MAX_TEXT = 20_000;
/** A step is one instruction looked at for one character: at worst some 0.15 µs, as measured with patterns of 20 to 900 instructions. */
export const MAX_STEPS = 1_000_000;
/** An expression's unit is about 0.05 µs of processor time. */
const UNITS_A_STEP = 2;

/** Replacing looks for the next match from each match on, and each search may see the rest of the text: quadratic at worst. */
const MAX_REPLACE_STEPS = 20_000_000;
/** Texts and patterns beyond this product are searched by an engine that takes about six times as long for a step. */
const QUICK_STEPS = 262_144;
const SLOW_FACTOR = 6;

/** What all replacing of one evaluation may still take; undefined outside one: then each text has its own. */
let replaceSteps: number | undefined;

/** Runs a mapping or an expression on one event: whatever it replaces by patterns takes from one budget. */
export function withReplaceBudget<T>(evaluate: () => T): T {
  if (replaceSteps !== undefined) return evaluate();
  replaceSteps = MAX_REPLACE_STEPS;
  try {
    return evaluate();
  } finally {
    replaceSteps = undefined;
  }
}

export interface TextPattern {
  /** Whether it is found; false for texts over 20,000 characters, and where `steps` is over `MAX_STEPS`. */
  test(text: string): boolean;
  /** Characters times instructions: what looking for it in a text takes at most. 0 where the text is too long to be looked at. */
  steps(text: string): number;
  /** What looking for it in a text costs, in an expression's units. */
  cost(text: string): number;
  /** Every match replaced, `$1` stands for the first group; a text that is too long, or would take too many steps, stays as it is. */
  replace(text: string, replacement: string): string;
}

/** Compiles a pattern; it is found anywhere in the text unless `^` and `$` tie it down. */
export function compileTextPattern(pattern: string): TextPattern | { fault: string } {
  if (pattern.length > MAX_PATTERN) return { fault: `the pattern is longer than ${MAX_PATTERN} characters.` };
  try {
    const compiled = RE2JS.compile(pattern);
    const size = compiled.programSize();
    if (size > MAX_SIZE) {
      return { fault: `the pattern is too large: ${size} instructions, at most ${MAX_SIZE}. Repeat less in it.` };
    }
    return boundedPattern(compiled, size);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : "not readable";
    return { fault: `the pattern is not valid: ${reason.slice(0, 200)}.` };
  }
}

function boundedPattern(compiled: RE2JS, size: number): TextPattern {
  const product = (text: string) => (text.length + 1) * size;
  const fits = (text: string) => text.length <= MAX_TEXT && product(text) <= MAX_STEPS;
  const steps = (text: string) => (fits(text) ? product(text) : 0);
  return {
    steps,
    cost: (text) => 1 + steps(text) * UNITS_A_STEP,
    test: (text) => fits(text) && compiled.test(text),
    replace: (text, replacement) =>
      fits(text) && replaceable(compiled, text, size) ? compiled.matcher(text).replaceAll(replacement, true) : text,
  };
}

/** Whether all matches can be found within the steps there are. */
function replaceable(compiled: RE2JS, text: string, size: number): boolean {
  const factor = size * (text.length * size > QUICK_STEPS ? SLOW_FACTOR : 1);
  const matcher = compiled.matcher(text);
  let left = (replaceSteps ?? MAX_REPLACE_STEPS) - (text.length + 1) * factor;
  let done = false;
  while (left >= 0 && !done) {
    done = !matcher.find();
    if (!done) left -= (text.length - matcher.end() + 1) * factor;
  }
  if (replaceSteps !== undefined) replaceSteps = Math.max(0, left);
  return done;
}
