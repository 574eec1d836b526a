/** Segment's `integrations` object: which integrations an event asks to reach. */
import { type JsonValue, isJsonObject } from "@datafly-signal/core";

/** Whether an integration is left out, by its names in lower case, the most specific first. */
export type IntegrationsChoice = (names: readonly string[]) => boolean;

/** Reads an event's `integrations`; null when it says nothing. `All: false` leaves out what is not named; a named `false` always. */
export function integrationsChoice(value: JsonValue | undefined): IntegrationsChoice | null {
  if (!isJsonObject(value)) return null;
  const entries = Object.entries(value);
  if (entries.length === 0) return null;
  const wanted = new Map(entries.map(([name, choice]) => [name.toLowerCase(), choice !== false]));
  const others = wanted.get("all") ?? true;
  return (names) => {
    for (const name of names) {
      const choice = wanted.get(name);
      if (choice !== undefined) return !choice;
    }
    return !others;
  };
}
