/** Secrets at rest: AES-256-GCM under a key that is named by what it sealed, so that keys can rotate. */
import { createCipheriv, createDecipheriv, createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { SealedSecret } from "../config/snapshot.ts";

const VERSION = "v1";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Where a secret belongs. A sealed text opens only at the address it was sealed for. */
export interface SecretAddress {
  organisation: string;
  /** The id of the object that holds it: `tmpl_…`, `pip_…`. */
  object: string;
  /** The field's key. */
  field: string;
}

export type SealFailure = "wrong_key" | "tampered" | "malformed";

/** A sealed secret that does not open; the message never holds any part of the secret or the key. */
export class SealedSecretError extends Error {
  readonly code: SealFailure;
  constructor(code: SealFailure, message: string) {
    super(message);
    this.name = "SealedSecretError";
    this.code = code;
  }
}

/** A key or nonce of the wrong size: a mistake of the caller. */
export class KeyringError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "KeyringError";
  }
}

export interface Keyring {
  /** The id of the key that seals. */
  currentKeyId: string;
  /** Those of the keys that only open. */
  previousKeyIds: readonly string[];
  /** @param nonce 12 random bytes, never used twice. */
  seal(plain: string, address: SecretAddress, nonce: Uint8Array): SealedSecret;
  /** @throws {SealedSecretError} when no key fits, or the text was changed or moved to another address. */
  open(sealed: SealedSecret, address: SecretAddress): string;
  /** True for what a previous key sealed. */
  needsResealing(sealed: SealedSecret): boolean;
  /** A keyed fingerprint of a text, `h1.<keyId>.<mac>`: tells sameness, and nothing else to who lacks the key. */
  fingerprint(text: string): string;
  /** True when `fingerprint` was made of this text, under the current key or a previous one. */
  fingerprintMatches(fingerprint: string, text: string): boolean;
}

interface Key {
  id: string;
  bytes: Uint8Array;
  fingerprintKey: Uint8Array;
}

/**
 * The keys to seal and open with.
 * @param keys 32 bytes each; `previous` only open
 * @throws {KeyringError} when a key is not 32 bytes long
 */
export function createKeyring(keys: { current: Uint8Array; previous?: readonly Uint8Array[] }): Keyring {
  const current = toKey(keys.current);
  const byId = new Map<string, Key>();
  for (const key of [...(keys.previous ?? []).map(toKey), current]) byId.set(key.id, key);
  return {
    currentKeyId: current.id,
    previousKeyIds: [...byId.keys()].filter((id) => id !== current.id),
    seal: (plain, address, nonce) => sealWith(current, { plain, address, nonce }),
    open: (sealed, address) => openWith(byId, sealed, address),
    needsResealing: (sealed) => sealed.split(".")[1] !== current.id,
    fingerprint: (text) => fingerprintWith(current, text),
    fingerprintMatches: (fingerprint, text) => {
      const key = byId.get(fingerprint.split(".")[1] ?? "");
      return key !== undefined && sameText(fingerprintWith(key, text), fingerprint);
    },
  };
}

function toKey(bytes: Uint8Array): Key {
  if (bytes.length !== KEY_BYTES)
    throw new KeyringError(`an encryption key has ${KEY_BYTES} bytes, not ${bytes.length}`);
  return {
    id: createHash("sha256").update("datafly-signal key id").update(bytes).digest("base64url").slice(0, 8),
    bytes,
    fingerprintKey: createHmac("sha256", bytes).update("datafly-signal fingerprint").digest(),
  };
}

function associatedData(address: SecretAddress): Buffer {
  return Buffer.from(JSON.stringify([address.organisation, address.object, address.field]), "utf8");
}

function sealWith(key: Key, input: { plain: string; address: SecretAddress; nonce: Uint8Array }): SealedSecret {
  if (input.nonce.length !== NONCE_BYTES) {
    throw new KeyringError(`a nonce has ${NONCE_BYTES} bytes, not ${input.nonce.length}`);
  }
  const cipher = createCipheriv("aes-256-gcm", key.bytes, input.nonce);
  cipher.setAAD(associatedData(input.address));
  const sealed = Buffer.concat([cipher.update(input.plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return [VERSION, key.id, base64url(input.nonce), base64url(sealed)].join(".");
}

function openWith(keys: ReadonlyMap<string, Key>, sealed: SealedSecret, address: SecretAddress): string {
  const [version, keyId, nonceText, sealedText, ...rest] = sealed.split(".");
  const nonce = Buffer.from(nonceText ?? "", "base64url");
  const bytes = Buffer.from(sealedText ?? "", "base64url");
  if (version !== VERSION || rest.length > 0 || nonce.length !== NONCE_BYTES || bytes.length < TAG_BYTES) {
    throw new SealedSecretError(
      "malformed",
      `the sealed secret of ${nameOf(address)} is not in the form v1.<key>.<nonce>.<text>`,
    );
  }
  const key = keys.get(keyId ?? "");
  if (key === undefined) {
    throw new SealedSecretError(
      "wrong_key",
      `the secret of ${nameOf(address)} was sealed with another key: give that key as ENCRYPTION_KEY or ENCRYPTION_KEY_PREVIOUS`,
    );
  }
  try {
    const decipher = createDecipheriv("aes-256-gcm", key.bytes, nonce);
    decipher.setAAD(associatedData(address));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]).toString("utf8");
  } catch {
    throw new SealedSecretError(
      "tampered",
      `the sealed secret of ${nameOf(address)} was changed, or belongs elsewhere: set it again`,
    );
  }
}

function fingerprintWith(key: Key, text: string): string {
  return `h1.${key.id}.${createHmac("sha256", key.fingerprintKey).update(text, "utf8").digest("base64url")}`;
}

function nameOf(address: SecretAddress): string {
  return `${address.object}, field ${address.field},`;
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
