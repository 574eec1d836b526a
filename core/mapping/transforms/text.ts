/** Case and whitespace. */
import { onText, type TransformDefinition } from "./definition.ts";

export const TEXT: readonly TransformDefinition[] = [
  onText({
    name: "trim",
    family: "text",
    summary: "Takes whitespace off both ends.",
    examples: [
      { input: "  a b ", output: "a b" },
      { input: 12, output: "12" },
      { input: [" a", "b "], output: ["a", "b"] },
    ],
    make: () => (text) => text.trim(),
  }),
  onText({
    name: "lowercase",
    family: "text",
    summary: "Lower case, by Unicode's rules.",
    examples: [{ input: "Jane@Example.COM", output: "jane@example.com" }, { input: "ÉA", output: "éa" }, {}],
    make: () => (text) => text.toLowerCase(),
  }),
  onText({
    name: "uppercase",
    family: "text",
    summary: "Upper case, by Unicode's rules.",
    examples: [{ input: "usd", output: "USD" }],
    make: () => (text) => text.toUpperCase(),
  }),
  onText({
    name: "capitalize",
    family: "text",
    summary: "The first letter in upper case, the rest as it is.",
    examples: [
      { input: "jane smith", output: "Jane smith" },
      { input: "", output: "" },
    ],
    make: () => (text) => {
      const first = String.fromCodePoint(...[text.codePointAt(0)].filter((point) => point !== undefined));
      return first.toUpperCase() + text.slice(first.length);
    },
  }),
  onText({
    name: "collapse_whitespace",
    family: "text",
    summary: "Every run of whitespace becomes one space; none stays at the ends.",
    examples: [{ input: " a \n\t b ", output: "a b" }],
    make: () => (text) => text.trim().replace(/\s+/g, " "),
  }),
  onText({
    name: "snake_case",
    family: "text",
    summary: "Words in lower case, joined by `_`.",
    examples: [
      { input: "Order Completed", output: "order_completed" },
      { input: "productId", output: "product_id" },
      { input: "HTTPStatus-code", output: "http_status_code" },
    ],
    make: () => (text) =>
      text
        .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1_$2")
        .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1_$2")
        .replace(/[^\p{L}\d]+/gu, "_")
        .replace(/^_+|_+$/g, "")
        .toLowerCase(),
  }),
];
