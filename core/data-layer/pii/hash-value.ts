/** Hashes of personal data: normalised first, never twice, with a secret salt if there is one. */
import { createHmac, hash } from "node:crypto";
import type { JsonValue } from "../../json.ts";
import { HASH } from "../../mapping/transforms/hash.ts";

/** The mapping's transform, which leaves a value alone that is a digest already. */
const sha256 = HASH.find(({ name }) => name === "sha256")?.compile(undefined, {
  predicate: () => ({ fault: "a hash takes no expression" }),
});

/** Digest of a text as it is. */
export type Hasher = (text: string) => string;

export function compileHasher(salt: string | undefined): Hasher {
  if (salt === undefined) return (text) => digestOf(text);
  return (text) =>
    text === "" || digestOf(text) === text ? text : createHmac("sha256", salt).update(text).digest("hex");
}

function digestOf(text: string): string {
  if (text === "") return text;
  const digest = typeof sha256 === "function" ? sha256(text) : undefined;
  return typeof digest === "string" ? digest : hash("sha256", text);
}

const EMAIL_LIKE = /^[^\s@]+@[^\s@]+$/;
const PHONE_LIKE = /^\+[\d\s().-]{7,30}$/;
const MAX_DEPTH = 128;

/** One form for all spellings: an e-mail address in lower case, an international phone number without separators. */
export function normalised(text: string): string {
  const trimmed = text.trim();
  if (EMAIL_LIKE.test(trimmed)) return trimmed.toLowerCase();
  return PHONE_LIKE.test(trimmed) ? `+${trimmed.replace(/\D/g, "")}` : trimmed;
}

/**
 * A value with its texts and numbers hashed, whatever it holds; true, false and null say nothing and stay, and so does
 * empty text. Undefined, which takes it away, for what lies too deep to be looked at.
 */
export function hashedValue(value: JsonValue, hasher: Hasher, depth = 0): JsonValue | undefined {
  if (typeof value === "string") return hasher(normalised(value));
  if (typeof value === "number") return hasher(String(value));
  if (value === null || typeof value !== "object") return value;
  if (depth === MAX_DEPTH) return undefined;
  if (Array.isArray(value)) return value.map((item) => hashedValue(item, hasher, depth + 1) ?? null);
  for (const key of Object.keys(value)) value[key] = hashedValue(value[key] ?? null, hasher, depth + 1) ?? null;
  return value;
}
