/** The paths that take a batch: one bad item never fails the others. */
import { isJsonObject, type JsonObject, type JsonValue } from "@datafly-signal/core";
import type { NewRecord } from "@datafly-signal/ports/log";
import type { Collected, TakeEvents } from "./collect.ts";
import { intake, invalid, recordOf, takeItem, type Fault } from "./event-intake.ts";
import { store, type EventParts } from "./event-store.ts";
import type { Exchange } from "./exchange.ts";

/** Context merged into every item may make a batch this many times its size, not more. */
const MAX_BATCH_GROWTH = 4;

/** Takes `{batch: […]}` or a bare array. `jitsu`: the answer says the same in the words of Jitsu's server, too. */
export function takeBatch(parts: EventParts, { jitsu = false }: { jitsu?: boolean } = {}): TakeEvents {
  return (exchange, collected) => {
    const { admission, respond, limits } = parts;
    const items = Array.isArray(collected.value) ? collected.value : batchItems(collected.value);
    if (items === null) {
      const message = '`batch` is missing. Send {"batch": […]} or an array of events.';
      return respond.refuse(exchange, "invalid_event", { message });
    }
    if (items.length > limits.maxBatchSize) {
      const message = `The batch has ${items.length} events, more than ${limits.maxBatchSize}. Split it into smaller batches.`;
      return respond.refuse(exchange, "payload_too_large", { message, events: items.length });
    }
    const shared = sharedFields(collected.value);
    if ("code" in shared)
      return respond.refuse(exchange, shared.code, { message: shared.message, events: items.length });
    if (!admission.admitEvents(exchange, collected.gate, items.length)) return;
    storeBatch(exchange, { items, shared, collected, parts, jitsu });
  };
}

function batchItems(value: JsonValue): JsonValue[] | null {
  const items = isJsonObject(value) ? value["batch"] : null;
  return Array.isArray(items) ? items : null;
}

/** What a batch says once for all its items. */
interface Shared {
  context: JsonObject | null;
  integrations: JsonObject | null;
  rest: JsonObject;
}

const SHARED_REST = ["sentAt", "anonymousIdHint", "anonymousIdReset"] as const;

function sharedFields(batch: JsonValue): Shared | Fault {
  if (!isJsonObject(batch)) return { context: null, integrations: null, rest: {} };
  const { context = null, integrations = null } = batch;
  if (context !== null && !isJsonObject(context)) return invalid("`context` of the batch must be an object.");
  if (integrations !== null && !isJsonObject(integrations)) {
    return invalid("`integrations` of the batch must be an object.");
  }
  const rest: JsonObject = {};
  for (const field of SHARED_REST) {
    const value = batch[field];
    if (value !== undefined) rest[field] = value;
  }
  return { context, integrations, rest };
}

/** The item's own fields win, field by field of `context` and `integrations`. */
function withShared(item: JsonObject, { context, integrations, rest }: Shared): JsonObject {
  const merged: JsonObject = { ...rest, ...item };
  if (context !== null) mergeInto(merged, "context", context);
  if (integrations !== null) mergeInto(merged, "integrations", integrations);
  return merged;
}

function mergeInto(item: JsonObject, field: "context" | "integrations", shared: JsonObject): void {
  const own = item[field] ?? null;
  if (own === null) item[field] = shared;
  else if (isJsonObject(own)) item[field] = { ...shared, ...own };
}

function storeBatch(
  exchange: Exchange,
  batch: { items: JsonValue[]; shared: Shared; collected: Collected; parts: EventParts; jitsu: boolean },
): void {
  const { items, shared, collected, parts, jitsu } = batch;
  const rule = { expected: null, typeRequired: true };
  const intaking = intake(exchange, { collected, input: "batch", rule, received: parts.received() });
  const records: NewRecord[] = [];
  const errors: JsonObject[] = [];
  const faults: Fault[] = [];
  let bytes = 0;
  let cookie: string | null = null;
  for (const [index, item] of items.entries()) {
    const event = isJsonObject(item) ? withShared(item, shared) : item;
    const taken = takeItem(event, intaking, parts.ids);
    if ("code" in taken) {
      errors.push({ index, messageId: messageIdOf(item), error: taken.code, message: taken.message });
      faults.push(taken);
      continue;
    }
    cookie = taken.cookie ?? cookie;
    intaking.seen.dfid = cookie ?? intaking.seen.dfid;
    const record = recordOf(taken);
    bytes += record.value?.length ?? 0;
    if (bytes > parts.limits.maxPayloadBytes * MAX_BATCH_GROWTH) return refuseGrowth(exchange, items.length, parts);
    records.push(record);
  }
  noteFaults(exchange, faults, parts);
  if (records.length === 0) {
    return parts.respond.refuse(exchange, "no_event_accepted", { fields: { errors }, events: 0, sampled: false });
  }
  const inJitsuWords = { ok: errors.length === 0, receivedEvents: items.length, okEvents: records.length };
  const answer = { success: true, accepted: records.length, rejected: errors.length, errors };
  const accepted = {
    body: JSON.stringify(jitsu ? { ...answer, ...inJitsuWords } : answer),
    cookie,
    events: records.length,
  };
  store(exchange, records, { parts, accepted });
}

/** One sample for each kind of fault: a batch of five hundred must not push out all others. */
function noteFaults(exchange: Exchange, faults: readonly Fault[], { respond }: EventParts): void {
  for (const [message, same] of Map.groupBy(faults, (fault) => fault.message)) {
    const [first] = same;
    if (first !== undefined) respond.note(exchange, first.code, { message, events: same.length });
  }
}

function refuseGrowth(exchange: Exchange, events: number, { respond }: EventParts): void {
  const message =
    "The batch's `context` makes its events larger than the limit altogether. Split it into smaller batches.";
  respond.refuse(exchange, "payload_too_large", { message, events });
}

function messageIdOf(item: JsonValue): JsonValue {
  const messageId = isJsonObject(item) ? item["messageId"] : null;
  return typeof messageId === "string" ? messageId.slice(0, 255) : null;
}
