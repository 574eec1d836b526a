/** Compression of a body: a calculation, although the module it comes from also streams. */
import { gzipSync } from "node:zlib";

/** The same bytes for the same content: the header carries no time. */
export function gzipped(content: string | Uint8Array): Uint8Array {
  return gzipSync(content);
}
