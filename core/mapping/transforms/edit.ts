/** Changes to a text's content. */
import { Type } from "typebox";
import { parsePath } from "../path.ts";
import { compileTextPattern } from "../pattern.ts";
import { compileRelativeReader, type Reader } from "../read.ts";
import { parseTemplate } from "../template.ts";
import {
  boundText,
  onText,
  onValue,
  textOf,
  type ArgumentFault,
  type TransformDefinition,
  type Value,
} from "./definition.ts";

const LENGTH = Type.Integer({ minimum: 0, maximum: 1_000_000 });
const FIXED_TEXT = Type.String({ maxLength: 1000 });

/** The part of a text between two positions, counted in code points, so that no character is cut in half. */
function slicePoints(text: string, start: number, end: number): string {
  if (!/[\ud800-\udfff]/.test(text)) return text.slice(start, end);
  return [...text].slice(start, end).join("");
}

type Write = (value: Value) => string;

/** `value` is the value itself, `value.a.b` a field of it. */
function placeholder(name: string): Write | ArgumentFault {
  const segments = parsePath(name);
  if ("fault" in segments) return { fault: `{{${name}}}: ${segments.fault}.` };
  const [root, ...rest] = segments;
  if (root?.kind !== "key" || root.key !== "value")
    return { fault: `placeholders start with value, as in {{value}} or {{value.name}}, not {{${name}}}.` };
  const read: Reader = compileRelativeReader(rest);
  return (value) => textOf(read(value)) ?? "";
}

function compileText(text: string): Write | ArgumentFault {
  const writes: Write[] = [];
  for (const part of parseTemplate(text)) {
    const write = "literal" in part ? () => part.literal : placeholder(part.name);
    if (typeof write !== "function") return write;
    writes.push(write);
  }
  return (value) => {
    let out = "";
    for (const write of writes) {
      out += write(value);
      boundText("template", out.length);
    }
    return out;
  };
}

/** Every occurrence, counted before anything is made: a short text may stand a million times in a long one. */
function replaceText(text: string, find: string, replacement: string): string {
  if (replacement.length > find.length) {
    const growth = replacement.length - find.length;
    let length = text.length;
    for (let at = text.indexOf(find); at !== -1; at = text.indexOf(find, at + find.length)) {
      length += growth;
      boundText("replace", length);
    }
  }
  return text.replaceAll(find, () => replacement);
}

const CUTTING: readonly TransformDefinition[] = [
  onText({
    name: "substring",
    family: "edit",
    summary: "The part from a start (from 0; negative counts from the end), of a length or to the end.",
    args: Type.Object({ start: Type.Integer(), length: Type.Optional(LENGTH) }, { additionalProperties: false }),
    examples: [
      { input: "abcdef", args: { start: 1, length: 3 }, output: "bcd" },
      { input: "abcdef", args: { start: -2 }, output: "ef" },
    ],
    make:
      ({ start, length }) =>
      (text) => {
        const from = start < 0 ? Math.max(0, [...text].length + start) : start;
        return slicePoints(text, from, length === undefined ? text.length : from + length);
      },
  }),
  onText({
    name: "truncate",
    family: "edit",
    summary: "At most so many characters.",
    args: LENGTH,
    examples: [
      { input: "abcdef", args: 3, output: "abc" },
      { input: "a😀b", args: 2, output: "a😀" },
    ],
    make: (length) => (text) => (text.length <= length ? text : slicePoints(text, 0, length)),
  }),
];

export const EDIT: readonly TransformDefinition[] = [
  onText({
    name: "replace",
    family: "edit",
    summary:
      "Every occurrence of a text by another; with regex: true the text is a pattern in RE2 syntax and $1 its first group (texts over 20,000 characters, or with too many matches for a large pattern, then stay as they are).",
    args: Type.Object(
      {
        find: Type.String({ minLength: 1, maxLength: 1000 }),
        with: FIXED_TEXT,
        regex: Type.Optional(Type.Boolean()),
      },
      { additionalProperties: false },
    ),
    examples: [
      { input: "a.b.c", args: { find: ".", with: "-" }, output: "a-b-c" },
      { input: "SKU 12", args: { find: "[^0-9]+", with: "", regex: true }, output: "12" },
      { input: "a-b", args: { find: "(\\w)-(\\w)", with: "$2-$1", regex: true }, output: "b-a" },
    ],
    make: ({ find, with: replacement, regex }) => {
      if (regex !== true) return (text) => replaceText(text, find, replacement);
      const pattern = compileTextPattern(find);
      return "fault" in pattern ? pattern : (text) => pattern.replace(text, replacement);
    },
  }),
  ...CUTTING,
  onText({
    name: "prefix",
    family: "edit",
    summary: "Puts a text before it.",
    args: FIXED_TEXT,
    examples: [{ input: 42, args: "SKU-", output: "SKU-42" }, { args: "SKU-" }],
    make: (before) => (text) => before + text,
  }),
  onText({
    name: "suffix",
    family: "edit",
    summary: "Puts a text after it.",
    args: FIXED_TEXT,
    examples: [{ input: "a", args: "-eu", output: "a-eu" }],
    make: (after) => (text) => text + after,
  }),
  onValue({
    name: "template",
    family: "edit",
    summary: "Text with {{value}}, or with fields of the value as {{value.name}}; missing fields write nothing.",
    args: Type.String({ minLength: 1, maxLength: 4000 }),
    examples: [
      { input: 42, args: "order {{value}}", output: "order 42" },
      { input: { first: "Jane" }, args: "{{value.first}}-{{ value.last }}", output: "Jane-" },
    ],
    make: (text) => compileText(text),
  }),
];
