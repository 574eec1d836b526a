/** Time as an argument: waits use the monotonic clock, stamps the wall clock. */
export interface Clock {
  /** Wall clock, epoch milliseconds. */
  wall(): number;
  /** Milliseconds since some fixed moment; never steps back. */
  monotonic(): number;
  /** Calls `run` once after `ms` of the monotonic clock; the answer cancels it. Does not keep the process alive by itself. */
  after(ms: number, run: () => void): () => void;
}
