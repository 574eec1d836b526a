/** The one token of a key: asked for by one request at a time, again before it ends, and not while that keeps failing. */
import { type Clock, type Logger, type TokenFailure, redact } from "@datafly-signal/core";
import type { Sender } from "./http/sender.ts";
import type { LanePlan } from "./lane-plan.ts";
import { type FailedToken, type GivenToken, requestToken } from "./token-request.ts";

/** Who sends with the token. */
export interface TokenUser {
  /** The lane, as logs name it. */
  name: string;
  /** Has a `token`. */
  plan: LanePlan;
  /** There is a token. */
  onToken(): void;
  /** There is none, and what waits for it may have to answer for that. */
  onFailure(failure: FailedToken): void;
}

export interface TokenTools {
  sender: Sender;
  clock: Clock;
  /** 0 ≤ random() < 1; jitter only. */
  random: () => number;
  logger: Logger;
  onRequest(result: "given" | TokenFailure["kind"]): void;
  /** Keeps the token out of logs, until `forget`. */
  learn(token: string): void;
  forget(token: string): void;
}

/** A token as requests carry it; told apart from one with the same value that came later. */
export interface HeldToken {
  readonly value: string;
  /** Monotonic clock. */
  readonly renewAt: number;
  readonly endsAt: number;
}

const MARGIN_MS = 60_000;
const MARGIN_SHARE = 0.1;
const SLOWEST_RETRY_MS = 60_000;
const LONGEST_RETRY_AFTER_MS = 3_600_000;
const JITTER = 0.25;
const REASON_LIMIT = 200;
const LOOK_AGAIN_MS = 1_000;
/** Timers hold no more than 2³¹ ms. */
const LONGEST_TIMER_MS = 86_400_000;

export class TokenCell {
  /** Why there is no token, fit to be shown; null when nothing failed. */
  fault: string | null = null;
  readonly users = new Set<TokenUser>();
  readonly #tools: TokenTools;
  #held: HeldToken | null = null;
  /** Those that logs must not show: the one held, and the one before, which requests under way may still carry. */
  #known: string[] = [];
  /** It was sent with since it came: one that nobody needs is not renewed. */
  #used = false;
  #asking = false;
  #failures = 0;
  /** Tokens in a row that were refused by the vendor and never accepted. */
  #refusals = 0;
  #notBefore = 0;
  #cancel: () => void = () => undefined;
  #closed = false;

  constructor(tools: TokenTools) {
    this.#tools = tools;
  }

  get asking(): boolean {
    return this.#asking;
  }

  /** Whether request after request failed. */
  get failing(): boolean {
    return this.#failures > 1;
  }

  /** When it may be asked for again, monotonic clock; in the past where nothing hinders it. */
  get notBefore(): number {
    return this.#notBefore;
  }

  /** Whether there is a token to send with. @param now monotonic clock */
  ready(now: number): boolean {
    return this.#held !== null && now < this.#held.endsAt;
  }

  /** The token to send with. */
  take(now: number): HeldToken | null {
    const held = this.#held;
    if (held === null || now >= held.endsAt) return null;
    this.#used = true;
    if (now >= held.renewAt) this.ask(now);
    return held;
  }

  /** Asks for a token, unless that is under way or has to wait. */
  ask(now: number): void {
    const user = [...this.users].at(-1);
    if (this.#asking || this.#closed || now < this.#notBefore || user === undefined) return;
    this.#asking = true;
    void requestToken(user.plan, this.#tools).then((result) => {
      this.#asking = false;
      if (!this.#closed) this.#heard(user, result, now);
    });
  }

  /** Somebody's settings changed, which may have mended it: it may be asked for at once. */
  hope(): void {
    this.#notBefore = 0;
  }

  /** The vendor took a request with this token. */
  accepted(token: HeldToken): void {
    if (token === this.#held) this.#refusals = 0;
  }

  /** The vendor refused this token: a newer one stays. One token after the other refused makes the next one wait. */
  refused(token: HeldToken): void {
    if (token !== this.#held) return;
    this.#held = null;
    this.#cancel();
    this.#refusals += 1;
    if (this.#refusals === 1) return;
    this.fault = "The vendor refuses the tokens that it gives.";
    this.#restFor(this.#backoff(this.#refusals - 1));
  }

  /** Nobody uses it any more. */
  close(): void {
    this.#closed = true;
    this.#cancel();
    this.#held = null;
    for (const token of this.#known.splice(0)) this.#tools.forget(token);
  }

  #heard(user: TokenUser, result: GivenToken | FailedToken, askedAt: number): void {
    this.#tools.onRequest(result.kind === "given" ? result.kind : result.outcome.kind);
    if (result.kind === "given") this.#keep(user, result, askedAt);
    else this.#failed(user, result);
    for (const each of [...this.users]) {
      if (result.kind === "given") each.onToken();
      else if (!this.ready(this.#tools.clock.monotonic())) each.onFailure(result);
    }
  }

  #keep(user: TokenUser, { token, lifeMs }: GivenToken, askedAt: number): void {
    const { learn, forget, logger } = this.#tools;
    if (this.#failures > 0) logger.info({ lane: user.name }, "a token was had again: deliveries go out");
    this.fault = null;
    this.#failures = 0;
    const margin = Math.min(MARGIN_MS, lifeMs * MARGIN_SHARE);
    this.#held = { value: token, renewAt: askedAt + lifeMs - margin, endsAt: askedAt + lifeMs };
    this.#used = false;
    if (this.#known.at(-1) !== token) this.#known.push(token);
    learn(token);
    for (const old of this.#known.splice(0, Math.max(0, this.#known.length - 2))) {
      if (!this.#known.includes(old)) forget(old);
    }
    this.#schedule(this.#held);
  }

  #failed(user: TokenUser, { outcome, response, hidden }: FailedToken): void {
    this.#failures += 1;
    this.fault = redact(outcome.reason, hidden, REASON_LIMIT);
    const asked = outcome.kind === "misconfigured" ? SLOWEST_RETRY_MS : Math.max(0, outcome.retryAfterMs ?? 0);
    const restMs = Math.max(this.#backoff(this.#failures), Math.min(asked, LONGEST_RETRY_AFTER_MS));
    this.#restFor(restMs);
    this.#tools.logger.warn(
      {
        lane: user.name,
        lanes: this.users.size,
        result: outcome.kind,
        status: response?.status ?? null,
        reason: this.fault,
        againInMs: Math.round(restMs),
      },
      "no token could be had: what needs it waits",
    );
  }

  #backoff(count: number): number {
    const { random } = this.#tools;
    return Math.min(1_000 * 4 ** (count - 1) * (1 + JITTER * random()), SLOWEST_RETRY_MS);
  }

  #restFor(ms: number): void {
    this.#notBefore = this.#tools.clock.monotonic() + ms;
  }

  /** Renews it in time where it was used, and drops it at its end. */
  #schedule(held: HeldToken): void {
    const { clock } = this.#tools;
    this.#cancel();
    const now = clock.monotonic();
    const again = this.#used ? Math.max(this.#notBefore, now + LOOK_AGAIN_MS) : held.endsAt;
    const moment = now < held.renewAt ? held.renewAt : Math.min(held.endsAt, again);
    this.#cancel = clock.after(Math.min(Math.ceil(moment - now), LONGEST_TIMER_MS), () => {
      if (this.#held !== held) return;
      const then = clock.monotonic();
      if (this.#used && then >= held.renewAt) this.ask(then);
      if (then < held.endsAt) this.#schedule(held);
      else this.#held = null;
    });
  }
}
