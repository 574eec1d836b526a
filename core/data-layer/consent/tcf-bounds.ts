/** How many vendors the core segment of a TC string names, read before it is decoded: a few characters can name millions. */

/** Bits before the vendors: version, times, CMP, language, lists, flags, purposes, country; IAB TCF v2, "The Core String". */
const BITS_BEFORE_VENDORS = 213;
const ID = 16;
const COUNT = 12;
/** Purpose and kind of a publisher restriction. */
const RESTRICTION = 8;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const CODES = new Map([...ALPHABET].map((character, code) => [character, code]));

/** Vendor ids that decoding would write down, `limit` when there are at least as many; null when the text is cut short. */
export function countVendors(core: string, limit: number): number | null {
  const reader = { core, at: BITS_BEFORE_VENDORS, found: 0, limit };
  if (!countList(reader) || !countList(reader)) return null;
  const restrictions = read(reader, COUNT);
  if (restrictions === null) return null;
  for (let index = 0; index < restrictions && reader.found < limit; index += 1) {
    reader.at += RESTRICTION;
    if (!countRanges(reader)) return null;
  }
  return Math.min(reader.found, limit);
}

interface Reader {
  core: string;
  /** In bits. */
  at: number;
  found: number;
  limit: number;
}

function countList(reader: Reader): boolean {
  const highest = read(reader, ID);
  const inRanges = read(reader, 1);
  if (highest === null || inRanges === null) return false;
  if (inRanges === 1) return countRanges(reader);
  reader.at += highest;
  reader.found += highest;
  return true;
}

function countRanges(reader: Reader): boolean {
  const entries = read(reader, COUNT);
  if (entries === null) return false;
  for (let index = 0; index < entries && reader.found < reader.limit; index += 1) {
    const isRange = read(reader, 1);
    const first = read(reader, ID);
    const last = isRange === 1 ? read(reader, ID) : first;
    if (isRange === null || first === null || last === null) return false;
    reader.found += Math.max(1, last - first + 1);
  }
  return true;
}

function read(reader: Reader, bits: number): number | null {
  let value = 0;
  for (let index = 0; index < bits; index += 1, reader.at += 1) {
    const code = CODES.get(reader.core.charAt(Math.floor(reader.at / 6)));
    if (code === undefined) return null;
    value = value * 2 + ((code >> (5 - (reader.at % 6))) & 1);
  }
  return value;
}
