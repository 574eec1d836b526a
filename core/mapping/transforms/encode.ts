/** Encodings, and the parts of a URL. */
import { Type } from "typebox";
import { type JsonValue } from "../../json.ts";
import { onText, onValue, TransformError, type TransformDefinition, type Value } from "./definition.ts";

const MAX_JSON = 1_000_000;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

function decodeJson(text: string): Value {
  if (text.length > MAX_JSON) throw new TransformError("json_decode takes at most 1 MB");
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw new TransformError("json_decode takes JSON text");
  }
}

/** A lone half of a surrogate pair has no UTF-8 form. */
const encodeUrl = (text: string): string => encodeURIComponent(text.toWellFormed());

function decodeBase64(text: string): string {
  const trimmed = text.trim();
  if (!BASE64.test(trimmed)) throw new TransformError("base64_decode takes base64 text");
  return Buffer.from(trimmed, "base64").toString("utf8");
}

const ENCODINGS: readonly TransformDefinition[] = [
  onValue({
    name: "json_encode",
    family: "encode",
    summary: "The value as JSON text.",
    examples: [
      { input: { a: [1, "b"] }, output: '{"a":[1,"b"]}' },
      { input: "a", output: '"a"' },
    ],
    make: () => (value) => JSON.stringify(value),
  }),
  onText({
    name: "json_decode",
    family: "encode",
    summary: "The value that a JSON text holds; other text is an error.",
    examples: [{ input: '{"a":[1]}', output: { a: [1] } }, { input: "null" }],
    make: () => (text) => decodeJson(text) ?? undefined,
  }),
  onText({
    name: "base64_encode",
    family: "encode",
    summary: "Base64 of the UTF-8 bytes.",
    examples: [{ input: "jané", output: "amFuw6k=" }],
    make: () => (text) => Buffer.from(text, "utf8").toString("base64"),
  }),
  onText({
    name: "base64_decode",
    family: "encode",
    summary: "The UTF-8 text that base64 (also its URL form) holds; other text is an error.",
    examples: [
      { input: "amFuw6k=", output: "jané" },
      { input: "amFuw6k", output: "jané" },
    ],
    make: () => decodeBase64,
  }),
  onText({
    name: "url_encode",
    family: "encode",
    summary: "Percent-encoded for a URL's query.",
    examples: [{ input: "a b&c/é", output: "a%20b%26c%2F%C3%A9" }],
    make: () => encodeUrl,
  }),
];

const queryOf = (text: string): string => {
  const start = text.indexOf("?");
  const end = text.indexOf("#", start + 1);
  return text.slice(start + 1, end < 0 ? undefined : end);
};

/** Hosts that no parser would change: plain names with a dot, in lower case, ending in letters. */
const PLAIN_HOST = /^https?:\/\/((?:[a-z0-9][a-z0-9-]*\.)+[a-z]{2,})(?:[/?#]|$)/;

function hostOf(text: string): string | undefined {
  const host = PLAIN_HOST.exec(text)?.[1];
  // Names with other letters in their encoded form are checked by the parser.
  return host !== undefined && !host.includes("xn--") ? host : URL.parse(text)?.hostname || undefined;
}

const URL_PARTS: readonly TransformDefinition[] = [
  onText({
    name: "url_host",
    family: "encode",
    summary: "The host name of a URL, without port; missing when the text is no URL.",
    unusable: "missing",
    examples: [{ input: "https://Shop.example.com:8443/a?b=1", output: "shop.example.com" }, { input: "/a" }],
    make: () => hostOf,
  }),
  onText({
    name: "url_path",
    family: "encode",
    summary: "The path of a URL; missing when the text is no URL.",
    unusable: "missing",
    examples: [
      { input: "https://shop.example.com/a/b?c=1#d", output: "/a/b" },
      { input: "/a/b?c=1", output: "/a/b" },
    ],
    make: () => (text) => (text.startsWith("/") ? URL.parse(text, "http://localhost") : URL.parse(text))?.pathname,
  }),
  onText({
    name: "query_param",
    family: "encode",
    summary:
      "The first value of a parameter in the query of a URL or in a text such as ?a=b; missing when it is not there.",
    args: Type.String({ minLength: 1, maxLength: 200, description: "The parameter's name." }),
    unusable: "missing",
    examples: [
      { input: "https://shop.example.com/?gclid=abc&x=1#top", args: "gclid", output: "abc" },
      { input: "?a=b%20c", args: "a", output: "b c" },
      { input: "https://shop.example.com/", args: "gclid" },
    ],
    make: (name) => (text) => new URLSearchParams(queryOf(text)).get(name) ?? undefined,
  }),
];

export const ENCODE: readonly TransformDefinition[] = [...ENCODINGS, ...URL_PARTS];
