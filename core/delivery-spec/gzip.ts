/** Compression of a body: a calculation, although the module it comes from also streams. */
import { gzipSync } from "node:zlib";

/** The same bytes for the same text: the header carries no time. */
export function gzipped(text: string): Uint8Array {
  return gzipSync(text);
}
