/** Which conversion action an event goes to. */
import { canonicalEventName, type DeliveryRecord, type JsonValue } from "@datafly-signal/core";
import type { ConversionActions } from "./settings.ts";

/** What blueprints call the events that change a conversion which was recorded before. */
export const ADJUSTMENT = "adjustment";

/** An adjustment belongs to the action of the conversion that it changes. */
const ADJUSTED: Readonly<Record<string, readonly string[]>> = {
  refund: ["purchase", "booking_completed"],
  order_cancelled: ["purchase"],
  order_updated: ["purchase"],
  booking_cancelled: ["booking_completed", "purchase"],
  booking_modified: ["booking_completed", "purchase"],
};

/**
 * The id of the conversion action: of the payload's one destination reference, else of the event's name, else the usual one.
 * A reference is a name or an id that the settings have; with any other, the event is not sent.
 */
export function actionOf(
  delivery: DeliveryRecord,
  actions: ConversionActions,
): { action: string } | { refuse: string } {
  const references = referencesOf(delivery.payload);
  const [reference] = references;
  if (reference === undefined) return { action: byName(delivery, actions) };
  if (references.length > 1)
    return { refuse: "An event goes to one conversion action: keep one of destinationReferences." };
  const action =
    actions.byEvent.get(reference) ?? [actions.usual, ...actions.byEvent.values()].find((id) => id === reference);
  if (action !== undefined) return { action };
  const name = reference.replaceAll(/[^\w .-]/g, "").slice(0, 60);
  return {
    refuse: `There is no conversion action for ${name}. Add "${name}" to conversion_action_map, and replay the event.`,
  };
}

function byName({ eventName }: DeliveryRecord, { usual, byEvent }: ConversionActions): string {
  const canonical = canonicalEventName(eventName) ?? eventName;
  const names = [eventName, canonical, ...(Object.hasOwn(ADJUSTED, canonical) ? (ADJUSTED[canonical] ?? []) : [])];
  for (const name of names) {
    const action = byEvent.get(name);
    if (action !== undefined) return action;
  }
  return usual;
}

function referencesOf(payload: JsonValue): string[] {
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) return [];
  const { destinationReferences: list } = payload;
  return (Array.isArray(list) ? list : [list]).flatMap((one) => (typeof one === "string" && one !== "" ? [one] : []));
}

/** An adjustment without the id of its conversion would be a conversion of its own. */
export function isAdrift(
  { vendorEventName, messageId }: DeliveryRecord,
  transactionId: JsonValue | undefined,
): boolean {
  return vendorEventName === ADJUSTMENT && (transactionId === undefined || transactionId === messageId);
}

export const ADRIFT = "An adjustment needs the order ID of the conversion that it changes as transactionId.";
