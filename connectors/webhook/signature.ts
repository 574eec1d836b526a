/** Signatures of Standard Webhooks 1.0.0 (https://github.com/standard-webhooks/standard-webhooks), symmetric scheme `v1`. */
import { createHash, createHmac, createSecretKey, type KeyObject } from "node:crypto";

const PREFIX = "whsec_";

/**
 * The keys of a signing secret. `whsec_` and base64 of 24 to 64 bytes, with or without the prefix; another text is taken
 * as it stands. Several prefixed secrets, separated by spaces, sign together while a secret is being replaced.
 * Null when a prefixed secret holds something else than 24 to 64 bytes of base64.
 */
export function signingKeys(secret: string): KeyObject[] | null {
  const parts = secret.split(/\s+/);
  const each = parts.every((part) => part.startsWith(PREFIX)) ? parts : [secret];
  const keys: KeyObject[] = [];
  for (const part of each) {
    const bytes = decodeKey(part.startsWith(PREFIX) ? part.slice(PREFIX.length) : part);
    if (bytes === null && part.startsWith(PREFIX)) return null;
    // A prepared key signs six times as fast as its bytes.
    keys.push(createSecretKey(bytes ?? Buffer.from(part, "utf8")));
  }
  return keys;
}

/** The three signature headers. `id` must not hold a `.`; `timestamp` is in whole seconds. */
export function signatureHeaders(
  keys: readonly KeyObject[],
  { id, timestamp, body }: { id: string; timestamp: number; body: string },
): Record<string, string> {
  const signatures = keys.map((key) => {
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  });
  return { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": signatures.join(" ") };
}

/** An id that may stand in `webhook-id`: itself where it is visible ASCII without `.`, else a digest of it. */
export function signatureId(id: string): string {
  if (/^[\x21-\x2d\x2f-\x7e]{1,255}$/.test(id)) return id;
  return `msg_${createHash("sha256").update(id).digest("base64url").slice(0, 32)}`;
}

function decodeKey(text: string): Buffer | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const bytes = Buffer.from(text, "base64");
  const whole = bytes.toString("base64").replace(/=+$/, "") === text.replace(/=+$/, "");
  return whole && bytes.length >= 24 && bytes.length <= 64 ? bytes : null;
}
