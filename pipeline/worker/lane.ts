/** The state of one lane in memory: what waits, what is under way, and whether it may send. */
import {
  type Circuit,
  CLOSED_CIRCUIT,
  type DeliveryRecord,
  type DeliveryTimes,
  FIRST_WINDOW,
  type IntegrationConfig,
  type LaneConfig,
  type LaneRef,
  type SendWindow,
  type VendorOutcome,
  type VendorRequest,
} from "@datafly-signal/core";
import { Deque } from "./deque.ts";
import type { LanePlan } from "./lane-plan.ts";
import type { Parked, PartitionLedger } from "./partition-ledger.ts";
import type { CarriedToken, TokenLease } from "./vendor-tokens.ts";

/** Deliveries that wait in memory for a lane that is not batching. */
const QUEUE_ROOM = 2_048;

/** A delivery in memory, ready to be sent. */
export interface Entry {
  readonly home: PartitionLedger;
  readonly offset: number;
  readonly delivery: DeliveryRecord;
  readonly times: DeliveryTimes;
  /** What it is counted as, in bytes of memory. */
  readonly bytes: number;
  /** What it adds to a request's body, in bytes: its record's size, measured better where a batch's bytes count. */
  size: number;
  /** Monotonic clock, milliseconds. */
  readonly arrivedAt: number;
  /** Its entry in the ledger when it waited there before. */
  readonly parked: Parked | null;
}

/** Deliveries that are sent together, as they are. */
export interface Batch {
  entries: Entry[];
  /** It is the repetition after a token was renewed. */
  refreshed: boolean;
  /** It is the repetition after the vendor was prepared. */
  prepared: boolean;
  /** Of one delivery's repetition: its parts that the vendor has accepted. Left out, the ledger's hold. */
  doneParts?: readonly number[];
}

/** A batch on its way to the vendor, in one request or in several. */
export interface Attempt {
  lane: Lane;
  plan: LanePlan;
  entries: readonly Entry[];
  probe: boolean;
  refreshed: boolean;
  prepared: boolean;
  /** Wall clock, epoch milliseconds. */
  startedAt: number;
  /** Requests without an answer yet. */
  requestsLeft: number;
  /** By entry, when one delivery goes out in several requests; null when each is in one. */
  parts: PartState[] | null;
  /** What its requests carry; null where the plan has none. */
  token: CarriedToken | null;
  /** What must not be seen in details and excerpts: the plan's secrets, and the token. */
  hidden: readonly string[];
}

/** A delivery spread over several requests. */
export interface PartState {
  /** Requests that cover it. */
  total: number;
  /** Those without an answer yet. */
  open: number;
  /** Those the vendor accepted, now or in an earlier try, by their order. */
  done: number[];
  /** What weighs most among those it did not accept. */
  failed: PartFailure | null;
}

export interface PartFailure {
  outcome: VendorOutcome;
  status: number | null;
  body: string | null;
}

/** A request that is built and not yet sent. `ordinals` say which part of each covered delivery it is. */
export interface PendingRequest {
  attempt: Attempt;
  request: VendorRequest;
  ordinals: number[] | null;
}

/** Parked deliveries that become due together. */
export interface ParkedBatch {
  lane: Lane;
  members: Parked[];
  /** Monotonic clock, milliseconds. */
  dueAt: number;
}

export interface Lane {
  readonly ref: LaneRef;
  config: LaneConfig | null;
  integration: IntegrationConfig | null;
  plan: LanePlan | null;
  /** Where its requests carry a token: the share in it. */
  token: TokenLease | null;
  /** Why there is no plan. */
  fault: string | null;
  /** It left the configuration: whatever waits for it is dead-lettered. */
  gone: boolean;
  /** The highest snapshot number that its deliveries name, and since when (monotonic) a newer one than ours is awaited. */
  snapshotNeeded: number;
  awaitedSince: number | null;
  /** It was awaited in vain long enough: the lane sends with the snapshot there is. */
  awaitedEnough: boolean;
  /** Required consent by the revision that mapped a delivery. */
  readonly consent: Map<number, string[]>;
  circuit: Circuit;
  lastFault: string | null;
  /** Quiet until then: the vendor throttles. Monotonic clock, milliseconds. */
  pausedUntil: number;
  /** Fresh deliveries. */
  readonly queue: Deque<Entry>;
  /** Sum of `size` over the queue. */
  queueBytes: number;
  /** Batches in memory that go as they are: due retries, halves, repetitions. */
  readonly ready: Deque<Batch>;
  /** Requests of batches that need several. */
  readonly requests: Deque<PendingRequest>;
  /** Parked and due, not yet read again. */
  readonly due: Deque<ParkedBatch>;
  /** Held by position until the lane can take them: tries 0. */
  readonly held: Deque<Parked>;
  /** Parked after a try, least recently tried first. */
  readonly retrying: Set<Parked>;
  /** Parked deliveries are being read again. */
  loading: boolean;
  /** How many requests may be under way at once. */
  window: SendWindow;
  /** Requests and deliveries under way. */
  inFlight: number;
  flying: number;
  probing: boolean;
  /** Whether the poll under way may fill its queue; else new ones are held by position. */
  accepting: boolean;
}

