/** A request's body as JSON: strictly UTF-8, and of bounded depth, so that nothing behind it recurses without end. */
import { type Fault, fault } from "./route.ts";

const MAX_DEPTH = 100;

export interface Read {
  /** Undefined without a body. */
  value: unknown;
}

export function readJson(bytes: Uint8Array): Read | Fault {
  if (bytes.length === 0) return { value: undefined };
  const text = decoded(bytes);
  if (text === null) return fault("BAD_REQUEST", "The body is not valid UTF-8. Send JSON, UTF-8 encoded.");
  if (isTooDeep(text)) {
    return fault("BAD_REQUEST", `The body is nested more than ${MAX_DEPTH} levels deep. Send flatter JSON.`);
  }
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return fault("BAD_REQUEST", `The body is not valid JSON${placeOf(error, text)}. Send JSON, UTF-8 encoded.`);
  }
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Counted before it is parsed. Of what is no JSON the count may be wrong, which parsing then says. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const sign = text[index];
    if (inString) {
      if (sign === "\\") index += 1;
      else if (sign === '"') inString = false;
    } else if (sign === '"') inString = true;
    else if (sign === "[" || sign === "{") {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (sign === "]" || sign === "}") depth -= 1;
  }
  return false;
}

/** Where, not what: the engine's message quotes the body, which may hold secrets. */
function placeOf(error: unknown, text: string): string {
  const position = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  if (position === undefined) return "";
  const before = text.slice(0, Number(position)).split("\n");
  return `: line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}
