/** The headers a user may add, and the names that are not theirs. */
import {
  isHeaderName,
  isSendersHeader,
  type JsonObject,
  type JsonValue,
  type SettingsFault,
} from "@datafly-signal/core";

/** They say what was delivered. */
const OWN = new Set(["x-signature", "x-signal-delivery-id", "x-signal-delivery-ids"]);

const MOST_HEADERS = 50;

interface ReadHeaders {
  headers: Record<string, string>;
  faults: SettingsFault[];
}

/** @param authorizes the authentication already makes an Authorization header */
export function readHeaders(object: JsonObject, authorizes: boolean): ReadHeaders {
  const entries = Object.entries(object);
  if (entries.length > MOST_HEADERS) return fault(`At most ${MOST_HEADERS} headers may be added.`);
  const headers: Record<string, string> = {};
  const faults: SettingsFault[] = [];
  const seen = new Set<string>();
  for (const [name, content] of entries) {
    const message = headerFault(name, content, { seen, authorizes });
    seen.add(name.toLowerCase());
    if (message === null) headers[name] = String(content).trim();
    else faults.push({ field: "headers", message });
  }
  return { headers, faults };
}

/** The Content-Type among the headers, else that of JSON. */
export function contentTypeOf(headers: Readonly<Record<string, string>>): string {
  const name = Object.keys(headers).find((each) => each.toLowerCase() === "content-type");
  return (name === undefined ? undefined : headers[name]) ?? "application/json";
}

function headerFault(
  name: string,
  content: JsonValue,
  { seen, authorizes }: { seen: ReadonlySet<string>; authorizes: boolean },
): string | null {
  const lower = name.toLowerCase();
  if (!isHeaderName(name)) return `"${name.slice(0, 40)}" is not a header name.`;
  if (isSendersHeader(name) || isOwn(lower)) return `The header ${name} is set by Signal itself.`;
  if (seen.has(lower)) return `The header ${name} is given twice.`;
  if (lower === "authorization" && authorizes)
    return "The header Authorization is made by authentication; give one of them.";
  if (typeof content === "object") return `The header ${name} must be a text.`;
  if (!/^[\t\x20-\x7e]*$/.test(String(content)) || String(content).length > 4_000) {
    return `The header ${name} holds characters other than visible ASCII, or more than 4000 of them.`;
  }
  return null;
}

function isOwn(lower: string): boolean {
  return OWN.has(lower) || lower.startsWith("webhook-");
}

function fault(message: string): ReadHeaders {
  return { headers: {}, faults: [{ field: "headers", message }] };
}
