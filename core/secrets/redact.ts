/** Takes known secrets out of texts that are kept, answered or logged. */

const HIDDEN = "[redacted]";
/** Shorter values would take ordinary words out with them. */
const SHORTEST_SECRET = 4;
/** So much of a secret at a text's end tells that the rest was cut off. */
const SHORTEST_BEGINNING = 8;

/** More of a text than this many times its limit is not looked at: what is kept is full even after much was taken out. */
const LOOKED_AT = 8;

/** By the list of secrets, which its owner keeps as long as it does. */
const known = new WeakMap<readonly string[], readonly string[]>();

/** Replaces every secret, however a vendor that repeats it may encode it, then cuts to `limit` characters. */
export function redact(text: string, secrets: readonly string[], limit: number): string {
  const spellings = known.get(secrets) ?? ordered(secrets);
  known.set(secrets, spellings);
  let clean = text.slice(0, limit * LOOKED_AT);
  for (const spelling of spellings) clean = clean.replaceAll(spelling, HIDDEN);
  clean = withoutBegunSecret(clean, spellings);
  return clean.length <= limit ? clean : clean.slice(0, limit);
}

function withoutBegunSecret(text: string, spellings: readonly string[]): string {
  for (const spelling of spellings) {
    for (let length = Math.min(spelling.length - 1, text.length); length >= SHORTEST_BEGINNING; length -= 1) {
      if (text.endsWith(spelling.slice(0, length))) return text.slice(0, -length) + HIDDEN;
    }
  }
  return text;
}

/** The longest first: one secret may be part of another. */
function ordered(secrets: readonly string[]): string[] {
  return [...new Set(secrets.flatMap(secretSpellings))].toSorted((a, b) => b.length - a.length);
}

/** The ways in which others repeat a secret: as it is, in URLs, JSON, hex, base64; of `user:password` the password too. */
export function secretSpellings(secret: string): string[] {
  const all = [secret, passwordIn(secret)].flatMap(encodings);
  return [...new Set(all.filter((spelling) => spelling.length >= SHORTEST_SECRET))];
}

/** Of `user:password`; empty where there is none. */
function passwordIn(secret: string): string {
  const colon = secret.indexOf(":");
  return colon < 0 ? "" : secret.slice(colon + 1);
}

function encodings(secret: string): string[] {
  if (secret.length < SHORTEST_SECRET) return [];
  const bytes = Buffer.from(secret);
  const inUrl = encodeURIComponent(secret);
  return [
    secret,
    inUrl,
    inUrl.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    new URLSearchParams({ v: secret }).toString().slice(2),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    ...(["base64", "base64url"] as const).flatMap((alphabet) => [
      bytes.toString(alphabet),
      ...[0, 1, 2].map((before) => base64Within(bytes, before, alphabet)),
    ]),
  ];
}

/** What is the same in the base64 of every text that has so many bytes, modulo 3, before the secret. */
function base64Within(bytes: Buffer, before: number, alphabet: "base64" | "base64url"): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString(alphabet);
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
}
