/** Answers that tell events apart: from the list of failed or aligned items to one outcome for each event. */
import type { VendorOutcome } from "../connector/contract.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import { parsePath } from "../mapping/path.ts";
import { compileTextPattern } from "../mapping/pattern.ts";
import { type Answer, lookAt, readLook } from "./answer-scope.ts";
import { readWords, type Redact } from "./answer-words.ts";
import { readConditions, type Holds } from "./response-condition.ts";
import type { ItemsSpec } from "./responses-schema.ts";
import { find, plainText } from "./scope.ts";

/** What a request held: how many events, and, where it matters, what the vendor calls each and how many items each has. */
export interface SentEvents {
  count: number;
  ids?: readonly string[];
  items?: readonly number[];
}

/** Null where the answer holds no such list, so that another rule may decide. */
export type ReadItems = (answer: Answer, sent: SentEvents) => VendorOutcome[] | null;

type Kind = VendorOutcome["kind"];

/** A list longer than this names more events than a request can hold. */
const MOST_ITEMS = 100_000;

export function readItems(spec: ItemsSpec, redact: Redact): ReadItems | { fault: string } {
  const look = readLook(spec.path, "answer");
  if ("fault" in look) return look;
  const key = spec.key === undefined || spec.key === "item" ? [] : parsePath(spec.key);
  if ("fault" in key) return { fault: `In items.key: ${key.fault}.` };
  const pattern = spec.pattern === undefined ? null : extractor(spec.pattern);
  if (pattern !== null && "fault" in pattern) return pattern;
  const judge = readItemRules(spec, redact);
  if ("fault" in judge) return judge;
  const others = spec.others && readVerdict(spec.others, redact);
  if (others !== undefined && "fault" in others) return others;
  const names = (item: JsonValue, own: string): string[] => {
    const value = spec.key === undefined && own !== "" ? own : find(item, key);
    const all = (Array.isArray(value) ? value : [value ?? null]).map(plainText);
    return pattern === null ? all : all.flatMap((text) => pattern.take(text) ?? []);
  };
  return (answer, sent) => {
    const list = entriesOf(lookAt(look, answer));
    if (list === null) return null;
    const outcomes: (VendorOutcome | undefined)[] = Array.from({ length: sent.count });
    const place = placer(spec.by, sent);
    for (const [position, { item, own }] of list.slice(0, MOST_ITEMS).entries()) {
      const outcome = judge.of(answer, item);
      for (const name of spec.by === "aligned" ? [String(position)] : names(item, own)) {
        for (const index of place(name)) outcomes[index] = worse(outcomes[index], outcome);
      }
    }
    const rest = others?.write(answer, null) ?? { kind: "delivered" };
    return outcomes.map((outcome) => outcome ?? rest);
  };
}

/** A list's items, or an object's values with their keys; null for anything else. */
function entriesOf(value: JsonValue | undefined): { item: JsonValue; own: string }[] | null {
  if (Array.isArray(value)) return value.map((item) => ({ item, own: "" }));
  if (isJsonObject(value)) return Object.entries(value).map(([own, item]) => ({ item, own }));
  return null;
}

/** A position or an id as the vendor wrote it, to the events it is about; one that fits none is passed over. */
function placer(by: ItemsSpec["by"], { count, ids = [], items }: SentEvents): (name: string) => number[] {
  const places = new Map<string, number[]>();
  const add = (name: string, index: number): unknown => places.set(name, [...(places.get(name) ?? []), index]);
  let position = 0;
  for (let index = 0; index < count; index += 1) {
    const id = ids[index];
    if (by === "id" && id !== undefined) add(id, index);
    for (let item = 0; by !== "id" && item < (items?.[index] ?? 1); item += 1) {
      add(String(position), index);
      position += 1;
    }
  }
  return (name) => places.get(name) ?? [];
}

const WEIGHT: Readonly<Record<Kind, number>> = {
  delivered: 0,
  retry: 1,
  throttle: 2,
  refresh: 3,
  prepare: 3,
  misconfigured: 4,
  reject: 5,
};

/** An event with several items is as badly off as the worst of them. */
function worse(one: VendorOutcome | undefined, other: VendorOutcome): VendorOutcome {
  return one === undefined || WEIGHT[other.kind] > WEIGHT[one.kind] ? other : one;
}

interface Verdict {
  write(answer: Answer, item: JsonValue): VendorOutcome;
}

const DEFAULT_REASON = "The vendor refused this event.";

function readVerdict(spec: { outcome: Kind; reason?: string }, redact: Redact): Verdict | { fault: string } {
  const words = readWords(spec.reason ?? DEFAULT_REASON, redact);
  return typeof words === "function"
    ? { write: (answer, item) => verdictOf(spec.outcome, words(answer, item)) }
    : words;
}

export function verdictOf(kind: Kind, reason: string): VendorOutcome {
  return kind === "delivered" ? { kind } : { kind, reason };
}

function readItemRules(
  spec: ItemsSpec,
  redact: Redact,
): { of: (answer: Answer, item: JsonValue) => VendorOutcome } | { fault: string } {
  const rules: { holds: Holds; verdict: Verdict }[] = [];
  for (const rule of spec.rules ?? []) {
    const holds = readConditions({ ...(rule.when && { when: rule.when }) }, "item");
    if (typeof holds !== "function") return holds;
    const verdict = readVerdict(rule, redact);
    if ("fault" in verdict) return verdict;
    rules.push({ holds, verdict });
  }
  // In a list of what failed an item is a failure; in one of all results it may be either.
  const unfitting: VendorOutcome =
    spec.by === "aligned" ? { kind: "delivered" } : { kind: "reject", reason: DEFAULT_REASON };
  return {
    of: (answer, item) => rules.find(({ holds }) => holds(answer, item))?.verdict.write(answer, item) ?? unfitting,
  };
}

/** Takes the first group of a pattern out of a text. */
function extractor(pattern: string): { take: (text: string) => string | undefined } | { fault: string } {
  const whole = compileTextPattern(`(?s)^.*?(?:${pattern}).*$`);
  if ("fault" in whole) return { fault: `In items.pattern, ${whole.fault}` };
  return { take: (text) => (whole.test(text) ? whole.replace(text, "$1") : undefined) };
}
