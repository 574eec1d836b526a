/** What was done with a dead letter after it was written: values of the compacted topic `dead-letter-states`, by `dl_…` id. */

/**
 * `open` is the state without an entry. `replaying` from the moment a replay is appended; `replayed` when that
 * replay was delivered, filtered, or became a dead letter of its own, which then points back by `replayOf`.
 */
export interface DeadLetterState {
  v: 1;
  state: "replaying" | "replayed" | "discarded";
  /** ISO time. */
  at: string;
}
