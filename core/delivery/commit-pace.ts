/** How long, and how many, completions wait for the next commit of the ledger: what is not committed is sent again after a crash. */

const SHORTEST_MS = 8;
/** Commits then take a third of the time at most. */
const GAP_FACTOR = 2;
/** Completions without a commit: a few windows' worth, and while a backlog lasts what a slow commit lets gather. */
const FEW = 32;
const MOST = 4_096;

export interface CommitFacts {
  /** How long the last commit took, in milliseconds. */
  lastMs: number;
  /** A backlog lasts somewhere: few commits, each with many completions, leave the disk to the others. */
  lasting: boolean;
  /** The longest gap, in milliseconds. */
  longestMs: number;
}

/** From the end of one commit to the start of the next, in milliseconds. */
export function commitGap({ lastMs, lasting, longestMs }: CommitFacts): number {
  return lasting ? longestMs : Math.min(Math.max(SHORTEST_MS, GAP_FACTOR * lastMs), longestMs);
}

/** Whether more may be sent while so many completions are not committed; each request sent may add to them. */
export function mayGoAhead(uncommitted: number, lasting: boolean): boolean {
  return uncommitted < (lasting ? MOST : FEW);
}
