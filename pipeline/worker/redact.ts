/** Takes a lane's secrets out of texts that are kept: details, excerpts of answers. */

/** Shorter values would take ordinary words out with them. */
const SHORTEST_SECRET = 4;

/** More of a text than this many times its limit is not looked at: what is kept is full even after much was taken out. */
const LOOKED_AT = 8;

/** Replaces every secret, also in base64 and URL-encoded, then cuts to `limit` characters. */
export function redact(text: string, secrets: readonly string[], limit: number): string {
  let clean = text.slice(0, limit * LOOKED_AT);
  for (const spelling of spellings(secrets)) clean = clean.replaceAll(spelling, "[redacted]");
  return clean.length <= limit ? clean : clean.slice(0, limit);
}

function spellings(secrets: readonly string[]): string[] {
  const all = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      Buffer.from(secret).toString("base64"),
      Buffer.from(secret).toString("base64url"),
    ]);
  // The longest first: one secret may be part of another.
  return [...new Set(all)].sort((a, b) => b.length - a.length);
}
