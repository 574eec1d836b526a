/** From a vendor's answer to one outcome for each event of the request: by rules, by items, else by what the status means. Total. */
import type { VendorOutcome, VendorResponse } from "../connector/contract.ts";
import type { JsonValue } from "../json.ts";
import { type Answer, answerOf, lookAt, readLook } from "./answer-scope.ts";
import { excerpt, readWords, redactor, type Redact, type WriteWords } from "./answer-words.ts";
import { type ReadItems, readItems, type SentEvents, verdictOf } from "./item-outcomes.ts";
import { type Holds, readConditions } from "./response-condition.ts";
import type { ResponseRule, ResponsesSpec, RetryAfterSpec } from "./responses-schema.ts";
import { boundedWait, retryAfterOf } from "./retry-after.ts";
import { usualOutcome } from "./usual-outcomes.ts";

/** What is known of a lane's requests, for outcomes and their words. */
export interface AnswerFacts {
  /** Opened secrets: they never stand in a reason. */
  secrets: readonly string[];
  /** The settings that hold the credentials; named where the vendor refuses them. */
  credentials: readonly string[];
  /** The settings in the URL; named where there is nothing at it. */
  addresses: readonly string[];
  /** Requests carry a token that can be had anew. */
  renews: boolean;
}

export type ClassifyAnswer = (response: VendorResponse, sent: SentEvents, now: number | undefined) => VendorOutcome[];

interface Rule {
  holds: Holds;
  decide(answer: Answer, about: Deciding): VendorOutcome[] | null;
}

interface Deciding {
  response: VendorResponse;
  sent: SentEvents;
  now: number | undefined;
}

/** Reads the rules; a fault says where in `responses` it is. */
export function readResponses(
  spec: ResponsesSpec,
  facts: AnswerFacts,
): { classify: ClassifyAnswer } | { faults: { place: string; message: string }[] } {
  const redact = redactor(facts.secrets);
  const faults: { place: string; message: string }[] = [];
  const rules: Rule[] = [];
  for (const [index, rule] of (spec.rules ?? []).entries()) {
    const read = readRule(rule, redact);
    if ("fault" in read) faults.push({ place: `rules[${index}]`, message: read.fault });
    else rules.push(read);
  }
  const message = spec.message === undefined ? undefined : readLook(spec.message, "answer");
  if (message !== undefined && "fault" in message) faults.push({ place: "message", message: message.fault });
  if (faults.length > 0) return { faults };
  const look = message !== undefined && "root" in message ? message : undefined;
  const bisected = new Set(spec.bisect ?? []);
  const usual = (answer: Answer, { response, sent, now }: Deciding): VendorOutcome => {
    const { credentials, addresses, renews } = facts;
    const said = look === undefined ? "" : sentence(lookAt(look, answer), redact);
    const several = sent.count > 1;
    return usualOutcome(response, { now, several, said, renews, credentials, addresses, bisected });
  };
  const outcomesOf = (answer: Answer, about: Deciding): VendorOutcome[] => {
    for (const rule of rules) {
      const outcomes = rule.holds(answer) ? rule.decide(answer, about) : null;
      if (outcomes !== null) return outcomes;
    }
    const outcome = usual(answer, about);
    return Array.from({ length: about.sent.count }, () => outcome);
  };
  return {
    classify(response, sent, now) {
      const about: Deciding = { response, sent, now };
      const answer = answerOf(response);
      try {
        return outcomesOf(answer, about);
      } catch (error) {
        // A body nested too deep to be written out: then the status is all that counts.
        if (error instanceof RangeError) return outcomesOf({ ...answer, body: undefined }, about);
        throw error;
      }
    },
  };
}

function sentence(value: JsonValue | undefined, redact: Redact): string {
  const text = typeof value === "string" || typeof value === "number" ? excerpt(String(value), redact) : "";
  return text === "" ? "" : ` It said: ${text}`;
}

function readRule(rule: ResponseRule, redact: Redact): Rule | { fault: string } {
  const holds = readConditions(rule);
  if (typeof holds !== "function") return holds;
  if ((rule.outcome === undefined) === (rule.items === undefined)) return { fault: "A rule has an outcome, or items." };
  if (rule.items !== undefined) {
    const items = readItems(rule.items, redact);
    return typeof items === "function" ? { holds, decide: byItems(items) } : items;
  }
  const words = readWords(rule.reason ?? defaultReason(rule), redact);
  if (typeof words !== "function") return words;
  const wait = rule.retry_after === undefined ? undefined : readWait(rule.retry_after);
  if (wait !== undefined && typeof wait !== "function") return wait;
  return { holds, decide: (answer, about) => alike(rule, { answer, about, words, wait }) };
}

function byItems(items: ReadItems): Rule["decide"] {
  return (answer, { sent }) => items(answer, sent);
}

type Wait = (answer: Answer, now: number | undefined) => { retryAfterMs?: number };

function alike(
  rule: ResponseRule,
  { answer, about, words, wait }: { answer: Answer; about: Deciding; words: WriteWords; wait: Wait | undefined },
): VendorOutcome[] {
  const { response, sent, now } = about;
  const kind = rule.outcome ?? "retry";
  const outcome = verdictOf(kind, words(answer));
  const several = sent.count > 1;
  const whole: VendorOutcome =
    outcome.kind === "retry" || outcome.kind === "throttle"
      ? { ...outcome, ...retryAfterOf(response, now), ...wait?.(answer, now) }
      : outcome.kind === "reject" && rule.bisect === true && several
        ? { ...outcome, bisect: true }
        : outcome;
  return Array.from({ length: sent.count }, () => whole);
}

const REASONS: Readonly<Record<Exclude<VendorOutcome["kind"], "prepare">, string>> = {
  delivered: "The vendor took it.",
  retry: "The vendor could not take the request ({{status}}).",
  throttle: "The vendor asks for fewer requests ({{status}}).",
  refresh: "The vendor refused the token ({{status}}).",
  reject: "The vendor refused the request ({{status}}).",
  misconfigured: "The vendor refused the settings ({{status}}).",
};

function defaultReason({ outcome, field }: ResponseRule): string {
  const reason = REASONS[outcome ?? "retry"];
  return field === undefined ? reason : `${reason} Check ${field}.`;
}

function readWait({ path, unit = "s" }: RetryAfterSpec): Wait | { fault: string } {
  const look = readLook(path, "answer");
  if ("fault" in look) return look;
  return (answer, now) => {
    const value = Number(lookAt(look, answer) ?? Number.NaN);
    if (!Number.isFinite(value) || value < 0) return {};
    if (unit === "s" || unit === "ms") return boundedWait(unit === "s" ? value * 1000 : value);
    return now === undefined ? {} : boundedWait((unit === "epoch_s" ? value * 1000 : value) - now);
  };
}
