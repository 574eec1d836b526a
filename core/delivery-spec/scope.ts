/** What placeholders may name, and how their values are found: own properties only, nothing of a prototype. */
import type { AttemptFacts } from "../connector/contract.ts";
import type { DeliveryRecord } from "../delivery/delivery.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import type { PathSegment } from "../mapping/path.ts";
import { type FilterValue, isMissing } from "./template-filters.ts";
import type { Placeholder, TextTemplate } from "./template-text.ts";

/** Values by the names that placeholders begin with. */
export type Scope = Readonly<Record<string, JsonValue | undefined>>;

/** The same for all requests of a lane. */
export const SETTING_ROOTS = ["config", "secret", "environment"] as const;
/** Of one event. */
const EVENT_ROOTS = ["event", "payload", "delivery"] as const;
export const EACH_EVENT = [...SETTING_ROOTS, ...EVENT_ROOTS, "now"] as const;
export const EACH_REQUEST = [...EACH_EVENT, "batch_id", "token"] as const;

/** A placeholder that needs a value and found none. */
export class Missing {
  readonly placeholder: Placeholder;
  constructor(placeholder: Placeholder) {
    this.placeholder = placeholder;
  }
}

/** A placeholder's value after its filters; undefined where an optional one has none. */
export function valueOf(placeholder: Placeholder, scope: Scope): FilterValue | Missing {
  let value = find(scope[placeholder.root], placeholder.segments);
  for (const { apply } of placeholder.filters) value = apply(value);
  if (!isMissing(value)) return value;
  return placeholder.optional ? undefined : new Missing(placeholder);
}

/** A text with its values written in; objects and lists as JSON, what is missing and optional as nothing. */
export function textOf(
  template: TextTemplate,
  scope: Scope,
  escape: (text: string, placeholder: Placeholder) => string = (text) => text,
): string | Missing {
  let text = "";
  for (const part of template.parts) {
    if (typeof part === "string") {
      text += part;
      continue;
    }
    const value = valueOf(part, scope);
    if (value instanceof Missing) return value;
    text += escape(plainText(value), part);
  }
  return text;
}

export function plainText(value: FilterValue): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The value at a path; undefined where there is none. */
export function find(value: JsonValue | undefined, segments: readonly PathSegment[]): JsonValue | undefined {
  let at = value;
  for (const segment of segments) {
    if (segment.kind === "key") at = isJsonObject(at) && Object.hasOwn(at, segment.key) ? at[segment.key] : undefined;
    else at = segment.kind === "index" && Array.isArray(at) ? at[segment.index] : undefined;
  }
  return at;
}

/** What placeholders see of one delivery. */
export function deliveryScope(settings: Scope, delivery: DeliveryRecord, { now }: Pick<AttemptFacts, "now">): Scope {
  const { event, payload } = delivery;
  return {
    ...settings,
    event,
    payload,
    delivery: {
      id: delivery.deliveryId,
      message_id: delivery.messageId,
      event_name: delivery.eventName,
      vendor_event_name: delivery.vendorEventName,
      pipeline_id: delivery.pipelineId,
      integration_id: delivery.integrationId,
      timestamp: delivery.timestamp,
      received_at: delivery.receivedAt,
    },
    now: new Date(now).toISOString(),
  };
}

export function readsEvent({ root }: Placeholder): boolean {
  return EVENT_ROOTS.some((name) => name === root);
}

export function isSetting({ root }: Placeholder): boolean {
  return SETTING_ROOTS.some((name) => name === root);
}
