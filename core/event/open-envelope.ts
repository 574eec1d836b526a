/** Opens a record of `raw-events`: takes the envelope off and leaves the canonical event. */
import { type JsonObject, isJsonObject } from "../json.ts";
import type { EventInput, SignalEvent } from "./event.ts";

/** The event without its envelope, and what of the envelope is needed further on. */
export interface OpenedEvent {
  event: SignalEvent;
  pipelineId: string;
  /** It came in by the operator's own door. */
  test: boolean;
  /** The request came from a page. */
  browser: boolean;
  input: EventInput;
}

/** Why a record is no envelope: the first field that is not what it must be. */
export interface EnvelopeFault {
  field: string;
}

const TYPES: ReadonlySet<unknown> = new Set(["track", "page", "identify", "group"]);
const TEXT_FIELDS = ["messageId", "timestamp", "receivedAt", "pipelineId"] as const;

/**
 * Checks the fields that everything behind relies on, takes `pipelineId`, `input` and `request` off, and adds address
 * and user agent of a page's request to `context` where the client named none. Nested values are shared with `value`.
 */
export function openEnvelope(value: unknown): OpenedEvent | EnvelopeFault {
  if (!isJsonObject(value)) return { field: "" };
  for (const field of TEXT_FIELDS) {
    if (typeof value[field] !== "string" || value[field] === "") return { field };
  }
  if (!TYPES.has(value["type"])) return { field: "type" };
  if (value["type"] === "track" && typeof value["event"] !== "string") return { field: "event" };
  if (!isJsonObject(value["request"])) return { field: "request" };
  const { context } = value;
  if (context !== undefined && context !== null && !isJsonObject(context)) return { field: "context" };
  // Rest copies own keys only, so that a key named `__proto__` stays plain data.
  const { pipelineId, input, request, ...event } = value;
  const opened = event as SignalEvent;
  opened.context ??= {};
  addRequestFacts(opened.context, request as JsonObject);
  const browser = (request as JsonObject)["browser"] === true;
  return {
    event: opened,
    pipelineId: pipelineId as string,
    test: input === "test",
    browser,
    input: input as EventInput,
  };
}

/** A server's own address never stands for the visitor's: only requests from pages lend theirs. */
function addRequestFacts(context: JsonObject, request: JsonObject): void {
  if (request["browser"] !== true) return;
  if (isAbsent(context["ip"]) && typeof request["ip"] === "string" && request["ip"] !== "") {
    context["ip"] = request["ip"];
  }
  if (isAbsent(context["userAgent"]) && typeof request["userAgent"] === "string") {
    context["userAgent"] = request["userAgent"];
  }
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}
