/** What one event puts into a request to `/users/track`: a payload taken apart into profile, event and purchases. */
import { type DeliveryRecord, isJsonObject, type JsonObject, type Refusal } from "@datafly-signal/core";
import { allowedProperties, LONGEST_TEXT } from "./event-properties.ts";
import { givenLines, MOST_LINES, orderLines, TOO_MANY_LINES } from "./purchase-lines.ts";
import { fitRecommended, textOf } from "./recommended-event.ts";
import { isOrder, isReversal } from "./recommended-schemas.ts";
import { profileAttributes } from "./profile-attributes.ts";

/** In the order in which Braze names them. */
export const ARRAYS = ["attributes", "events", "purchases"] as const;

export type TrackedObjects = Record<(typeof ARRAYS)[number], JsonObject[]>;

export interface TrackSettings {
  app_id: string | undefined;
  /** Orders as recommended events, as purchase objects, or as both. */
  use_ecommerce_events: "recommended" | "legacy" | "both";
}

export function trackedObjects(delivery: DeliveryRecord, settings: TrackSettings): TrackedObjects | Refusal {
  const { payload } = delivery;
  if (!isJsonObject(payload)) return { refuse: "Braze takes an object, and the mapping made something else." };
  const identity = identityOf(payload);
  if (identity === null) return { refuse: NO_IDENTITY };
  const time = textOf(payload["time"]) ?? delivery.timestamp;
  const acted = actedOn(payload, { time, settings });
  if ("refuse" in acted) return acted;
  const app = textOf(payload["app_id"]) ?? settings.app_id;
  const owner = { ...identity, ...(app !== undefined && { app_id: app }) };
  const attributes = isJsonObject(payload["attributes"]) ? profileAttributes(payload["attributes"]) : {};
  const hasProfile = Object.keys(attributes).length > 0 || acted.events.length + acted.purchases.length === 0;
  return {
    attributes: hasProfile ? [{ ...identity, ...attributes }] : [],
    events: acted.events.map((one) => ({ ...owner, ...one })),
    purchases: acted.purchases.map((one) => ({ ...owner, ...one })),
  };
}

const NO_IDENTITY =
  "Braze needs one of external_id, user_alias (name and label), braze_id, email or phone, and this event has none. Send it with a userId or an anonymousId.";

/** Exactly one, as Braze refuses objects with several; a profile of an alias alone is only made when it is told to. */
function identityOf(payload: JsonObject): JsonObject | null {
  const only = payload["_update_existing_only"];
  const told = typeof only === "boolean" ? { _update_existing_only: only } : {};
  const external = textOf(payload["external_id"]);
  if (external !== undefined) return { external_id: external, ...told };
  const alias = isJsonObject(payload["user_alias"]) ? payload["user_alias"] : {};
  const [alias_name, alias_label] = [textOf(alias["alias_name"]), textOf(alias["alias_label"])];
  if (alias_name !== undefined && alias_label !== undefined)
    return { user_alias: { alias_name, alias_label }, _update_existing_only: false, ...told };
  for (const key of ["braze_id", "email", "phone"]) {
    const value = textOf(payload[key]);
    if (value !== undefined) return { [key]: value, ...told };
  }
  return null;
}

interface Acted {
  events: JsonObject[];
  purchases: JsonObject[];
}

interface Acting {
  time: string;
  settings: TrackSettings;
}

function actedOn(payload: JsonObject, { time, settings }: Acting): Acted | Refusal {
  const { use_ecommerce_events: use } = settings;
  const wantsPurchases = use !== "recommended";
  const given = wantsPurchases ? givenLines(payload["purchases"] ?? [], time) : [];
  if ("refuse" in given) return given;
  const name = textOf(payload["name"])?.slice(0, LONGEST_TEXT);
  if (name === undefined) return { events: [], purchases: given };
  const properties = isJsonObject(payload["properties"]) ? payload["properties"] : {};
  const fitted = fitRecommended(name, properties);
  if (fitted === undefined) return { events: [customEvent(name, time, properties)], purchases: given };
  if ("lacks" in fitted) {
    const lacks = fitted.lacks.slice(0, 5).join(", ");
    if (isOrder(name)) return { refuse: `${name} needs ${lacks}. Map them, or give them a default_value.` };
    // Braze drops a recommended event that lacks something; under another name it is an event like any other.
    return { events: [customEvent(name.replace("ecommerce.", ""), time, properties)], purchases: given };
  }
  const event = { name, time, properties: fitted.properties };
  const isPaid = isOrder(name) && name !== "ecommerce.order_cancelled";
  const own = isPaid && wantsPurchases ? orderLines(fitted.properties, { time, refund: isReversal(name) }) : [];
  if (own.length + given.length > MOST_LINES) return TOO_MANY_LINES;
  const isEvent = use !== "legacy" || own.length === 0;
  return { events: isEvent ? [event] : [], purchases: [...own, ...given] };
}

function customEvent(name: string, time: string, given: JsonObject): JsonObject {
  const properties = allowedProperties(given, "events");
  return { name, time, ...(Object.keys(properties).length > 0 && { properties }) };
}
