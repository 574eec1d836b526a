/** The canonical event and its stored envelope: the shapes that gateway, processor, mapping and worker agree on. */
import type { JsonObject, JsonValue } from "../json.ts";

/** The four kinds an event is stored as; `screen` is stored as `page`, `alias` as `identify`. */
export type EventType = "track" | "page" | "identify" | "group";

/** Which door an event came in by; `test` is the operator's own. */
export type EventInput = "browser" | "batch" | "server" | "pixel" | "webhook" | "test";

/**
 * An event as mappings see it. Fields that no rule names stay as the client sent them.
 * Times are ISO 8601 strings in UTC with milliseconds.
 */
export interface SignalEvent extends JsonObject {
  type: EventType;
  messageId: string;
  timestamp: string;
  receivedAt: string;
  context: JsonObject;
}

/** Facts of the HTTP request that brought the event. */
export interface RequestFacts {
  /** The client's address, forwarding headers of trusted proxies applied; empty when the client asked not to keep it. */
  ip: string;
  /** True when the request came from a page: it carried `Origin` or `Sec-Fetch-Site`. */
  browser: boolean;
  userAgent?: string;
  referer?: string;
}

/**
 * The record value on `raw-events`, as UTF-8 JSON: the client's event with `messageId`, `timestamp`, `receivedAt`
 * made good, and the three envelope fields. The processor takes them off again (`openEnvelope`).
 */
export interface RawEvent extends JsonObject {
  type: EventType;
  messageId: string;
  timestamp: string;
  receivedAt: string;
  pipelineId: string;
  input: EventInput;
  request: JsonObject & { ip: string; browser: boolean };
  [key: string]: JsonValue;
}
