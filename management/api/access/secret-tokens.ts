/** Secrets that are given out once and kept as their SHA-256: refresh tokens, invitations, API tokens. */
import { createHash, timingSafeEqual } from "node:crypto";
import { crc32 } from "node:zlib";

/** As many random bytes; from a generator that is fit for secrets. */
export type Random = (size: number) => Uint8Array;

export const REFRESH_TOKEN_PREFIX = "dfs_rt_";
export const INVITATION_PREFIX = "dfs_inv_";
export const API_TOKEN_PREFIX = "dfs_pat_";

const SECRET_BYTES = 32;
const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 32 bytes are at most so many digits, 32 bits six. */
const SECRET_DIGITS = 43;
const CHECK_DIGITS = 6;
const SHOWN_DIGITS = 4;
/** One-time passwords are read aloud and typed: no 0, 1, i, l, o, u. */
const PASSWORD_LETTERS = "23456789abcdefghjkmnpqrstvwxyzACDEFGHJKLMNPQRSTVWXYZ";
const PASSWORD_GROUPS = 5;
const GROUP_LETTERS = 5;

/** `<prefix><43 base62 digits><6 of their CRC-32>`: a scanner can tell it from anything else without asking. */
export function newSecret(prefix: string, random: Random): string {
  const secret = base62(BigInt(`0x${Buffer.from(random(SECRET_BYTES)).toString("hex")}`), SECRET_DIGITS);
  return `${prefix}${secret}${checkOf(prefix + secret)}`;
}

/** Whether it may be one: it has the form, and its check digits are right. */
export function isSecret(prefix: string, token: string): boolean {
  const length = prefix.length + SECRET_DIGITS + CHECK_DIGITS;
  if (token.length !== length || !token.startsWith(prefix) || !/^\w+$/.test(token)) return false;
  return sameText(token.slice(-CHECK_DIGITS), checkOf(token.slice(0, -CHECK_DIGITS)));
}

/** The beginning of a token, by which people tell theirs apart; tells nothing of use. */
export function shownPart(prefix: string, token: string): string {
  return token.slice(0, prefix.length + SHOWN_DIGITS);
}

/** What is kept: of 256 random bits a plain hash cannot be turned back. */
export function hashOf(token: string): string {
  return createHash("sha256").update(token, "utf8").digest("hex");
}

/** For one sign-in: 140 bits as in `k7TQm-x3bHd-…`. */
export function newOneTimePassword(random: Random): string {
  const groups = Array.from({ length: PASSWORD_GROUPS }, () => letters(GROUP_LETTERS, random));
  return groups.join("-");
}

function letters(count: number, random: Random): string {
  const fair = 256 - (256 % PASSWORD_LETTERS.length);
  let text = "";
  while (text.length < count) {
    const [byte = 255] = random(1);
    if (byte < fair) text += PASSWORD_LETTERS.charAt(byte % PASSWORD_LETTERS.length);
  }
  return text;
}

function checkOf(text: string): string {
  return base62(BigInt(crc32(text)), CHECK_DIGITS);
}

function base62(value: bigint, digits: number): string {
  let text = "";
  for (let left = value; text.length < digits; left /= 62n) text = DIGITS.charAt(Number(left % 62n)) + text;
  return text;
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
