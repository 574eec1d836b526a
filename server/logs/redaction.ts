/** Takes secrets out of what is logged: by the names of fields, by shapes in texts, and by values that are known to be secret. */
import { secretSpellings } from "@datafly-signal/core";
import { pino } from "pino";

export interface Redactor {
  /** A copy fit to be logged: plain data, bounded in depth, length and number. */
  fields(value: object): object;
  text(value: string): string;
  /** From now on this value is taken out of everything. */
  learn(secret: string): void;
  /** It is past, and leaves its place to others. */
  forget(secret: string): void;
}

const HIDDEN = "[redacted]";
/** Shorter values would take ordinary words out with them. */
const SHORTEST_SECRET = 6;
/** The oldest is forgotten first; each has up to thirty spellings. */
const MOST_SPELLINGS = 12_000;
const LONGEST_LOOKED_AT = 16_384;
const LONGEST_TEXT = 2_000;
const DEEPEST = 6;
const MOST_ENTRIES = 50;

const NAMES = [
  "authorization",
  "cookie",
  "credentials?",
  "passphrase",
  "passwd",
  "password",
  "pwd",
  "secrets?",
  "signature",
  "tokens?",
  "(?:access|account|api|auth|encryption|license|private|secret|shared|signing|write)[-_]?keys?",
].join("|");

/** A field named so, or whose name ends so: `authToken`, `x-api-key`, `SHOP_PASSWORD`. */
const SECRET_NAME = new RegExp(`(?:${NAMES})$`, "i");
const SECRET_VARIABLE = new RegExp(`(?:${NAMES}|_key(?:_previous)?)$`, "i");
/** A shell's `PWD` is no password. */
const WORKING_FOLDER = /^(OLD)?PWD$/i;
/** In a query, these are secrets too. */
const QUERY = /([?&;#](?:key|sig|wk|code)=)[^&;#\s"'\\<>]+/gi;
const USER_INFO = /(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"'\\]+@/gi;
const SCHEME = /\b(Bearer|Basic)\s+(?!\[redacted\])[\w.~+/=-]{6,}/gi;
const NAMED = new RegExp(
  `((?:${NAMES})\\\\?["']?\\s?[:=]\\s?)(?:(\\\\?["'])[^"'\\\\]+|(?!\\\\?["'])[^\\s,;&"'\\\\<>(){}[\\]]+)`,
  "gi",
);
const JWT = /\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?/g;
const PRIVATE_KEY = /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,20}PRIVATE KEY-----)?/g;

export function createRedactor(known: Iterable<string> = []): Redactor {
  const secrets = new Set<string>();
  /** The longest first: one secret may be the beginning of another. */
  let ordered: string[] = [];
  const learn = (secret: string): void => {
    if (secret.length < SHORTEST_SECRET || secrets.has(secret)) return;
    for (const spelling of secretSpellings(secret)) secrets.add(spelling);
    for (const oldest of secrets) {
      if (secrets.size <= MOST_SPELLINGS) break;
      secrets.delete(oldest);
    }
    ordered = [...secrets].toSorted((one, other) => other.length - one.length);
  };
  for (const secret of known) learn(secret);
  const forget = (secret: string): void => {
    for (const spelling of secretSpellings(secret)) secrets.delete(spelling);
    ordered = ordered.filter((spelling) => secrets.has(spelling));
  };

  const text = (value: string): string => {
    let clean = value.slice(0, LONGEST_LOOKED_AT);
    for (const secret of ordered) if (clean.includes(secret)) clean = clean.replaceAll(secret, HIDDEN);
    clean = shapesRemoved(clean);
    return clean.length <= LONGEST_TEXT ? clean : `${clean.slice(0, LONGEST_TEXT)}…`;
  };
  const fields = (value: object): object => {
    try {
      return cleanObject(value, { text, depth: 0, above: [] });
    } catch {
      // A getter of its own, or a proxy, that throws: the message alone is logged.
      return { unreadable: true };
    }
  };
  return { text, learn, forget, fields };
}

/** The values of variables whose names say that they are secret. */
export function secretVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && SECRET_VARIABLE.test(name) && !WORKING_FOLDER.test(name) ? [value.trim()] : [],
  );
}

function shapesRemoved(text: string): string {
  return text
    .replace(PRIVATE_KEY, HIDDEN)
    .replace(USER_INFO, `$1${HIDDEN}@`)
    .replace(SCHEME, `$1 ${HIDDEN}`)
    .replace(QUERY, `$1${HIDDEN}`)
    .replace(NAMED, (_, name: string, quote: string | undefined) => `${name}${quote ?? ""}${HIDDEN}`)
    .replace(JWT, HIDDEN);
}

interface Walk {
  text: Redactor["text"];
  depth: number;
  /** Objects on the way down, so that a circle ends. */
  above: readonly object[];
}

function cleanObject(value: object, walk: Walk): object {
  if (walk.above.includes(value)) return { circular: true };
  if (walk.depth > DEEPEST) return { deeper: true };
  const below = { ...walk, depth: walk.depth + 1, above: [...walk.above, value] };
  if (Array.isArray(value)) return value.slice(0, MOST_ENTRIES).map((item: unknown) => cleanValue(item, below));
  const source = value instanceof Error ? errorFields(value) : value;
  const entries = Object.entries(source).slice(0, MOST_ENTRIES);
  return Object.fromEntries(
    entries.map(([name, item]) => [name, SECRET_NAME.test(name) && isHeld(item) ? HIDDEN : cleanValue(item, below)]),
  );
}

/** Counts and switches under a secret's name tell nothing. */
function isHeld(item: unknown): boolean {
  return item !== null && item !== undefined && typeof item !== "boolean" && typeof item !== "number";
}

function cleanValue(value: unknown, walk: Walk): unknown {
  if (typeof value === "string") return walk.text(value);
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (typeof value === "function") return "[function]";
  if (typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof URL || value instanceof Date || value instanceof RegExp) return walk.text(String(value));
  if (value instanceof Map || value instanceof Set) return cleanObject(collected(value), walk);
  return cleanObject(value, walk);
}

function collected(value: Map<unknown, unknown> | Set<unknown>): object {
  return value instanceof Set ? [...value] : Object.fromEntries([...value].map(([name, item]) => [String(name), item]));
}

function errorFields(error: Error): object {
  const { type, message, stack } = pino.stdSerializers.err(error);
  const own = Object.entries(error).filter(([name]) => !["name", "message", "stack", "cause"].includes(name));
  const cause = error.cause === undefined ? {} : { cause: error.cause };
  return { type, message, stack, ...Object.fromEntries(own), ...cause };
}
