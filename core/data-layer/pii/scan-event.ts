/** Looks for personal data in every text and key of an event, percent-encoded text of addresses included, and replaces it in place. */
import type { SignalEvent } from "../../event/event.ts";
import type { JsonObject, JsonValue } from "../../json.ts";
import { REDACTED, type Replace, replaceCards, replaceEmails, replacePhones } from "./find-personal.ts";
import { ENVELOPE } from "./pii-config.ts";

/** How each kind is replaced; undefined leaves it. */
export interface Replacements {
  emails?: Replace | undefined;
  phones?: Replace | undefined;
  cards?: Replace | undefined;
}

/** Ids that are numbers are taken for card numbers too easily. */
const IDS: ReadonlySet<string> = new Set(["userId", "groupId", "previousId"]);
/** What lies deeper was not looked at, so it does not stay; the gateway takes events of 100 levels. */
const MAX_DEPTH = 128;
/** An address in an address in an address. */
const MAX_ENCODINGS = 3;
const SEPARATORS = /([&=?#;/])/;

export function scanEvent(event: SignalEvent, replacements: Replacements): void {
  const { emails, phones } = replacements;
  const scan: Scan = { replacements, context: event.context };
  const scanId: Scan = { replacements: { emails, phones }, context: event.context };
  for (const key of Object.keys(event)) {
    if (!ENVELOPE.has(key)) scanKey(event, key, { scan: IDS.has(key) ? scanId : scan, depth: 0 });
  }
}

interface Scan {
  replacements: Replacements;
  /** The event's context, whose `consent` stays as it was said. */
  context: JsonObject;
}

function scanKey(holder: JsonObject, key: string, { scan, depth }: { scan: Scan; depth: number }): void {
  const before = holder[key];
  if (before === undefined || (key === "consent" && holder === scan.context)) return;
  const after = scanned(before, scan, depth);
  const name = scanText(key, scan.replacements);
  if (after === before && name === key) return;
  if (after === undefined || name !== key) delete holder[key];
  // A key that is personal itself is written anew; what has no name left, or one that is taken, goes.
  if (after !== undefined && name !== undefined && !(name !== key && Object.hasOwn(holder, name))) holder[name] = after;
}

function scanned(value: JsonValue, scan: Scan, depth: number): JsonValue | undefined {
  if (typeof value === "string") return scanText(value, scan.replacements);
  if (typeof value === "number") return scanNumber(value, scan.replacements);
  if (typeof value !== "object" || value === null) return value;
  if (depth === MAX_DEPTH) return undefined;
  if (!Array.isArray(value)) {
    for (const key of Object.keys(value)) scanKey(value, key, { scan, depth: depth + 1 });
    return value;
  }
  for (const [index, item] of value.entries()) {
    const after = scanned(item, scan, depth + 1);
    if (after !== item) value[index] = after ?? null;
  }
  return value;
}

/** A card number may come as a number; anything else that is personal has signs in it. */
function scanNumber(value: number, { cards }: Replacements): JsonValue | undefined {
  if (cards === undefined || !Number.isSafeInteger(value) || value < 1e12) return value;
  const text = String(value);
  const after = replaceCards(text, cards);
  return after === text ? value : after;
}

/** The text with what was found replaced; undefined when all of it was found and is to go. */
function scanText(text: string, replacements: Replacements, encodings = MAX_ENCODINGS): string | undefined {
  if (encodings > 0 && text.includes("%")) return scanEncoded(text, replacements, encodings);
  const { emails, phones, cards } = replacements;
  let out: string | undefined = text;
  if (emails !== undefined) out = replaceEmails(out, emails);
  if (cards !== undefined && out !== undefined) out = replaceCards(out, cards);
  if (phones !== undefined && out !== undefined) out = replacePhones(out, phones);
  return out;
}

/** Each part of an address by itself: only one in which something was found is written anew. */
function scanEncoded(text: string, replacements: Replacements, encodings: number): string | undefined {
  const parts = text.split(SEPARATORS);
  const after = parts.map((part) => scanPart(part, replacements, encodings));
  if (parts.length === 1) return after[0];
  return after.every((part, index) => part === parts[index]) ? text : after.map((part) => part ?? REDACTED).join("");
}

function scanPart(part: string, replacements: Replacements, encodings: number): string | undefined {
  const decoded = part.includes("%") ? decode(part) : part;
  const after = scanText(decoded, replacements, encodings - 1);
  if (after === decoded) return part;
  return after === undefined || decoded === part ? after : encodeURIComponent(after.toWellFormed());
}

/** Text with a percent sign of its own has the signs decoded that hide what is looked for. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part.replaceAll("%25", "%").replaceAll(/%40/g, "@").replaceAll(/%2b/gi, "+").replaceAll(/%20/g, " ");
  }
}
