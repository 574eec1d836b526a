/** A request's query as its schema wants it: texts become numbers, truth values and lists where these are asked for. */
import type { TSchema } from "typebox";
import { type Fault, fault } from "./route.ts";

/** What is read of a JSON schema here. */
interface SchemaParts {
  type?: string;
  properties?: Record<string, SchemaParts>;
  anyOf?: SchemaParts[];
  items?: SchemaParts;
}

/**
 * @param text what stands after `?`
 * @param schema of an object; undefined for a route that takes no query
 */
export function readQuery(text: string, schema: TSchema | undefined): { value: Record<string, unknown> } | Fault {
  const given = split(text);
  if (given === null) return fault("BAD_REQUEST", "The query is not valid percent-encoded UTF-8.");
  const properties = (schema as SchemaParts | undefined)?.properties ?? {};
  const value: Record<string, unknown> = {};
  for (const [name, texts] of given) {
    const wanted = Object.hasOwn(properties, name) ? properties[name] : undefined;
    Object.defineProperty(value, name, {
      value: coerced(texts, wanted ?? {}),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return { value };
}

/** A path's parameters, as `readQuery` does. */
export function readParams(given: Record<string, string>, schema: TSchema | undefined): Record<string, unknown> {
  const properties = (schema as SchemaParts | undefined)?.properties ?? {};
  return Object.fromEntries(
    Object.entries(given).map(([name, text]) => [name, coercedText(text, properties[name] ?? {})]),
  );
}

function split(text: string): Map<string, string[]> | null {
  const given = new Map<string, string[]>();
  try {
    for (const pair of text.split("&")) {
      if (pair === "") continue;
      const at = pair.indexOf("=");
      const name = decoded(at === -1 ? pair : pair.slice(0, at));
      const texts = given.get(name) ?? [];
      texts.push(at === -1 ? "" : decoded(pair.slice(at + 1)));
      given.set(name, texts);
    }
  } catch {
    return null;
  }
  return given;
}

/** @throws {URIError} */
function decoded(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}

/** What was given twice and is no list stays a list, which its schema then refuses. */
function coerced(texts: readonly string[], schema: SchemaParts): unknown {
  if (schema.type === "array") return texts.map((text) => coercedText(text, schema.items ?? {}));
  const [first = "", ...more] = texts;
  return more.length > 0 ? texts : coercedText(first, schema);
}

/** What does not look as wanted stays text, which its schema then refuses. */
function coercedText(text: string, schema: SchemaParts): unknown {
  const types = (schema.anyOf ?? [schema]).map(({ type }) => type);
  if ((types.includes("integer") || types.includes("number")) && /^-?\d{1,17}(\.\d{1,17})?$/.test(text)) {
    return Number(text);
  }
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  return text;
}
