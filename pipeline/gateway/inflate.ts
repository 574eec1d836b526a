/** Takes `Content-Encoding` off a body; a body that inflates beyond the limit stops there. */
import { brotliDecompress, gunzip, inflate, inflateRaw } from "node:zlib";

export type Inflated = { kind: "bytes"; bytes: Buffer } | { kind: "too_large" } | { kind: "invalid" };

export type ContentEncoding = "gzip" | "br" | "deflate";

/** Null for a body as it is, undefined for an encoding that is not taken. */
export function contentEncoding(header: string | undefined): ContentEncoding | null | undefined {
  switch (header?.trim().toLowerCase()) {
    case undefined:
    case "":
    case "identity":
      return null;
    case "gzip":
    case "x-gzip":
      return "gzip";
    case "br":
      return "br";
    case "deflate":
      return "deflate";
    default:
      return undefined;
  }
}

/** `deflate` is zlib by the standard, and raw in several clients. */
export function inflateBody(bytes: Buffer, encoding: ContentEncoding, maxBytes: number): Promise<Inflated> {
  const { promise, resolve } = Promise.withResolvers<Inflated>();
  const options = { maxOutputLength: maxBytes };
  const done = (error: (Error & { code?: string }) | null, inflated: Buffer): void => {
    if (error === null) resolve({ kind: "bytes", bytes: inflated });
    else resolve({ kind: error.code === "ERR_BUFFER_TOO_LARGE" ? "too_large" : "invalid" });
  };
  if (encoding === "gzip") gunzip(bytes, options, done);
  else if (encoding === "br") brotliDecompress(bytes, options, done);
  else if (hasZlibHeader(bytes)) inflate(bytes, options, done);
  else inflateRaw(bytes, options, done);
  return promise;
}

function hasZlibHeader(bytes: Buffer): boolean {
  const [first = 0, second = 0] = bytes;
  return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
}
