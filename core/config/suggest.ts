/** "Did you mean": what to say about a word that is none of the known ones. */
import { nearest } from "../mapping/suggest.ts";

/** `Did you mean "x"?`, else the whole choice. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  if (near !== undefined) return `Did you mean "${near}"?`;
  if (known.length === 0) return "There is none yet to choose from.";
  const shown = known.slice(0, 12).join(", ");
  return known.length > 12 ? `Known are ${shown} and ${known.length - 12} more.` : `Known: ${shown}.`;
}
