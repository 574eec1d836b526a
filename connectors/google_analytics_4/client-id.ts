/** Who the client is, in the form that Google asks for: two positive numbers with a dot between them. */
import { createHash } from "node:crypto";
import type { JsonObject } from "@datafly-signal/core";

const NUMBERS = /^[1-9]\d*\.[1-9]\d*$/;
/** The value of the cookie `_ga`: a version and the depth of its domain stand before the id. */
const COOKIE = /^GA\d+\.[\d-]+\.(\d+\.\d+)$/;

/**
 * The id as it is sent. One of Google's own is taken out of its cookie and else left alone. The visitor's id of the product,
 * where nothing better is known, becomes two numbers that are always the same for this visitor.
 */
export function clientId(id: string, { anonymousId, userId }: JsonObject): string {
  const inCookie = COOKIE.exec(id)?.[1];
  if (inCookie !== undefined) return inCookie;
  if (NUMBERS.test(id) || (id !== anonymousId && id !== userId)) return id;
  return numbersOf(id);
}

export function isInNumbers(id: string): boolean {
  return NUMBERS.test(id);
}

/** The first 8 bytes of the SHA-256 as two numbers of 4 bytes each, neither of them 0. */
function numbersOf(id: string): string {
  const digest = createHash("sha256").update(id).digest();
  return [digest.readUInt32BE(0), digest.readUInt32BE(4)].map((number) => Math.max(1, number)).join(".");
}
