/** Identifiers made at random or by time: the composition root's to give. */
import { randomBytes, randomUUID } from "node:crypto";

/** UUID v4 (RFC 9562 §5.4). */
export function uuidV4(): string {
  return randomUUID();
}

let pool = randomBytes(0);
let used = 0;

function tenRandomBytes(): Buffer {
  if (used + 10 > pool.length) {
    pool = randomBytes(4096);
    used = 0;
  }
  used += 10;
  return pool.subarray(used - 10, used);
}

/** UUID v7 (RFC 9562 §5.7) of the wall clock. */
export function uuidV7(): string {
  const time = Date.now().toString(16).padStart(12, "0");
  const random = tenRandomBytes();
  const hex = random.toString("hex");
  const variant = ((random[2] ?? 0) & 0x3f) | 0x80;
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(1, 4)}-${variant.toString(16)}${hex.slice(6, 8)}-${hex.slice(8, 20)}`;
}
