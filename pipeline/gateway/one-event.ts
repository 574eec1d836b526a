/** The paths that take one event. */
import type { CollectType } from "@datafly-signal/core";
import type { TakeEvents } from "./collect.ts";
import { intake, recordOf, takeItem } from "./event-intake.ts";
import { store, type EventParts } from "./event-store.ts";

const ACCEPTED = '{"success":true}';

/** Takes one event on a path that stands for `type`. */
export function takeOne(parts: EventParts, path: { type: CollectType; typeRequired: boolean }): TakeEvents {
  const rule = { expected: path.type, typeRequired: path.typeRequired };
  return (exchange, collected) => {
    if (!parts.admission.admitEvents(exchange, collected.gate, 1)) return;
    const intaking = intake(exchange, { collected, input: "browser", rule, received: parts.received() });
    const taken = takeItem(collected.value, intaking, parts.ids);
    if ("code" in taken) return parts.respond.refuse(exchange, taken.code, { message: taken.message });
    const record = recordOf(taken);
    store(exchange, [record], { parts, accepted: { body: ACCEPTED, cookie: taken.cookie, events: 1 } });
  };
}
