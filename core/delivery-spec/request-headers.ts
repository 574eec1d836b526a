/** Headers with placeholders. */
import { USER_AGENT } from "../connector/user-agent.ts";
import { isHeaderName, isSendersHeader } from "./header-names.ts";
import { EACH_REQUEST, Missing, type Scope, textOf } from "./scope.ts";
import { addSpecFault, readText, type SpecReading } from "./spec-reading.ts";
import { type Placeholder, placeholdersOf, type TextTemplate } from "./template-text.ts";

const LONGEST_VALUE = 8_192;

export interface HeaderTemplates {
  placeholders: readonly Placeholder[];
  write(scope: Scope): Record<string, string> | Missing;
}

/** Undefined where one is at fault. `place` is where they stand in the spec. */
export function readHeaders(
  reading: SpecReading,
  place: string,
  given: Readonly<Record<string, string>>,
): HeaderTemplates | undefined {
  const templates: (readonly [name: string, template: TextTemplate])[] = [];
  const before = reading.faults.length;
  for (const [name, text] of Object.entries(given)) {
    const at = `${place}.${name}`;
    checkHeaderName(reading, at, name);
    const template = readText(reading, at, { text, roots: EACH_REQUEST });
    if (template !== undefined) templates.push([name, template]);
  }
  if (reading.faults.length > before) return undefined;
  return {
    placeholders: templates.flatMap(([, template]) => placeholdersOf(template)),
    write(scope) {
      const headers: Record<string, string> = {};
      for (const [name, template] of templates) {
        const value = textOf(template, scope);
        if (value instanceof Missing) return value;
        if (value !== "") headers[name] = headerSafe(value);
      }
      return headers;
    },
  };
}

/** Wherever a spec names a header of requests. @returns false where it is at fault */
export function checkHeaderName(reading: SpecReading, place: string, name: string): boolean {
  if (!isHeaderName(name)) addSpecFault(reading, place, "This is not a header name.");
  else if (isSendersHeader(name)) addSpecFault(reading, place, `The header ${name} is set by Signal itself.`);
  else return true;
  return false;
}

/** What a header cannot carry is percent-encoded: values come from clients too, and a line break would be a header of its own. */
function headerSafe(value: string): string {
  const plain = value.trim().slice(0, LONGEST_VALUE);
  if (/^[\x20-\x7e]*$/.test(plain)) return plain;
  return plain.toWellFormed().replace(/[^\x20-\x7e]/gu, encodeURIComponent);
}

/** One set over the other; names are compared without case. */
export function laidOver(
  below: Readonly<Record<string, string>>,
  above: Readonly<Record<string, string>>,
): Record<string, string> {
  const taken = new Set(Object.keys(above).map((name) => name.toLowerCase()));
  const kept = Object.entries(below).filter(([name]) => !taken.has(name.toLowerCase()));
  return Object.fromEntries([...kept, ...Object.entries(above)]);
}

/** What every request carries unless the spec says otherwise. */
export function usualHeaders(contentType: string | null): Record<string, string> {
  return { ...(contentType !== null && { "Content-Type": contentType }), "User-Agent": USER_AGENT };
}
