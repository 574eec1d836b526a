/** The memory of one integration's deliveries: an equal share, so that a vendor that stands still never takes the others' room. */

/** Less would make many small reads of a topic. */
const LEAST = 1_048_576;

/** Bytes. @param all of all integrations together */
export function memoryShare(all: number, integrations: number): number {
  return Math.max(Math.min(all, LEAST), Math.floor(all / Math.max(1, integrations)));
}
