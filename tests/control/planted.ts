/** Secrets that are planted, every spelling they could leak in, and where one was found. */
import { randomBytes } from "node:crypto";

/** By name, in the order in which they were planted. */
export type Plants = Map<string, string>;

/** Characters that differ in URLs, JSON and base64; of a header's value all but the quote may be part. */
export function plantIn(plants: Plants): (name: string, marks?: string) => string {
  return (name, marks = "/+=") => {
    const value = `Pl4nt${marks.slice(0, 1)}${randomBytes(18).toString("hex")}${marks.slice(1)}x`;
    plants.set(name, value);
    return value;
  };
}

export interface Place {
  name: string;
  bytes: Buffer;
  /** Secrets that are meant to be shown here. */
  shows?: readonly string[];
}

/** `<secret> as <spelling> in <place>`, for all that were found. */
export function foundIn(places: readonly Place[], plants: Plants): string[] {
  const found: string[] = [];
  for (const [secret, value] of plants) {
    for (const [spelling, text] of spellings(value)) {
      const bytes = Buffer.from(text);
      for (const place of places) {
        if (place.shows?.includes(secret) === true) continue;
        const at = place.bytes.indexOf(bytes);
        if (at >= 0) found.push(`${secret} as ${spelling} in ${place.name}: ${around(place.bytes, at, bytes.length)}`);
      }
    }
  }
  return found;
}

function around(bytes: Buffer, at: number, length: number): string {
  const text = bytes.subarray(Math.max(0, at - 60), at + length + 40).toString("latin1");
  return text.replace(/[^\x20-\x7e]/g, ".");
}

function spellings(value: string): Map<string, string> {
  const bytes = Buffer.from(value);
  const hex = bytes.toString("hex");
  // All JSON web tokens begin alike.
  const parts = value.startsWith("eyJ") ? [] : [["its beginning", value.slice(0, 24)] as const];
  return new Map([
    ["itself", value],
    ...parts,
    ["its end", value.slice(-24)],
    ["JSON", JSON.stringify(value).slice(1, -1)],
    ["a URL's", encodeURIComponent(value)],
    ["a URL's in small letters", encodeURIComponent(value).replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())],
    ["a form's", new URLSearchParams({ v: value }).toString().slice(2)],
    ["hex", hex],
    ["hex in capitals", hex.toUpperCase()],
    ...[0, 1, 2].flatMap((before): [string, string][] => [
      [`base64 after ${before} bytes`, base64Within(bytes, before, "base64")],
      [`base64url after ${before} bytes`, base64Within(bytes, before, "base64url")],
    ]),
  ]);
}

/** What of its base64 does not depend on what stands around it. */
function base64Within(bytes: Buffer, before: number, encoding: "base64" | "base64url"): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString(encoding);
  const whole = Math.floor(((before + bytes.length) * 8) / 6);
  return text.slice(Math.ceil((before * 8) / 6), whole);
}