export function createLane(ref: LaneRef): Lane {
  return {
    ref,
    config: null,
    integration: null,
    plan: null,
    token: null,
    fault: null,
    gone: false,
    snapshotNeeded: 0,
    awaitedSince: null,
    awaitedEnough: false,
    consent: new Map(),
    circuit: CLOSED_CIRCUIT,
    lastFault: null,
    pausedUntil: 0,
    queue: new Deque(),
    queueBytes: 0,
    ready: new Deque(),
    requests: new Deque(),
    due: new Deque(),
    held: new Deque(),
    retrying: new Set(),
    loading: false,
    window: FIRST_WINDOW,
    inFlight: 0,
    flying: 0,
    probing: false,
    accepting: true,
  };
}

export function enqueue(lane: Lane, entry: Entry): void {
  const batch = lane.plan?.plan.batch;
  if (batch !== undefined && batch.size > 1 && batch.size * entry.size > batch.bytes) {
    entry.size = payloadSize(entry) ?? entry.size;
  }
  lane.queueBytes += entry.size;
  lane.queue.push(entry);
}

function payloadSize({ delivery }: Entry): number | null {
  try {
    return Buffer.byteLength(JSON.stringify(delivery.payload)) + 1;
  } catch (error) {
    // Nested too deeply to be written; the connector will say so too.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

export function dequeue(lane: Lane): Entry | undefined {
  const entry = lane.queue.shift();
  if (entry !== undefined) lane.queueBytes -= entry.size;
  return entry;
}

/** How a lane may send now; a token that its requests carry it may still have to wait for. */
export type SendMode = "open" | "probe" | "blocked";

export function sendMode(lane: Lane, now: number): SendMode {
  if (lane.plan === null || lane.config === null || !lane.config.enabled || lane.awaitedSince !== null)
    return "blocked";
  if (lane.pausedUntil > now) return "blocked";
  if (lane.circuit.state === "closed") return "open";
  return !lane.probing && lane.circuit.probeAt <= now ? "probe" : "blocked";
}

/** Whether its requests carry a token, and there is none now. */
export function lacksToken({ token }: Lane, now: number): boolean {
  return token !== null && !token.cell.ready(now);
}

/** Whether nothing new can be sent for it now. */
export function isBlocked(lane: Lane, now: number): boolean {
  return lacksToken(lane, now) || sendMode(lane, now) === "blocked";
}

/** How many deliveries its queue should hold at most. */
export function queueRoom(lane: Lane): number {
  return Math.max(QUEUE_ROOM, 2 * (lane.plan?.plan.batch.size ?? 1));
}

/** Whether the lane wants more to be read from the topic. */
export function isHungry(lane: Lane): boolean {
  if (lane.gone) return true;
  if (lane.config?.enabled === false) return false;
  // Without a plan nothing can be sent, not even a probe: what waits stays in the topic.
  if (lane.config !== null && lane.plan === null) return false;
  if (lane.circuit.state !== "closed")
    return lane.retrying.size + lane.held.length + lane.queue.length + lane.ready.length === 0;
  return lane.held.length === 0 && lane.queue.length < queueRoom(lane);
}

/** Deliveries that wait to be tried for the first time, in memory or by position; what stands in the topic is not counted. */
export function waitingCount(lane: Lane): number {
  return lane.queue.length + lane.held.length;
}
