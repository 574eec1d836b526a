/** `{{pipeline_param.KEY}}` in connection settings and mappings stands for a parameter of the pipeline. */
import type { JsonValue } from "../json.ts";

const REFERENCE = /\{\{\s*pipeline_param\.([A-Za-z0-9_-]+)\s*\}\}/g;

/** The form of a parameter's key. */
export const PARAMETER_KEY = /^[A-Za-z0-9_-]{1,64}$/;

/** The keys that `value` refers to, at any depth, each once. */
export function parameterReferences(value: JsonValue): string[] {
  const keys = new Set<string>();
  visitTexts(value, (text) => {
    for (const match of text.matchAll(REFERENCE)) keys.add(match[1] ?? "");
  });
  return [...keys];
}

/** `value` with the parameters filled in; a reference without its parameter stays as it is (see `parameterReferences`). */
export function fillParameters<T extends JsonValue>(value: T, parameters: Readonly<Record<string, string>>): T;
export function fillParameters(value: JsonValue, parameters: Readonly<Record<string, string>>): JsonValue {
  if (typeof value === "string") {
    return value.replace(REFERENCE, (whole, key: string) =>
      Object.hasOwn(parameters, key) ? (parameters[key] ?? whole) : whole,
    );
  }
  if (Array.isArray(value)) return value.map((item) => fillParameters(item, parameters));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillParameters(item, parameters)]));
}

function visitTexts(value: JsonValue, visit: (text: string) => void): void {
  if (typeof value === "string") visit(value);
  else if (Array.isArray(value)) for (const item of value) visitTexts(item, visit);
  else if (typeof value === "object" && value !== null)
    for (const item of Object.values(value)) visitTexts(item, visit);
}
