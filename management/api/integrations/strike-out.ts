/** Takes secrets out of a text that is answered, in the spellings in which vendors repeat them. */

/** Shorter values would take ordinary words out with them. */
const SHORTEST = 4;
const LONGEST_TEXT = 1_000;
/** Looked at before it is cut: a secret on the edge does not stay in part. */
const LOOKED_AT = 16_384;

export function strikeOut(text: string, secrets: Iterable<string>): string {
  const spelled = [...new Set([...secrets].flatMap(spellings))];
  // The longest first: one may be part of another.
  const clean = spelled
    .toSorted((one, other) => other.length - one.length)
    .reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text.slice(0, LOOKED_AT));
  return clean.slice(0, LONGEST_TEXT);
}

function spellings(secret: string): string[] {
  if (secret.length < SHORTEST) return [];
  const bytes = Buffer.from(secret);
  const quoted = JSON.stringify(secret).slice(1, -1);
  return [secret, encodeURIComponent(secret), quoted, bytes.toString("base64"), bytes.toString("base64url")];
}
