/** Random ids. */

/**
 * A UUID v4; `randomByte` gives 0 to 255. Not `crypto.randomUUID`: pages without https do not have it.
 */
export function uuidV4(randomByte: () => number): string {
  // 1 and 0 stand for any digit, 8 for one of 8, 9, a and b.
  return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (Number(digit) ^ (randomByte() & (15 >> (Number(digit) / 4)))).toString(16),
  );
}
