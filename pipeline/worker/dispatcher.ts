/** Sends what a lane may send now: chooses the batch, takes slot and token, has it built, and learns from the answer. */
import { afterLook, openSlots, type VendorOutcome, type VendorResponse, widensAt } from "@datafly-signal/core";
import { type Answer, settleAnswer } from "./answer.ts";
import { addPart, type AttemptOptions, buildAttempt, type BuiltAttempt } from "./attempt.ts";
import type { Backlog } from "./backlog.ts";
import { learn, whatItShowed } from "./circuit-lesson.ts";
import type { RunnerContext } from "./context.ts";
import type { SendResult } from "./http/sender.ts";
import {
  type Attempt,
  type Batch,
  lacksToken,
  type Lane,
  type PartFailure,
  type PendingRequest,
  type SendMode,
  sendMode,
} from "./lane.ts";
import { demandOf, hasBacklog, isRipe, takeBatch, takeProbe } from "./next-batch.ts";
import { needsPreparation, preparable, prepareVendor } from "./preparing.ts";
import { screen, settleDead, settleDelivered } from "./settle.ts";
import type { FailedToken } from "./token-request.ts";
import { answerForToken, awaitsToken } from "./token-wait.ts";
import { traceAnswer } from "./trace.ts";
import type { CarriedToken } from "./vendor-tokens.ts";

const UNSENT: SendResult = { kind: "failed", reason: "network", detail: "The request could not be sent." };

export interface DispatcherHooks {
  wakeAt(moment: number): void;
  /** A request came to its end. */
  onAnswered(): void;
}

export class Dispatcher {
  readonly #context: RunnerContext;
  readonly #backlog: Backlog;
  readonly #hooks: DispatcherHooks;
  #closing = false;

  constructor(context: RunnerContext, backlog: Backlog, hooks: DispatcherHooks) {
    this.#context = context;
    this.#backlog = backlog;
    this.#hooks = hooks;
  }

  /** From now on nothing new is sent; answers are still taken. */
  stopSending(): void {
    this.#closing = true;
  }

