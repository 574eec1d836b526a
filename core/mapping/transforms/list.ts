/** Lists as a whole: picking, joining, counting. A single value counts as a list of one. */
import { Type } from "typebox";
import { type JsonValue } from "../../json.ts";
import { parsePath } from "../path.ts";
import { compileRelativeReader, type Reader } from "../read.ts";
import {
  kindOf,
  numberOf,
  onList,
  onText,
  onValue,
  textOf,
  TransformError,
  type ArgumentFault,
  type TransformDefinition,
  type Value,
} from "./definition.ts";

const PATH = Type.String({ minLength: 1, maxLength: 1000, description: "A path within each item." });
const SEPARATOR = Type.String({ maxLength: 100, description: "What stands between two items." });

function itemReader(path: string | undefined): Reader | ArgumentFault {
  if (path === undefined) return (item) => item;
  const segments = parsePath(path);
  return "fault" in segments ? { fault: `${segments.fault}.` } : compileRelativeReader(segments);
}

/** The numbers of a list; missing ones are left out, anything else that is no number is an error. */
function numbers(name: string, list: readonly JsonValue[], read: Reader): number[] {
  const out: number[] = [];
  for (const item of list) {
    const value = read(item);
    if (value === undefined || value === null || value === "") continue;
    const number = numberOf(value);
    if (number === undefined) throw new TransformError(`${name} takes numbers, not ${kindOf(value)}`);
    out.push(number);
  }
  return out;
}

/** Adds decimals without the noise of binary fractions. */
const total = (values: readonly number[]): number =>
  Number(values.reduce((sum, value) => sum + value, 0).toPrecision(15));

interface Fold {
  name: string;
  summary: string;
  fold: (values: readonly number[]) => Value;
  examples: TransformDefinition["examples"];
}

const folding = ({ name, summary, fold, examples }: Fold): TransformDefinition =>
  onList({
    name,
    family: "list",
    summary,
    args: PATH,
    optional: true,
    examples,
    make: (path) => {
      const read = itemReader(path);
      return typeof read === "function" ? (list) => fold(numbers(name, list, read)) : read;
    },
  });

const TEXT_AND_LISTS: readonly TransformDefinition[] = [
  onText({
    name: "split",
    family: "list",
    summary: "Cuts text into a list, at commas unless another separator is given; whitespace around items goes.",
    args: SEPARATOR,
    optional: true,
    examples: [
      { input: "a, b,c", output: ["a", "b", "c"] },
      { input: "a|b", args: "|", output: ["a", "b"] },
      { input: "", output: [] },
    ],
    make: (separator) => (text) => (text === "" ? [] : text.split(separator ?? ",").map((item) => item.trim())),
  }),
  onList({
    name: "join",
    family: "list",
    summary: "Joins the items' text forms, by a comma unless another separator is given; missing items are left out.",
    args: SEPARATOR,
    optional: true,
    examples: [
      { input: ["a", 1, null, true], output: "a,1,true" },
      { input: ["a", "b"], args: " > ", output: "a > b" },
      { input: "a", output: "a" },
    ],
    make: (separator) => (list) => {
      const texts = list
        .filter((item) => item !== null)
        .map((item) => {
          const text = textOf(item);
          if (text === undefined) throw new TransformError(`join takes texts, not ${kindOf(item)}`);
          return text;
        });
      return texts.join(separator ?? ",");
    },
  }),
];

