/** What exists at a simulated vendor: credentials, objects, what was accepted so far, and how it misbehaves next. */
import type { SimulatedRequest } from "./simulated-request.ts";

/** A key, token or client that a request may carry. */
export interface Credential {
  /** As the vendor calls it: `access_token`, `api_secret`, `client`, … */
  kind: string;
  value: string;
  scopes: readonly string[];
  /** Ids of the objects it may write to; `*` is all of them. */
  reaches: readonly string[];
  /** Epoch milliseconds; left out where it does not end. */
  expiresAt?: number;
  isRevoked?: boolean;
  /** What else the vendor knows of it, as in `{ client_secret: "…" }`. */
  facts?: Readonly<Record<string, string>>;
}

/** A pixel, dataset, account, conversion action, … */
export interface VendorObject {
  /** As the vendor calls it. */
  kind: string;
  id: string;
  facts?: Readonly<Record<string, unknown>>;
}

/** One event that the vendor took, in the order of arrival. Duplicates are kept and marked, they do not count twice. */
interface AcceptedEvent {
  /** The object it was written to. */
  scope: string;
  name: string;
  /** What the vendor knows copies by; null: it cannot. */
  dedupeKey: string | null;
  payload: unknown;
  receivedAt: number;
  isDuplicate: boolean;
  /** Went to the vendor's test mode and counts nowhere. */
  isTest: boolean;
}

/**
 * What the vendor does instead of its work, once each:
 * `error` 500, `unavailable` 503 with Retry-After and `throttled` in the vendor's own shapes; `timeout` no answer at all; `reset` the
 * connection ends without one; `truncated` the real answer, cut in the middle of its JSON; `html` a proxy's page, status 502.
 */
export type Misbehaviour =
  | { kind: "error" | "timeout" | "reset" | "truncated" | "html" }
  | { kind: "unavailable" | "throttled"; retryAfterSeconds?: number };

export interface World {
  /** The vendor's clock, epoch milliseconds. */
  now(): number;
  credentials: Credential[];
  objects: VendorObject[];
  readonly accepted: AcceptedEvent[];
  /** What the vendor would only show in its own tools: an event it took and will not use, or uses with less effect. */
  readonly warnings: string[];
  readonly requests: SimulatedRequest[];
  /** The next answers, one a request, after those already waiting; what `takeNext` has used up is gone. */
  next(...misbehaviours: readonly (Misbehaviour | Misbehaviour["kind"])[]): void;
  takeNext(): Misbehaviour | null;
  credential(kind: string, value: string): Credential | null;
  object(kind: string, id: string): VendorObject | null;
  /** Notes an event; a copy of one with the same scope and key within the window is marked as such. */
  record(event: Omit<AcceptedEvent, "isDuplicate">, dedupeWindowMs?: number): AcceptedEvent;
  /** Events that count: no duplicates, no tests. */
  counted(): AcceptedEvent[];
  /** 1, 2, 3, …: ids in answers without chance. */
  nextNumber(): number;
}

/** An empty world. @param now the vendor's clock, epoch milliseconds */
export function createWorld(now: () => number, filled: Partial<Pick<World, "credentials" | "objects">> = {}): World {
  const queue: Misbehaviour[] = [];
  const accepted: AcceptedEvent[] = [];
  let number = 0;
  return {
    now,
    credentials: [...(filled.credentials ?? [])],
    objects: [...(filled.objects ?? [])],
    accepted,
    warnings: [],
    requests: [],
    next(...misbehaviours) {
      queue.push(...misbehaviours.map((one) => (typeof one === "string" ? { kind: one } : one)));
    },
    takeNext: () => queue.shift() ?? null,
    credential(kind, value) {
      return this.credentials.find((one) => one.kind === kind && one.value === value) ?? null;
    },
    object(kind, id) {
      return this.objects.find((one) => one.kind === kind && one.id === id) ?? null;
    },
    record(event, dedupeWindowMs = Infinity) {
      const isDuplicate =
        event.dedupeKey !== null && accepted.some((earlier) => isCopy(event, earlier, dedupeWindowMs));
      const kept = { ...event, isDuplicate };
      accepted.push(kept);
      return kept;
    },
    counted: () => accepted.filter((event) => !event.isDuplicate && !event.isTest),
    nextNumber: () => ++number,
  };
}

function isCopy(event: Omit<AcceptedEvent, "isDuplicate">, earlier: AcceptedEvent, windowMs: number): boolean {
  return (
    !earlier.isDuplicate &&
    earlier.isTest === event.isTest &&
    earlier.scope === event.scope &&
    earlier.dedupeKey === event.dedupeKey &&
    event.receivedAt - earlier.receivedAt <= windowMs
  );
}
