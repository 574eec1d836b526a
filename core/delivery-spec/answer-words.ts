/** The words of reasons: templates over an answer, bounded, in one line, and without the lane's secrets. */
import type { JsonValue } from "../json.ts";
import type { Answer } from "./answer-scope.ts";
import { Missing, plainText, valueOf } from "./scope.ts";
import { readTemplate, type TextTemplate } from "./template-text.ts";

const REASON_ROOTS = ["status", "headers", "body", "text", "item"];
const LONGEST_VALUE = 200;
const LONGEST_REASON = 450;
/** Shorter secrets would take ordinary words out with them. */
const SHORTEST_SECRET = 4;

export type WriteWords = (answer: Answer, item?: JsonValue) => string;

/** Strikes secrets out of a text, as they are and as they stand in URLs. */
export type Redact = (text: string) => string;

export function redactor(secrets: readonly string[]): Redact {
  const spellings = secrets
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .flatMap((secret) => [secret, encodeURIComponent(secret.toWellFormed()), Buffer.from(secret).toString("base64")])
    // The longest first: one secret may be part of another.
    .sort((a, b) => b.length - a.length);
  return (text) => spellings.reduce((clean, secret) => clean.replaceAll(secret, "[redacted]"), text);
}

/** Reads a reason; what is missing in an answer leaves its place empty. */
export function readWords(text: string, redact: Redact): WriteWords | { fault: string } {
  const template = readTemplate(text, REASON_ROOTS);
  return "fault" in template ? template : (answer, item) => words(template, { answer, item, redact });
}

function words(
  template: TextTemplate,
  { answer, item, redact }: { answer: Answer; item: JsonValue | undefined; redact: Redact },
): string {
  const scope = { ...answer, item };
  let text = "";
  for (const part of template.parts) {
    if (typeof part === "string") text += part;
    else {
      const value = valueOf(part, scope);
      text += value instanceof Missing ? "" : excerpt(plainText(value), redact);
    }
  }
  const written = text.trim().slice(0, LONGEST_REASON);
  return written === "" ? `The vendor answered ${answer.status}.` : written;
}

/** One line of what a vendor said, fit to be shown. */
export function excerpt(text: string, redact: Redact): string {
  // Looked at a little further than shown: what is cut in the middle of a secret would not be found.
  const clean = redact(text.slice(0, LONGEST_VALUE * 8))
    // oxlint-disable-next-line no-control-regex -- what would break the line
    .replace(/[\s\u0000-\u001f\u007f]+/g, " ")
    .trim();
  return clean.length <= LONGEST_VALUE ? clean : `${clean.slice(0, LONGEST_VALUE - 1)}…`;
}
