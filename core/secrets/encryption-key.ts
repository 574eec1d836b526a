/** The text forms of `ENCRYPTION_KEY`: 64 hexadecimal digits, or base64 of 32 bytes. */

const KEY_BYTES = 32;
const HEX = /^[0-9a-f]{64}$/i;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/** The 32 bytes of the key, or undefined when the text is in neither form. */
export function parseEncryptionKey(text: string): Uint8Array | undefined {
  if (HEX.test(text)) return Uint8Array.from(Buffer.from(text, "hex"));
  if (!BASE64.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64");
  return bytes.length === KEY_BYTES ? Uint8Array.from(bytes) : undefined;
}
