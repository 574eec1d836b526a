/** The state store in the data folder: LMDB, shared by the threads of one process. */
import { openEnvironments } from "../../lmdb-environments.ts";
import { DEDUPE_WINDOW_MS } from "../dedupe-window.ts";
import { type StateStore, type TokenLease, type TokenRequest, StateError } from "../state-store.ts";
import { type TokenBucket, grantable, leaseOf, refill } from "../token-bucket.ts";
import { type DailyCounters, dailyCounters } from "./daily-counters.ts";
import { dedupe } from "./dedupe.ts";
import { recordTable } from "./record-table.ts";
import { commitState } from "./state-commit.ts";
import { visitorStates } from "./visitor-states.ts";

export interface LmdbStateOptions {
  /** The data folder; the state is in its `work` environment, beside the log. */
  directory: string;
  /** How long a key is remembered at least, in milliseconds. Default 24 hours. */
  dedupeWindowMs?: number;
  /** How many keys are remembered at most (62–73 bytes each on disk, 10 bits in memory). Default 50 million. */
  dedupeMaxKeys?: number;
  /**
   * First sights and states wait in memory for this thread's next transaction on the folder, by the log or the state,
   * and are durable together with it: one flush a batch instead of three. Only for the one thread that processes
   * events: another would not see what waits. Default false.
   */
  staged?: boolean;
}

export interface LmdbState extends StateStore {
  /**
   * How far back a key is surely remembered, in milliseconds; less than the window for as long as the bound on keys has
   * shortened it. Known after the first `firstSeen`.
   */
  dedupeWindowMs(): number;
  /** Resolves when no bucket's filter is being built; lookups are right meanwhile, only slower. */
  filtersReady(): Promise<void>;
}

const DEFAULT_MAX_KEYS = 50_000_000;

/** Opens the state store; every thread opens it for itself. */
export function openLmdbState(options: LmdbStateOptions): LmdbState {
  const environments = openEnvironments(options.directory);
  const { work } = environments;
  const staged = options.staged ?? false;
  const bounds = {
    windowMs: options.dedupeWindowMs ?? DEDUPE_WINDOW_MS,
    maxKeys: options.dedupeMaxKeys ?? DEFAULT_MAX_KEYS,
  };
  const seen = dedupe(work, bounds, staged);
  const states = visitorStates(work, staged);
  const counters = dailyCounters(work);
  const lease = tokenLeases(counters);
  const records = recordTable(work);
  let closed = false;

  function open<T>(run: () => T): T {
    if (closed) throw new StateError("closed", "The state store is closed.");
    return run();
  }

  return {
    firstSeen: async (keys, positions, now) => open(() => seen.firstSeen(keys, positions, now)),
    read: async (keys, positions) => open(() => states.read(keys, positions)),
    write: async (entries) => open(() => states.write(entries)),
    lease: async (request) => open(() => lease(request)),
    records: {
      get: async (key) => open(() => records.get(key)),
      put: async (entries) => open(() => records.put(entries)),
      list: async (range) => open(() => records.list(range)),
    },
    dedupeWindowMs: () => seen.windowMs(),
    filtersReady: () => seen.filtersReady(),
    async close() {
      if (closed) return;
      closed = true;
      if (staged) commitState(work, () => undefined);
      states.close();
      seen.close();
      await seen.filtersReady();
      counters.close();
      await environments.release();
    },
  };
}

function tokenLeases(counters: DailyCounters): (request: TokenRequest) => TokenLease {
  const buckets = new Map<string, TokenBucket>();
  return (request) => {
    const bucket = refill(buckets.get(request.bucket), request);
    const possible = grantable(bucket.tokens, Infinity, request);
    const granted = request.daily > 0 ? counters.take(request, possible) : possible;
    const tokens = bucket.tokens - granted;
    buckets.set(request.bucket, { tokens, at: bucket.at });
    return leaseOf(granted, tokens, granted < possible ? granted : Infinity, request);
  };
}
