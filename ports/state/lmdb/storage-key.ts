import { createHash } from "node:crypto";

/** LMDB bounds its keys; longer ones keep their start, for their order, and end in a hash. */
const MAX_BYTES = 1000;
const KEPT_BYTES = 900;
const ESCAPE = 0xff;

/** The bytes a text key is stored under; `long` when the text itself cannot be read from them. */
export function storageKey(text: string): { key: Buffer; long: boolean } {
  // No key of LMDB is empty; the byte never stands in UTF-8.
  if (text === "") return { key: Buffer.from([0]), long: true };
  const bytes = Buffer.from(text);
  if (bytes.byteLength <= MAX_BYTES) return { key: bytes, long: false };
  const hash = createHash("sha256").update(bytes).digest();
  return { key: Buffer.concat([bytes.subarray(0, KEPT_BYTES), Buffer.from([ESCAPE]), hash]), long: true };
}
