/** What differs between samples of one event: the same seed, the same sample. */
import { fnv1a } from "../fnv1a.ts";

/** Nothing for the sample that documentation shows. */
export type SampleSeed = string | number | undefined;

/** A whole number from 0 to below `limit`; 0 without a seed. `salt` says what it is for. */
export function sampleNumber(seed: SampleSeed, salt: string, limit: number): number {
  return seed === undefined ? 0 : hash(`${salt} ${seed}`) % limit;
}

/** A UUID of version 4 by its form. */
export function sampleUuid(seed: SampleSeed, salt: string): string {
  const hex = [0, 1, 2, 3]
    .map((part) =>
      hash(`${salt} ${part} ${seed ?? ""}`)
        .toString(16)
        .padStart(8, "0"),
    )
    .join("");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20)].join("-");
}

/** FNV-1a over 32 bits, its bits mixed once more, since neighbouring seeds differ in the last ones only. */
function hash(text: string): number {
  const plain = fnv1a(text);
  const sum = Math.imul(plain ^ (plain >>> 16), 0x85ebca6b);
  return (sum ^ (sum >>> 13)) >>> 0;
}
