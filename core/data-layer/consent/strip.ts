/** Takes personal data out of an event whose visitor has not consented. */
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { ENVELOPE, type PiiConfig } from "../pii/pii-config.ts";
import { compileFieldRemoval } from "../pii/pii-step.ts";
import { type Replacements, scanEvent } from "../pii/scan-event.ts";
import type { SignalEvent } from "../../event/event.ts";
import { isPersonalName } from "./personal-keys.ts";
import { stripParameters } from "./strip-parameters.ts";

/** Fields of the event, of its context and of its device that say who the visitor is; keys by their name see below. */
const OF_EVENT = ["previousId", "traits", "vendor_ids", "vendorIds"] as const;
const OF_CONTEXT = [
  ...[
    "traits",
    "location",
    "externalIds",
    "vendor_ids",
    "vendorIds",
    "clientIds",
    "VendorIDs",
    "PartnerAttrs",
    "clickIds",
    "click_ids",
  ],
] as const;
const OF_DEVICE = ["id", "name", "token"] as const;

const MAX_DEPTH = 128;

const gone = () => undefined;
const EVERYTHING: Replacements = { emails: gone, phones: gone, cards: gone };

/** Whether the policy took personal data out: an identity link must not bring it back. */
export function isStripped(event: SignalEvent): boolean {
  const policy = event.context["consent_policy"];
  return isJsonObject(policy) && policy["stripped"] === true;
}

/**
 * Takes out the fields above, keys and parameters of addresses that hold personal data wherever they stand, every field that the PII rules name, and
 * e-mail addresses, phone and card numbers in any text. What holds the event together stays, `anonymousId` with it.
 */
export function compileStrip(pii: PiiConfig | undefined): (event: SignalEvent) => void {
  const removeNamed = compileFieldRemoval(pii);
  return (event) => {
    const { context } = event;
    const { device } = context;
    for (const field of OF_EVENT) delete event[field];
    for (const field of OF_CONTEXT) delete context[field];
    if (isJsonObject(device)) for (const field of OF_DEVICE) delete device[field];
    for (const key of Object.keys(event)) {
      if (!ENVELOPE.has(key)) removeKey(event, key, { context, depth: 0 });
    }
    removeNamed(event);
    scanEvent(event, EVERYTHING);
  };
}

interface Place {
  /** The event's context, whose `consent` stays. */
  context: JsonObject;
  depth: number;
}

function removeKey(holder: JsonObject, key: string, place: Place): void {
  if (key === "consent" && holder === place.context) return;
  const value = holder[key] ?? null;
  if (isPersonalName(key)) delete holder[key];
  else if (typeof value !== "string") removeWithin(value, place);
  else replaceText(value, (after) => (holder[key] = after));
}

function removeWithin(value: JsonValue, { context, depth }: Place): void {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return;
  const place = { context, depth: depth + 1 };
  if (!Array.isArray(value)) {
    for (const key of Object.keys(value)) removeKey(value, key, place);
    return;
  }
  for (const [index, item] of value.entries()) {
    if (typeof item === "string") replaceText(item, (after) => (value[index] = after));
    else removeWithin(item, place);
  }
}

function replaceText(text: string, write: (after: string) => void): void {
  const after = stripParameters(text);
  if (after !== text) write(after);
}