  /** Sends as much as the lane may, then sees to it that it is asked again. */
  pump(lane: Lane): void {
    if (this.#closing || !this.#context.committer.maySend) return;
    const now = this.#context.clock.monotonic();
    const mode = this.#sendAll(lane, now);
    const isHeldUp = awaitsToken(lane, mode, now);
    // What waits for a token needs one batch in memory, to answer for it.
    if (!isHeldUp || lane.ready.length + lane.queue.length === 0) this.#backlog.fill(lane, mode);
    this.#wakeFor(lane, now);
  }

  /** There is no token for the lane's requests. */
  tokenFailed(lane: Lane, failure: FailedToken): void {
    const { plan } = lane;
    if (plan === null || this.#closing || !this.#context.committer.maySend) return;
    const mode = sendMode(lane, this.#context.clock.monotonic());
    answerForToken(this.#context, this.#backlog, { lane, plan, mode, failure });
    this.pump(lane);
  }

  /** Ends the requests of a lane that has gone before they are sent. */
  abandon(lane: Lane): void {
    for (const pending of lane.requests.drain()) {
      const outcome: VendorOutcome = { kind: "reject", reason: "The integration was deleted." };
      lane.inFlight += 1;
      this.#take(
        pending,
        pending.request.covers.map(() => outcome),
        null,
      );
    }
  }

  /** Fills the lane's window, once more when it has become wider. */
  #sendAll(lane: Lane, now: number): SendMode {
    for (;;) {
      let mode = sendMode(lane, now);
      while (this.#sendOne(lane, mode, now)) mode = sendMode(lane, now);
      const { slots } = lane.window;
      const mayWiden = mode === "open" && !lacksToken(lane, now);
      const waiting = mayWiden && hasBacklog(lane, { now, full: this.#memoryFull() });
      const limit = lane.plan?.concurrency ?? 1;
      lane.window = afterLook(lane.window, { now, underWay: lane.inFlight, waiting, limit });
      if (lane.window.slots <= slots) return mode;
    }
  }

  /** Does one step; false when there is none to do now. */
  #sendOne(lane: Lane, mode: SendMode, now: number): boolean {
    const { plan } = lane;
    if (plan === null || lane.inFlight >= openSlots(lane.window, plan.concurrency)) return false;
    const pending = lane.requests.first();
    if (pending !== undefined && (mode === "open" || pending.attempt.probe)) {
      if (!this.#context.tokens.ready(lane.requests.length)) return false;
      lane.requests.shift();
      this.#fire(pending);
      return true;
    }
    if (mode === "blocked" || !isRipe(lane, mode, { now, full: this.#memoryFull() })) return false;
    if (lacksToken(lane, now) || !this.#context.tokens.ready(demandOf(lane))) return false;
    const batch = mode === "probe" ? takeProbe(lane) : takeBatch(lane);
    const entries = screen(this.#context, lane, batch.entries);
    if (entries.length === 0) return true;
    const token = lane.token?.take(now) ?? null;
    this.#launch({ ...batch, entries }, { lane, plan, probe: mode === "probe", token });
    return true;
  }

  #memoryFull(): boolean {
    return this.#context.memory.bytes >= this.#context.memory.max;
  }

  #launch(batch: Batch, facts: AttemptOptions): void {
    const { lane } = facts;
    for (const entry of batch.entries) entry.home.begin(entry.offset);
    const built = this.#build(batch, facts);
    if (built === null) return;
    for (const { entry, reason } of built.refused) {
      const { hidden } = built.attempt;
      settleDead(this.#context, lane, entry, { reason: "rejected", detail: reason, hidden });
    }
    const [first, ...rest] = built.requests;
    if (first === undefined) return this.#nothingToSend(built, lane);
    lane.flying += batch.entries.length - built.refused.length;
    if (facts.probe) lane.probing = true;
    for (const pending of rest) lane.requests.push(pending);
    this.#fire(first);
  }

  /** Every part was accepted in an earlier try. */
  #nothingToSend({ attempt, refused }: BuiltAttempt, lane: Lane): void {
    const known = new Set(refused.map(({ entry }) => entry));
    for (const entry of attempt.entries) {
      if (!known.has(entry)) settleDelivered(this.#context, lane, entry);
    }
  }

  /** Null when the connector could not: then the events are tried one by one, and the one at fault is given up. */
  #build(batch: Batch, facts: AttemptOptions): BuiltAttempt | null {
    const { lane } = facts;
    try {
      return buildAttempt(batch, facts, this.#context.clock.wall());
    } catch (error) {
      const [only] = batch.entries;
      if (batch.entries.length === 1 && only !== undefined) {
        const kind = error instanceof Error ? error.name : "Error";
        this.#context.logger.error(
          { lane: lane.ref.pipelineIntegrationId, error: kind },
          "a request could not be built",
        );
        settleDead(this.#context, lane, only, {
          reason: "rejected",
          detail: `The request could not be built (${kind}).`,
        });
      } else {
        for (const entry of batch.entries.toReversed()) lane.ready.unshift({ ...batch, entries: [entry] });
      }
      return null;
    }
  }

  #fire(pending: PendingRequest): void {
    const { attempt, request } = pending;
    const { tokens, clock, sender, metrics } = this.#context;
    const { timeoutMs, guarded } = attempt.plan.plan;
    tokens.take();
    attempt.lane.inFlight += 1;
    const start = clock.monotonic();
    sender.send(request, { timeoutMs, guarded }).then(
      (result) => {
        const durationMs = clock.monotonic() - start;
        metrics.request(durationMs);
        this.#answered(pending, result, durationMs);
      },
      () => this.#answered(pending, UNSENT, clock.monotonic() - start),
    );
  }

  #answered(pending: PendingRequest, result: SendResult, durationMs: number): void {
    const response = result.kind === "response" ? result.response : null;
    const outcomes = this.#outcomes(pending, result);
    traceAnswer(this.#context, pending, { outcomes, response, durationMs });
    // Until the vendor is prepared the request counts as under way; after it closes, or for a lane that has gone, nothing is made.
    const isWorthwhile = !this.#closing && !pending.attempt.lane.gone;
    if (!isWorthwhile || !needsPreparation(outcomes)) return this.#settle(pending, outcomes, response);
    void prepareVendor(this.#context, pending, outcomes).then((settled) => this.#settle(pending, settled, response));
  }

  #settle(pending: PendingRequest, outcomes: readonly VendorOutcome[], response: VendorResponse | null): void {
    this.#take(pending, outcomes, response);
    this.pump(pending.attempt.lane);
    this.#hooks.onAnswered();
  }

  /** What the answer means for each covered delivery. */
  #outcomes(pending: PendingRequest, result: SendResult): VendorOutcome[] {
    const { attempt, request } = pending;
    if (result.kind === "failed") {
      const kind = result.reason === "tls" || result.reason === "blocked_address" ? "misconfigured" : "retry";
      return request.covers.map(() => ({ kind, reason: result.detail }));
    }
    try {
      const now = this.#context.clock.wall();
      const outcomes = attempt.plan.plan.classify(result.response, request, { now });
      if (outcomes.length === request.covers.length) return preparable(pending, outcomes);
    } catch (error) {
      const kind = error instanceof Error ? error.name : "Error";
      this.#context.logger.error(
        { lane: attempt.lane.ref.pipelineIntegrationId, error: kind },
        "an answer could not be classified",
      );
    }
    return request.covers.map(() => ({ kind: "retry", reason: "The vendor's answer could not be understood." }));
  }

  #take(pending: PendingRequest, outcomes: readonly VendorOutcome[], response: VendorResponse | null): void {
    const { attempt } = pending;
    const { lane } = attempt;
    lane.inFlight -= 1;
    attempt.requestsLeft -= 1;
    if (attempt.probe && attempt.requestsLeft === 0) lane.probing = false;
    learn(this.#context, attempt, outcomes);
    if (attempt.token !== null) judgeToken(attempt.token, attempt, outcomes);
    const again = answersOf(pending, outcomes, response).flatMap((answer) =>
      settleAnswer(this.#context, this.#backlog, answer),
    );
    for (const batch of again.toReversed()) lane.ready.unshift(batch);
  }

  /** Wakes the runner when the lane can do more by the mere passing of time. */
  #wakeFor(lane: Lane, now: number): void {
    const { plan } = lane;
    if (plan === null || lane.inFlight >= plan.concurrency) return;
    const widens = widensAt(lane.window, plan.concurrency);
    if (widens !== null && widens > now) this.#hooks.wakeAt(widens);
    if (lane.pausedUntil > now) this.#hooks.wakeAt(lane.pausedUntil);
    if (lane.circuit.state !== "closed" && lane.circuit.probeAt > now) this.#hooks.wakeAt(lane.circuit.probeAt);
    const first = lane.queue.first();
    if (lacksToken(lane, now) && lane.token !== null && lane.token.cell.notBefore > now)
      this.#hooks.wakeAt(lane.token.cell.notBefore);
    if (first === undefined && lane.ready.length + lane.requests.length === 0) return;
    const wait = this.#context.tokens.waitMs();
    if (wait > 0) this.#hooks.wakeAt(now + wait);
    const ripeAt = first === undefined ? now : first.arrivedAt + plan.plan.batch.intervalMs;
    if (ripeAt > now) this.#hooks.wakeAt(ripeAt);
  }
}

/** One that was refused is not sent again, unless it was new; one that was taken is known to be good. */
function judgeToken({ cell, held }: CarriedToken, { refreshed }: Attempt, outcomes: readonly VendorOutcome[]): void {
  const isRefused = outcomes.some(({ kind }) => kind === "refresh");
  if (isRefused && !refreshed) cell.refused(held);
  else if (!isRefused && whatItShowed(outcomes) === "succeeded") cell.accepted(held);
}

/** The answer as it concerns whole deliveries: all covered at once, or those of which this was the last part awaited. */
function answersOf(
  pending: PendingRequest,
  outcomes: readonly VendorOutcome[],
  response: VendorResponse | null,
): Answer[] {
  const { attempt, request, ordinals } = pending;
  const { lane, plan, entries, refreshed, prepared, startedAt, parts, hidden } = attempt;
  const status = response?.status ?? null;
  const body = response?.body ?? null;
  const base = { lane, plan, refreshed, prepared, startedAt, status, body, hidden };
  if (parts === null) {
    // The simple case sends the batch as it is.
    const covered = ordinals === null ? entries : request.covers.flatMap((index) => entries[index] ?? []);
    return [{ ...base, entries: covered, outcomes, doneParts: [] }];
  }
  return request.covers.flatMap((index, at): Answer[] => {
    const part = parts[index];
    const entry = entries[index];
    const outcome = outcomes[at];
    if (part === undefined || entry === undefined || outcome === undefined) return [];
    const answer: PartFailure = { outcome, status, body };
    if (!addPart(part, ordinals?.[at] ?? 0, answer)) return [];
    const failed = part.failed;
    const whole: VendorOutcome = failed?.outcome ?? { kind: "delivered" };
    const said = failed === null ? base : { ...base, status: failed.status, body: failed.body };
    return [{ ...said, entries: [entry], outcomes: [whole], doneParts: part.done }];
  });
}
