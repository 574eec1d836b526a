/** One attempt at a batch: the requests that the connector made of it, and how its deliveries are spread over them. */
import { hash } from "node:crypto";
import type { AttemptFacts, VendorOutcome, VendorRequest } from "@datafly-signal/core";
import type { Attempt, Batch, Entry, Lane, PartFailure, PartState, PendingRequest } from "./lane.ts";
import type { LanePlan } from "./lane-plan.ts";
import type { CarriedToken } from "./vendor-tokens.ts";

export interface BuiltAttempt {
  attempt: Attempt;
  requests: PendingRequest[];
  /** Deliveries that are in no request, with the connector's reason. */
  refused: { entry: Entry; reason: string }[];
}

/** The id of a batch: made of its deliveries, so that it is the same in every try and in no other batch. */
export function batchId(entries: readonly Entry[]): string {
  return hash("sha256", entries.map(({ delivery }) => delivery.deliveryId).join("\n"), "hex").slice(0, 32);
}

/** A fault of a connector: a request that covers a delivery which is not in the batch. */
class CoverageError extends Error {
  constructor(index: number, count: number) {
    super(`A request covers delivery ${index} of a batch of ${count}.`);
    this.name = "CoverageError";
  }
}

/** Makes the id only when the connector asks for it. */
class BatchFacts implements AttemptFacts {
  readonly now: number;
  declare readonly token?: string;
  readonly #entries: readonly Entry[];
  #id: string | null = null;

  constructor(now: number, entries: readonly Entry[], token: CarriedToken | null) {
    this.now = now;
    if (token !== null) this.token = token.held.value;
    this.#entries = entries;
  }

  get batchId(): string {
    this.#id ??= batchId(this.#entries);
    return this.#id;
  }
}

export interface AttemptOptions {
  lane: Lane;
  plan: LanePlan;
  probe: boolean;
  /** What the requests are to carry. */
  token: CarriedToken | null;
}

/** Has the connector build a batch's requests. @param now wall clock. Throws what the connector throws. */
export function buildAttempt(batch: Batch, options: AttemptOptions, now: number): BuiltAttempt {
  const { entries, refreshed, prepared } = batch;
  const { lane, plan, probe, token } = options;
  const built = plan.plan.build(
    entries.map(({ delivery }) => delivery),
    new BatchFacts(now, entries, token),
  );
  const hidden = token?.hidden ?? plan.secrets;
  const sent = { startedAt: now, requestsLeft: 0, parts: null };
  const attempt: Attempt = { lane, plan, entries, probe, refreshed, prepared, ...sent, token, hidden };
  const refused = built.refused.flatMap(({ index, reason }) => {
    const entry = entries[index];
    return entry === undefined ? [] : [{ entry, reason }];
  });
  const [only] = built.requests;
  // Deliveries with parts done are always sent alone.
  const resumed = doneBefore(batch, entries[0]).length > 0;
  if (built.requests.length === 1 && only !== undefined && !resumed && coversAll(only, entries.length)) {
    attempt.requestsLeft = 1;
    return { attempt, requests: [{ attempt, request: only, ordinals: null }], refused };
  }
  return spread(batch, attempt, { made: built.requests, refused });
}

function doneBefore({ doneParts }: Pick<Batch, "doneParts">, entry: Entry | undefined): readonly number[] {
  return doneParts ?? entry?.parked?.doneParts ?? [];
}

function coversAll({ covers }: VendorRequest, count: number): boolean {
  return covers.length === count && covers.every((index, at) => index === at);
}

/** The general case: finds out which delivery is in which requests, and leaves out parts that were done before. */
function spread(
  batch: Batch,
  attempt: Attempt,
  { made, refused }: { made: readonly VendorRequest[]; refused: BuiltAttempt["refused"] },
): BuiltAttempt {
  const { entries } = attempt;
  const parts = entries.map((entry): PartState => ({
    total: 0,
    open: 0,
    done: [...doneBefore(batch, entry)],
    failed: null,
  }));
  const requests: PendingRequest[] = [];
  for (const request of made) {
    const ordinals = request.covers.map((index) => {
      const part = parts[index];
      if (part === undefined) throw new CoverageError(index, entries.length);
      part.total += 1;
      return part.total - 1;
    });
    const isDone = request.covers.every((index, at) => parts[index]?.done.includes(ordinals[at] ?? -1) ?? true);
    if (isDone) continue;
    for (const index of request.covers) addOpen(parts[index]);
    requests.push({ attempt, request, ordinals });
  }
  attempt.requestsLeft = requests.length;
  if (parts.some(({ total }) => total > 1) || parts.some(({ done }) => done.length > 0)) attempt.parts = parts;
  const known = new Set(refused.map(({ entry }) => entry));
  const left = entries.filter((entry, index) => parts[index]?.total === 0 && !known.has(entry));
  return {
    attempt,
    requests,
    refused: [...refused, ...left.map((entry) => ({ entry, reason: "The connector made no request of it." }))],
  };
}

function addOpen(part: PartState | undefined): void {
  if (part !== undefined) part.open += 1;
}

const WEIGHT: Readonly<Record<VendorOutcome["kind"], number>> = {
  delivered: 0,
  refresh: 1,
  prepare: 2,
  retry: 3,
  throttle: 4,
  reject: 5,
  misconfigured: 6,
};

/** Adds one request's outcome to a spread delivery; true when it was the last one awaited. */
export function addPart(part: PartState, ordinal: number, answer: PartFailure): boolean {
  part.open -= 1;
  if (answer.outcome.kind === "delivered") part.done.push(ordinal);
  else if (part.failed === null || WEIGHT[answer.outcome.kind] > WEIGHT[part.failed.outcome.kind]) part.failed = answer;
  return part.open === 0;
}
