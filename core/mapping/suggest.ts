/** "Did you mean": the nearest known word to a misspelt one. */

/** Edits (insert, delete, replace, swap of neighbours) between two words. */
function distance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      const replaced = (previous[column - 1] ?? 0) + (same ? 0 : 1);
      let best = Math.min((previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, replaced);
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) best = Math.min(best, (beforePrevious[column - 2] ?? 0) + 1);
      current.push(best);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}

/** So much of a word's begin tells which one is meant. */
const MIN_BEGIN = 4;

/** The nearest candidate within a third of the word's length (at most three edits), else one that begins with it; undefined when none is near. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > 64) return undefined;
  const limit = Math.min(3, Math.max(1, Math.floor(word.length / 3)));
  const plain = word.toLowerCase().replaceAll("-", "_");
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    if (best === undefined && plain.length >= MIN_BEGIN && candidate.toLowerCase().startsWith(plain)) best = candidate;
    if (Math.abs(candidate.length - word.length) > limit) continue;
    const edits = distance(plain, candidate.toLowerCase());
    if (edits < bestDistance) [best, bestDistance] = [candidate, edits];
  }
  return best;
}

/** The sentence that ends a fault's message, empty when nothing is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const found = nearest(word, candidates);
  return found === undefined ? "" : ` Did you mean ${found}?`;
}
