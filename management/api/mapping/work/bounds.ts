/** How much an answer holds at most. */

/** More faults than these help nobody. */
export const MAX_FAULTS = 200;
/** More sections than any mapping has that people write. */
export const MAX_SECTIONS = 1_000;
/** What a conversion says of a document's steps. */
export const MAX_NOTES = 1_000;
/** An expression's value, in characters and values. */
export const MAX_VALUE = 100_000;
