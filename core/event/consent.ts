/** Consent: what a visitor granted, brought into flat booleans. */
import { type JsonObject, type JsonValue, isJsonObject } from "../json.ts";

/** The canonical purposes, as `context.consent.canonical` names them. */
export type ConsentPurpose = "essential" | "functional" | "analytics" | "marketing" | "personalization";

/** A consent platform's category codes, in lower case, and the purpose each stands for. */
export type ConsentMapping = ReadonlyMap<string, ConsentPurpose>;

export const CONSENT_PURPOSES: readonly ConsentPurpose[] = [
  "essential",
  "functional",
  "analytics",
  "marketing",
  "personalization",
];

/** Names inside `context.consent` that hold an IAB TC string, or an object with one; the first that is there is read. */
export const TC_STRING_NAMES = ["tcf", "tc_string", "tcString", "IABTCF_TCString", "euconsent-v2"] as const;

/** Names inside `context.consent` that are not flat categories. */
export const RESERVED_CONSENT_NAMES: ReadonlySet<string> = new Set([
  "categories",
  "canonical",
  "categoryPreferences",
  "__proto__",
  ...TC_STRING_NAMES,
]);

/**
 * The documented defaults: Cookiebot's names, OneTrust's groups, IAB TCF purpose numbers, and the purposes' own names.
 * IAB 1 (storage) grants no more than essential, 5 (personalised content) no more than personalization.
 */
export const DEFAULT_CONSENT_MAPPING: ConsentMapping = new Map<string, ConsentPurpose>([
  ...CONSENT_PURPOSES.map((purpose) => [purpose, purpose] as const),
  ["necessary", "essential"],
  ["preferences", "functional"],
  ["statistics", "analytics"],
  ["c0001", "essential"],
  ["c0002", "analytics"],
  ["c0003", "functional"],
  ["c0004", "marketing"],
  ["1", "essential"],
  ["2", "marketing"],
  ["3", "marketing"],
  ["4", "marketing"],
  ["5", "personalization"],
  ["7", "marketing"],
  ["8", "analytics"],
  ["9", "analytics"],
]);

/**
 * Lifts nested consent of an event's context into flat booleans, in place, and returns the consent object (null when
 * there is none). `categories`, then Segment's `categoryPreferences`, then `iabPurposes` (by their number, as a TC string
 * says them) become purposes by the mapping, several codes of one purpose OR-ed; a `canonical` of the client's goes before
 * them; purposes become flat. Codes the mapping does not know are lifted under their own name; advertising is marketing
 * unless given. `canonical` is written beside as the flat values are. What the client gave is never overwritten. Only
 * boolean `true` grants.
 */
export function liftConsent(
  context: JsonObject,
  mapping: ConsentMapping = DEFAULT_CONSENT_MAPPING,
  iabPurposes?: JsonObject,
): JsonObject | null {
  const consent = context["consent"];
  if (!isJsonObject(consent)) return null;
  const { categories, categoryPreferences, canonical } = consent;
  const sources = [categories, categoryPreferences].filter(isJsonObject);
  const given = isJsonObject(canonical) ? canonical : undefined;
  if (sources.length === 0 && given === undefined && iabPurposes === undefined) return consent;

  const derived: JsonObject = {};
  for (const source of sources) fill(derived, CONSENT_PURPOSES, purposesOf(source, mapping));
  if (iabPurposes !== undefined) fill(derived, CONSENT_PURPOSES, purposesOf(iabPurposes, mapping));
  const isDerived = sources.length > 0 || iabPurposes !== undefined;
  if (isDerived) derived["essential"] = true;

  if (given !== undefined) fill(consent, CONSENT_PURPOSES, given);
  fill(consent, CONSENT_PURPOSES, derived);
  if (canonical === undefined && isDerived) consent["canonical"] = canonicalOf(consent);
  for (const source of sources) {
    fill(
      consent,
      Object.keys(source).filter((code) => isOwnCategory(code, mapping)),
      source,
    );
  }
  liftAdvertising(consent, [...sources, ...(given === undefined ? [] : [given])]);
  return consent;
}

/** The purposes as the flat values say them, where they do; what is essential is always granted. */
export function canonicalOf(consent: JsonObject): JsonObject {
  const canonical: JsonObject = {};
  fill(canonical, CONSENT_PURPOSES, consent);
  canonical["essential"] = true;
  return canonical;
}

/** What one list of codes says of each purpose it names. */
function purposesOf(source: JsonObject, mapping: ConsentMapping): JsonObject {
  const found: JsonObject = {};
  let advertising: JsonValue | undefined;
  for (const [code, value] of Object.entries(source)) {
    const name = code.toLowerCase();
    const purpose = mapping.get(name);
    if (purpose !== undefined) found[purpose] = found[purpose] === true || value === true;
    else if (name === "advertising") advertising = value;
  }
  // Advertising is marketing under another name, but never against a marketing code that is there.
  if (advertising !== undefined && found["marketing"] === undefined) found["marketing"] = advertising === true;
  return found;
}

function isOwnCategory(code: string, mapping: ConsentMapping): boolean {
  const name = code.toLowerCase();
  return !RESERVED_CONSENT_NAMES.has(code) && !mapping.has(name) && name !== "advertising";
}

function liftAdvertising(consent: JsonObject, sources: readonly JsonObject[]): void {
  if (Object.hasOwn(consent, "advertising")) return;
  for (const source of sources) {
    for (const [code, value] of Object.entries(source)) {
      if (code.toLowerCase() !== "advertising") continue;
      consent["advertising"] = value === true;
      return;
    }
  }
  if (Object.hasOwn(consent, "marketing")) consent["advertising"] = consent["marketing"] === true;
}

/** Copies the named booleans that the target does not have. */
function fill(target: JsonObject, names: readonly string[], source: JsonObject): void {
  for (const name of names) {
    if (Object.hasOwn(source, name) && !Object.hasOwn(target, name)) target[name] = source[name] === true;
  }
}
