/** Which section of a mapping an event belongs to. */
import { canonicalEventName } from "../event/catalogue.ts";
import { eventName } from "../event/event-name.ts";
import { type SignalEvent } from "../event/event.ts";

/** Names under which an event's section may stand, before aliases are tried. */
function exactNames(event: SignalEvent): readonly string[] {
  if (event.type !== "page") return [eventName(event)];
  const { name } = event;
  return typeof name === "string" && name !== "" ? [`page:${name}`, "page", "page_view"] : ["page", "page_view"];
}

/** Names come from senders without limit; the memory of how they were resolved has one. */
const REMEMBERED = 1_000;

/** Compiles the look-up: exact name first, then the catalogue's aliases, then undefined. */
export function compileFinder<S>(sections: ReadonlyMap<string, S>): (event: SignalEvent) => S | undefined {
  const byCanonical = new Map<string, S>();
  for (const [name, section] of sections) {
    const canonical = canonicalEventName(name);
    if (canonical !== null) byCanonical.set(canonical, section);
  }
  const remembered = new Map<string, S | undefined>();
  const find = (event: SignalEvent, names: readonly string[]): S | undefined => {
    const exact = names.find((name) => sections.has(name));
    if (exact !== undefined) return sections.get(exact);
    const canonical =
      event.type === "page" ? "page_view" : event.type === "track" ? canonicalEventName(eventName(event)) : null;
    return canonical === null ? undefined : byCanonical.get(canonical);
  };
  return (event) => {
    const names = exactNames(event);
    const key = `${event.type}:${names[0] ?? ""}`;
    if (remembered.has(key)) return remembered.get(key);
    const section = find(event, names);
    if (remembered.size >= REMEMBERED) remembered.clear();
    remembered.set(key, section);
    return section;
  };
}