const PICKING: readonly TransformDefinition[] = [
  onList({
    name: "first",
    family: "list",
    summary: "The first item.",
    examples: [{ input: ["a", "b"], output: "a" }, { input: [] }, { input: 5, output: 5 }],
    make: () => (list) => list[0],
  }),
  onList({
    name: "last",
    family: "list",
    summary: "The last item.",
    examples: [{ input: ["a", "b"], output: "b" }],
    make: () => (list) => list.at(-1),
  }),
  onList({
    name: "nth",
    family: "list",
    summary: "The item at an index from 0; negative indexes count from the end.",
    args: Type.Integer({ description: "The index." }),
    examples: [
      { input: ["a", "b", "c"], args: 1, output: "b" },
      { input: ["a", "b", "c"], args: -1, output: "c" },
      { input: ["a"], args: 7 },
    ],
    make: (index) => (list) => list.at(index),
  }),
  onList({
    name: "unique",
    family: "list",
    summary: "Every value once, in the order of first appearance.",
    examples: [
      { input: ["a", "b", "a"], output: ["a", "b"] },
      { input: [{ a: 1 }, { a: 1 }], output: [{ a: 1 }] },
    ],
    make: () => (list) => [...new Map(list.map((item) => [JSON.stringify(item), item])).values()],
  }),
  onList({
    name: "compact",
    family: "list",
    summary: "Without null and empty text.",
    examples: [{ input: ["a", "", null, 0], output: ["a", 0] }],
    make: () => (list) => list.filter((item) => item !== null && item !== ""),
  }),
  onList({
    name: "pluck",
    family: "list",
    summary: "One field of every item; items without it are left out.",
    args: PATH,
    examples: [{ input: [{ id: "A" }, {}, { id: "B" }], args: "id", output: ["A", "B"] }],
    make: (path) => {
      const read = itemReader(path);
      if (typeof read !== "function") return read;
      return (list) =>
        list.flatMap((item) => {
          const value = read(item);
          return value === undefined || value === null ? [] : [value];
        });
    },
  }),
  onList({
    name: "filter",
    family: "list",
    summary: "The items for which an expression is true; paths in it start at the item.",
    args: Type.String({ minLength: 1, maxLength: 4000, description: "An expression such as price > 10." }),
    examples: [{ input: [{ price: 5 }, { price: 15 }], args: "price > 10", output: [{ price: 15 }] }],
    make: (expression, environment) => {
      const test = environment.predicate(expression);
      return typeof test === "function" ? (list) => list.filter(test) : test;
    },
  }),
  onList({
    name: "flatten",
    family: "list",
    summary: "Lists within the list become part of it, one level deep.",
    examples: [{ input: [["a"], "b", ["c", "d"]], output: ["a", "b", "c", "d"] }],
    make: () => (list) => {
      const out: JsonValue[] = [];
      for (const item of list) {
        if (Array.isArray(item)) for (const inner of item) out.push(inner);
        else out.push(item);
      }
      return out;
    },
  }),
  onValue({
    name: "wrap_array",
    family: "list",
    summary: "A list of one; a list stays as it is.",
    examples: [
      { input: "a", output: ["a"] },
      { input: ["a"], output: ["a"] },
    ],
    make: () => (value) => (Array.isArray(value) ? value : [value]),
  }),
];

const COUNTING: readonly TransformDefinition[] = [
  onList({
    name: "count",
    family: "list",
    summary: "How many items there are.",
    examples: [{ input: ["a", "b"], output: 2 }, { input: [], output: 0 }, {}],
    make: () => (list) => list.length,
  }),
  folding({
    name: "sum",
    summary: "The sum of the numbers, or of one field of the items; 0 for an empty list.",
    fold: total,
    examples: [
      { input: [0.1, 0.2, "3"], output: 3.3 },
      { input: [{ quantity: 2 }, { quantity: 1 }, {}], args: "quantity", output: 3 },
    ],
  }),
  folding({
    name: "min",
    summary: "The smallest number, or of one field of the items; missing for an empty list.",
    fold: (values) => (values.length === 0 ? undefined : values.reduce((low, value) => Math.min(low, value))),
    examples: [
      { input: [3, 1, 2], output: 1 },
      { input: [{ price: 3 }, { price: 2 }], args: "price", output: 2 },
      { input: [] },
    ],
  }),
  folding({
    name: "max",
    summary: "The largest number, or of one field of the items; missing for an empty list.",
    fold: (values) => (values.length === 0 ? undefined : values.reduce((high, value) => Math.max(high, value))),
    examples: [{ input: [{ price: 3 }, { price: "10" }], args: "price", output: 10 }],
  }),
];

export const LIST: readonly TransformDefinition[] = [...TEXT_AND_LISTS, ...PICKING, ...COUNTING];
