/** Conversions between types, and arithmetic that is exact in decimals. */
import { Type } from "typebox";
import { numberOf, onNumber, onText, TransformError, type TransformDefinition } from "./definition.ts";

const DECIMALS = Type.Integer({ minimum: 0, maximum: 12, description: "Digits after the decimal point." });

/** Shifts the decimal point; by text, because 1.005 * 100 is 100.49999999999999. */
function shift(value: number, places: number): number {
  const [digits, exponent = "0"] = String(value).split("e");
  return Number(`${digits}e${Number(exponent) + places}`);
}

/** Rounds half away from zero. */
function roundTo(value: number, decimals: number): number {
  const rounded = shift(Math.round(shift(Math.abs(value), decimals)), -decimals);
  return value < 0 && rounded !== 0 ? -rounded : rounded;
}

const TRUE_WORDS = new Set(["true", "1", "yes", "y", "on"]);
const FALSE_WORDS = new Set(["false", "0", "no", "n", "off", ""]);

/** Numbers that left the safe range would be written as `Infinity`, which is not JSON. */
function finite(name: string, value: number): number {
  if (!Number.isFinite(value)) throw new TransformError(`${name} leaves the range of numbers`);
  return value;
}

function numeric(name: string, text: string): number {
  const number = text === "true" ? 1 : text === "false" ? 0 : numberOf(text);
  if (number === undefined) throw new TransformError(`${name} takes a number, not other text`);
  return number;
}

const CONVERSIONS: readonly TransformDefinition[] = [
  onText({
    name: "to_string",
    family: "number",
    summary: "The text form of a number or boolean.",
    examples: [
      { input: 79.99, output: "79.99" },
      { input: true, output: "true" },
      { input: [1, "a"], output: ["1", "a"] },
    ],
    make: () => (text) => text,
  }),
  onText({
    name: "to_number",
    family: "number",
    summary: "The number that a decimal text is; booleans become 1 and 0, other text is an error.",
    examples: [
      { input: " 79.90 ", output: 79.9 },
      { input: "-1e3", output: -1000 },
      { input: true, output: 1 },
      { input: 5, output: 5 },
    ],
    make: () => (text) => (text.trim() === "" ? undefined : numeric("to_number", text)),
  }),
  onText({
    name: "to_integer",
    family: "number",
    summary: "The whole part of a number, cut towards zero; other text is an error.",
    examples: [
      { input: "79.99", output: 79 },
      { input: -1.5, output: -1 },
    ],
    make: () => (text) => (text.trim() === "" ? undefined : Math.trunc(numeric("to_integer", text)) + 0),
  }),
  onText({
    name: "to_boolean",
    family: "number",
    summary:
      "True for `true 1 yes y on`, false for `false 0 no n off` and empty text, in any case; other text is an error.",
    examples: [
      { input: "Yes", output: true },
      { input: 0, output: false },
      { input: "", output: false },
    ],
    make: () => (text) => {
      const word = text.trim().toLowerCase();
      if (TRUE_WORDS.has(word)) return true;
      if (FALSE_WORDS.has(word)) return false;
      throw new TransformError("to_boolean takes true or false, not other text");
    },
  }),
];

const ARITHMETIC: readonly TransformDefinition[] = [
  onNumber({
    name: "round",
    family: "number",
    summary: "Rounds half away from zero, to whole numbers or to the given digits.",
    args: DECIMALS,
    optional: true,
    examples: [
      { input: 2.5, output: 3 },
      { input: 1.005, args: 2, output: 1.01 },
      { input: "-2.5", output: -3 },
    ],
    make: (decimals) => (value) => finite("round", roundTo(value, decimals ?? 0)),
  }),
  onNumber({
    name: "multiply",
    family: "number",
    summary: "Multiplies by a number, without the noise of binary fractions.",
    args: Type.Number({ description: "The factor." }),
    examples: [
      { input: 0.1, args: 3, output: 0.3 },
      { input: "20", args: -0.5, output: -10 },
    ],
    make: (factor) => (value) => Number(finite("multiply", value * factor).toPrecision(15)) + 0,
  }),
  onNumber({
    name: "to_cents",
    family: "number",
    summary: "Units to minor units, rounded; two decimals unless another number is given (0 for JPY, 3 for KWD).",
    args: DECIMALS,
    optional: true,
    examples: [
      { input: 79.99, output: 7999 },
      { input: "1.005", output: 101 },
      { input: 500, args: 0, output: 500 },
    ],
    make: (decimals) => (value) => finite("to_cents", shift(roundTo(value, decimals ?? 2), decimals ?? 2)),
  }),
  onNumber({
    name: "from_cents",
    family: "number",
    summary: "Minor units to units; two decimals unless another number is given.",
    args: DECIMALS,
    optional: true,
    examples: [
      { input: 7999, output: 79.99 },
      { input: "1500", args: 3, output: 1.5 },
    ],
    make: (decimals) => (value) => shift(value, -(decimals ?? 2)),
  }),
];

export const NUMBER: readonly TransformDefinition[] = [...CONVERSIONS, ...ARITHMETIC];
