/** The paths that take one event. */
import type { CollectType, EventInput } from "@datafly-signal/core";
import type { TakeEvents } from "./collect.ts";
import { intake, recordOf, takeItem } from "./event-intake.ts";
import { store, type EventParts } from "./event-store.ts";

const ACCEPTED = '{"success":true}';

export interface OneEventPath {
  /** The type it stands for; null where the event says it. */
  type: CollectType | null;
  /** Whether the event must say its type all the same. */
  typeRequired: boolean;
  input?: EventInput;
  /** The body of its 200. */
  accepted?: string;
}

/** Takes one event. */
export function takeOne(parts: EventParts, path: OneEventPath): TakeEvents {
  const { input = "browser", accepted = ACCEPTED } = path;
  const rule = { expected: path.type, typeRequired: path.typeRequired };
  return (exchange, collected) => {
    if (!parts.admission.admitEvents(exchange, collected.gate, 1)) return;
    const intaking = intake(exchange, { collected, input, rule, received: parts.received() });
    const taken = takeItem(collected.value, intaking, parts.ids);
    if ("code" in taken) return parts.respond.refuse(exchange, taken.code, { message: taken.message });
    const record = recordOf(taken);
    store(exchange, [record], { parts, accepted: { body: accepted, cookie: taken.cookie, events: 1 } });
  };
}
