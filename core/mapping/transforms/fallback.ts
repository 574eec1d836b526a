/** What stands in for a value: defaults and look-ups. */
import { Type } from "typebox";
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { onAny, onList, textOf, type TransformDefinition, type Value } from "./definition.ts";

const ANYTHING = Type.Unsafe<JsonValue>(Type.Unknown({ description: "Any JSON value but null." }));
const TABLE = Type.Unsafe<JsonObject>(
  Type.Record(Type.String(), Type.Unknown(), { description: 'Text form → value; "*" catches all others.' }),
);

/** Looks a value's text form up; items of a list one by one; null in the table is missing. */
export function lookUp(table: JsonObject): (value: Value) => Value {
  const known = new Map(Object.entries(table));
  const otherwise = known.get("*") ?? undefined;
  known.delete("*");
  const one = (value: Value): Value => {
    const text = textOf(value);
    return text !== undefined && known.has(text) ? (known.get(text) ?? undefined) : otherwise;
  };
  return (value) => {
    if (!Array.isArray(value)) return one(value);
    return value.flatMap((item) => {
      const found = one(item);
      return found === undefined ? [] : [found];
    });
  };
}

export const FALLBACK: readonly TransformDefinition[] = [
  onAny({
    name: "default",
    family: "fallback",
    summary: "Another value where the value is missing.",
    args: ANYTHING,
    examples: [
      { args: "EUR", output: "EUR" },
      { input: null, args: 0, output: 0 },
      { input: "", args: "EUR", output: "" },
    ],
    make: (fallback) => (value) => value ?? fallback,
  }),
  onList({
    name: "coalesce",
    family: "fallback",
    summary: "The first item of a list that is neither null nor empty text.",
    examples: [{ input: [null, "", "a", "b"], output: "a" }, { input: [null] }, { input: "a", output: "a" }],
    make: () => (list) => list.find((item) => item !== null && item !== ""),
  }),
  onAny({
    name: "lookup",
    family: "fallback",
    summary:
      "The entry of a table under the value's text form; the entry * for every other value, the missing one too.",
    args: TABLE,
    examples: [
      { input: true, args: { true: "GRANTED", "*": "DENIED" }, output: "GRANTED" },
      { input: 79.99, args: { "79.99": "match" }, output: "match" },
      { input: "x", args: { a: 1 } },
      { args: { "*": "DENIED" }, output: "DENIED" },
    ],
    make: (table) => (isJsonObject(table) ? lookUp(table) : { fault: "lookup takes a table." }),
  }),
];
