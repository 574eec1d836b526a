/** What a request says: which events go together, and how each names its visitor. */
import type { Entry } from "./queue.ts";
import type { Fields } from "./collected-event.ts";
import type { Visitor } from "./visitor.ts";

/** Browsers let a request outlive its page up to 64 KiB, all such requests together. */
export const MAX_OUTLIVING_BYTES = 60_000;
/** Room for the key, `sentAt` and what an event gets when it is sent. */
const FRAME_BYTES = 300;
const EVENT_FRAME_BYTES = 30;

/** The first entries that fit into one request: at least one, however large, at most `most`. */
export function nextChunk(entries: readonly Entry[], most: number): Entry[] {
  let bytes = FRAME_BYTES;
  let count = 0;
  for (const { event } of entries.slice(0, most)) {
    bytes += byteLength(JSON.stringify(event)) + EVENT_FRAME_BYTES;
    if (count > 0 && bytes > MAX_OUTLIVING_BYTES) break;
    count += 1;
  }
  return entries.slice(0, count);
}

export function byteLength(text: string): number {
  return new Blob([text]).size;
}

/**
 * One event goes to the endpoint of its type, more go as a batch. The key goes into the body: a header would make
 * browsers ask first, and a page that ends does not wait for the answer.
 */
export function requestBody(
  chunk: readonly Entry[],
  { visitor, writeKey, sentAt }: { visitor: Visitor; writeKey: string; sentAt: string },
): { path: string; body: string } {
  const batch = chunk.map((entry) => addressed(entry, visitor));
  const [first] = chunk;
  return first !== undefined && chunk.length === 1
    ? { path: `/v1/${first.event.type[0] ?? ""}`, body: JSON.stringify({ ...batch[0], writeKey, sentAt }) }
    : { path: "/v1/batch", body: JSON.stringify({ writeKey, sentAt, batch }) };
}

/** True when sending these changes the cookie, or needs it to be set anew afterwards. */
export function isUnsettling(chunk: readonly Entry[], { settled }: Visitor): boolean {
  return chunk.some(({ turn }) => turn !== settled);
}

/**
 * An event of the visitor whose cookie the browser has names nobody: the cookie counts, which may be older than this
 * storage. After a reset the new visitor's events replace the cookie; one of an earlier visitor then says whose it is.
 */
function addressed({ event, turn }: Entry, visitor: Visitor): Fields {
  const isSettled = turn === visitor.settled;
  if (turn === visitor.turn) {
    return { ...event, anonymousIdHint: visitor.id, anonymousIdReset: isSettled ? undefined : true };
  }
  return isSettled ? event : { ...event, anonymousIdHint: undefined, anonymousId: event.anonymousIdHint };
}
