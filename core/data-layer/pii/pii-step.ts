/** The step that hashes and takes out personal data, by field and by what is found in texts. */
import type { SignalEvent } from "../../event/event.ts";
import type { DataLayerStep } from "../step.ts";
import { type Change, changeField, type FieldPath, parseFieldPath } from "./field-path.ts";
import type { Replace } from "./find-personal.ts";
import { compileHasher, hashedValue, type Hasher, normalised } from "./hash-value.ts";
import { ENVELOPE, type PiiConfig } from "./pii-config.ts";
import { type Replacements, scanEvent } from "./scan-event.ts";

/** The step of sound rules (`piiFaults` found none); null when they change nothing. */
export function compilePii(config: PiiConfig | undefined): DataLayerStep | null {
  const rules = compileRules(config);
  if (rules === null) return null;
  return ({ event }) => {
    rules(event);
    return null;
  };
}

/** All rules, fields and detection; null when they change nothing. */
export function compileRules(config: PiiConfig | undefined): ((event: SignalEvent) => void) | null {
  if (config === undefined || config.enabled === false) return null;
  const hasher = compileHasher(config.salt);
  const rules = fieldRules(config, hasher);
  const replacements = replacementsOf(config, hasher);
  if (rules.length === 0 && replacements === null) return null;
  return (event) => {
    for (const rule of rules) changeField(event, { ...rule, envelope: ENVELOPE, context: event.context });
    if (replacements !== null) scanEvent(event, replacements);
  };
}

/** Roots below which the steps behind the PII step write: ids of the visitor, the place, the device, the session. */
const WRITTEN_LATER: ReadonlySet<string> = new Set([
  ...["userId", "previousId", "anonymousId", "vendor_ids", "vendorIds", "traits", "context", "*"],
]);

/**
 * The field rules again, for what later steps wrote (`userId`, `vendor_ids`, `context.location`); null when no rule names
 * such a field. Applied to an event once more they change nothing: a hash is left alone.
 */
export function compileFieldRules(config: PiiConfig | undefined): ((event: SignalEvent) => void) | null {
  if (config === undefined || config.enabled === false) return null;
  const rules = fieldRules(config, compileHasher(config.salt)).filter(({ path: [root] }) => isWrittenLater(root));
  if (rules.length === 0) return null;
  return (event) => {
    for (const rule of rules) changeField(event, { ...rule, envelope: ENVELOPE, context: event.context });
  };
}

function isWrittenLater(segment: FieldPath[number] | undefined): boolean {
  return segment?.kind === "key" && WRITTEN_LATER.has(segment.key);
}

/** Takes every field out that the rules name but the visitor's own id, whatever they do with it otherwise. */
export function compileFieldRemoval(config: PiiConfig | undefined): (event: SignalEvent) => void {
  const named = config?.enabled === false ? [] : [...(config?.redact_fields ?? []), ...(config?.hash_fields ?? [])];
  const rules = rulesOf(named, () => undefined).filter(({ path: [root] }) => !isEnvelope(root));
  return (event) => {
    for (const rule of rules) changeField(event, { ...rule, envelope: ENVELOPE, context: event.context });
  };
}

interface Rule {
  path: FieldPath;
  change: Change;
}

function fieldRules({ redact_fields, hash_fields }: PiiConfig, hasher: Hasher): Rule[] {
  return [...rulesOf(redact_fields, () => undefined), ...rulesOf(hash_fields, (value) => hashedValue(value, hasher))];
}

function rulesOf(fields: readonly string[] | undefined, change: Change): Rule[] {
  return (fields ?? []).flatMap((text) => {
    const parsed = parseFieldPath(text);
    return "fault" in parsed ? [] : [{ path: parsed.path, change }];
  });
}

function isEnvelope(segment: FieldPath[number] | undefined): boolean {
  return segment?.kind === "key" && ENVELOPE.has(segment.key);
}

function replacementsOf({ detect }: PiiConfig, hasher: Hasher): Replacements | null {
  const by = (action: "hash" | "redact" | "off" | undefined): Replace | undefined => {
    if (action === "redact") return () => undefined;
    return action === "hash" ? (form) => hasher(normalised(form)) : undefined;
  };
  const found = { emails: by(detect?.emails), phones: by(detect?.phones), cards: by(detect?.card_numbers) };
  return Object.values(found).every((replace) => replace === undefined) ? null : found;
}
