/** Reading of JSON that may be anything. */
import { isJsonObject, type JsonObject, type JsonValue } from "@datafly-signal/core";

export function objectOf(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

export function listOf(value: JsonValue | undefined): JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** The text; empty for anything else. */
export function textOf(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "";
}

/** The object of an answer's body: empty where the body is anything else, null where it was cut off. */
export function bodyOf(text: string): JsonObject | null {
  const isObject = text.trimStart().startsWith("{");
  try {
    return isObject ? objectOf(JSON.parse(text) as JsonValue) : {};
  } catch {
    return null;
  }
}

/** Without the keys that have no value. */
export function present(object: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const entries = Object.entries(object).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return Object.fromEntries(entries) as JsonObject;
}
