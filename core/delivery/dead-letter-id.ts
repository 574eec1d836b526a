/** Ids of dead letters: sorted by time, and never two for one delivery in one millisecond. */
import { hash } from "node:crypto";
import type { Position } from "./delivery.ts";

const BASE32 = "0123456789abcdefghjkmnpqrstvwxyz";
const TIME_LENGTH = 10;
const HASH_LENGTH = 16;

/**
 * `dl_` and 26 characters of base32: ten of the time, sixteen of SHA-256 over topic and position.
 * @param time wall clock of the moment it was given up, epoch milliseconds
 */
export function deadLetterId(topic: string, position: Position, time: number): string {
  const digest = hash("sha256", `${topic}/${position.partition}/${position.offset}`, "buffer");
  let random = "";
  for (const byte of digest.subarray(0, HASH_LENGTH)) random += BASE32[byte & 31];
  return `dl_${base32Time(time)}${random}`;
}

function base32Time(time: number): string {
  let rest = Math.max(0, Math.floor(time));
  let text = "";
  for (let index = 0; index < TIME_LENGTH; index += 1) {
    text = BASE32[rest % 32] + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
