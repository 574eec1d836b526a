/** Messages of the validation server, and the check of times, which request and event share. */
import { HOUR_MS, MINUTE_MS, placeInWindow } from "../strict.ts";

export type ValidationCode =
  | "VALUE_INVALID"
  | "VALUE_REQUIRED"
  | "NAME_INVALID"
  | "NAME_RESERVED"
  | "VALUE_OUT_OF_BOUNDS"
  | "EXCEEDED_MAX_ENTITIES"
  | "NAME_DUPLICATED";

/** As `/debug/mp/collect` sends it; what is no field of the vendor's is not enumerable and stays here. */
export interface ValidationMessage {
  fieldPath?: string;
  description: string;
  validationCode: ValidationCode;
  /** The whole request is dropped. */
  isOfRequest?: boolean;
  /** Only this event is dropped. */
  eventIndex?: number;
}

const MAX_BACKDATE_MS = 72 * HOUR_MS;
const MAX_AHEAD_MS = 15 * MINUTE_MS;

/** Makes a message whose internal facts do not go over the wire. */
export function message(
  shown: Pick<ValidationMessage, "fieldPath" | "description" | "validationCode">,
  hidden: Pick<ValidationMessage, "isOfRequest" | "eventIndex"> = {},
): ValidationMessage {
  const made: ValidationMessage = { ...shown };
  for (const [key, value] of Object.entries(hidden)) Object.defineProperty(made, key, { value, enumerable: false });
  return made;
}

/** Older than 72 hours is clipped, with ENFORCE_RECOMMENDATIONS refused; the future is refused. */
export function validateTime(
  value: unknown,
  facts: { fieldPath: string; now: number; isStrict: boolean; eventIndex?: number },
): ValidationMessage[] {
  if (value === undefined) return [];
  // JSON of protocol buffers writes 64-bit integers as text as well.
  const micros = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  const window = { unit: "micros", now: facts.now, maxAgeMs: MAX_BACKDATE_MS, maxAheadMs: MAX_AHEAD_MS } as const;
  const place = placeInWindow(micros, window);
  if (place === "inside" || (place === "too_old" && !facts.isStrict)) return [];
  const hidden = facts.eventIndex === undefined ? { isOfRequest: true } : { eventIndex: facts.eventIndex };
  const description = `${facts.fieldPath} has timestamp [${String(value)}] that is ${place.replace("_", " ")}.`;
  const validationCode = place === "unreadable" ? "VALUE_INVALID" : "VALUE_OUT_OF_BOUNDS";
  return [message({ fieldPath: facts.fieldPath, description, validationCode }, hidden)];
}
