/** An answer as conditions and reasons see it: status, headers, the body parsed as JSON, and its text. */
import type { VendorResponse } from "../connector/contract.ts";
import type { JsonValue } from "../json.ts";
import { parsePath, type PathSegment } from "../mapping/path.ts";
import { find } from "./scope.ts";

export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** Undefined where it is no JSON. */
  body: JsonValue | undefined;
  text: string;
}

export function answerOf({ status, headers, body }: VendorResponse): Answer {
  return { status, headers, body: parsed(body), text: body };
}

function parsed(text: string): JsonValue | undefined {
  const start = text.trimStart()[0];
  // Nothing but an object or a list says more than its text.
  if (start !== "{" && start !== "[") return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** Where to look: `status`, `text`, `headers.x-name`, `body.path`; or a path in an item. */
export interface Look {
  root: "status" | "text" | "headers" | "body" | "item";
  segments: readonly PathSegment[];
}

/**
 * Reads a path of a condition. On an answer it begins with its part, and leads into the body where it names none; on an
 * item it leads into the item, whatever its fields are called, and `item` is the item itself.
 */
export function readLook(path: string, of: "answer" | "item"): Look | { fault: string } {
  const segments = parsePath(path);
  if ("fault" in segments) return { fault: `The path cannot be read: ${segments.fault}.` };
  const [first, ...rest] = segments;
  const root = first?.kind === "key" ? first.key : "";
  if (of === "item") return { root: "item", segments: root === "item" ? rest : segments };
  if ((root === "status" || root === "text") && rest.length === 0) return { root, segments: [] };
  // Names of headers hold hyphens only; a point in one would have been read as a step.
  if (root === "headers") return { root, segments: rest };
  return { root: "body", segments: root === "body" ? rest : segments };
}

export function lookAt({ root, segments }: Look, answer: Answer, item?: JsonValue): JsonValue | undefined {
  if (root === "status") return answer.status;
  if (root === "text") return answer.text;
  if (root === "item") return find(item, segments);
  if (root === "body") return find(answer.body, segments);
  const [name] = segments;
  const key = name?.kind === "key" ? name.key.toLowerCase() : "";
  return Object.hasOwn(answer.headers, key) ? answer.headers[key] : undefined;
}
