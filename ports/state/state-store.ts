/** The state store port: what processing remembers between events, shared by all processors and workers. */
import type { Position } from "@datafly-signal/core";

/** A state as it was before the record at `position`, or undefined when there was none. */
export type StateValue = Uint8Array | undefined;

export interface StateWrite {
  key: string;
  value: Uint8Array;
  /** The record that made the value; of several in a batch the last. */
  position: Position;
  /**
   * When several records of one batch touched the key: the offset of the first of them. The value before that one is
   * what reprocessing the batch must see. Equal keys in one call say the same without it.
   */
  since?: number;
}

export interface TokenRequest {
  /** One bucket an integration. */
  bucket: string;
  /** Requests a second. */
  rps: number;
  burst: number;
  /** Requests a UTC day; 0 is no limit. */
  daily: number;
  want: number;
  /** Wall clock, epoch milliseconds. */
  now: number;
}

export interface TokenLease {
  /** How many of the wanted tokens were given, 0 … want. */
  granted: number;
  /** When `granted` is less than wanted: how long until one more may be given, in milliseconds. */
  waitMs: number;
}

export interface StateStore {
  /**
   * Tells of each key whether this is its first sight within the window. A key seen again at the same position is not
   * a duplicate, so that reprocessing after a crash is harmless. Of equal keys in one call the first wins.
   * Durable before the commit that depends on it.
   * @param keys 12 bytes each: the start of SHA-256(pipelineId, messageId)
   * @param now wall clock, epoch milliseconds: chooses the hourly bucket
   */
  firstSeen(keys: readonly Uint8Array[], positions: readonly Position[], now: number): Promise<boolean[]>;
  /**
   * The states as the record at `position` must see them: a state written at or after that position of the same
   * partition answers with its previous value. All keys of one call are asked for the same partition.
   */
  read(keys: readonly string[], positions: readonly Position[]): Promise<StateValue[]>;
  /** Writes states, keeping the value before each `position`. Of equal keys in one call the last wins. */
  write(entries: readonly StateWrite[]): Promise<void>;
  /** Takes up to `want` tokens from a bucket; what is given is spent. Daily counts survive restarts. */
  lease(request: TokenRequest): Promise<TokenLease>;
  /** Plain records: configuration revisions, totals, indexes, until the database holds them. */
  records: RecordTable;
  close(): Promise<void>;
}

/** A small ordered table of records, by text key. */
export interface RecordTable {
  get(key: string): Promise<Uint8Array | undefined>;
  /** All or nothing; a null value removes. */
  put(entries: readonly (readonly [key: string, value: Uint8Array | null])[]): Promise<void>;
  /** Keys with the prefix in order, after `after` (exclusive) when given. */
  list(options: { prefix: string; after?: string; limit: number }): Promise<[key: string, value: Uint8Array][]>;
}

export type StateErrorCode = "state_full" | "write_failed" | "closed";

/** A fault of the state store, by code; nothing of the call was kept. */
export class StateError extends Error {
  readonly code: StateErrorCode;
  constructor(code: StateErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StateError";
    this.code = code;
  }
}
