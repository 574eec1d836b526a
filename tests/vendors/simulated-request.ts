/** A request as it arrives at a simulated vendor. */
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";

export interface SimulatedRequest {
  method: string;
  url: URL;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** As sent. */
  body: Buffer;
  /** The body inflated as `content-encoding` says, as UTF-8; throws where it cannot be (see `readJson` in strict.ts). */
  text(): string;
  /** `text()` parsed; throws on what is not JSON. */
  json(): unknown;
  /** The vendor's clock, epoch milliseconds. */
  receivedAt: number;
}

/** A request as a connector or a person writes it. */
export interface RequestParts {
  method: string;
  url: string | URL;
  headers?: Readonly<Record<string, string>>;
  body?: string | Uint8Array | null;
}

/** Makes a request of its parts. @param receivedAt epoch milliseconds, mostly `world.now()` */
export function simulatedRequest(parts: RequestParts, receivedAt: number): SimulatedRequest {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(parts.headers ?? {})) headers[name.toLowerCase()] = value;
  const body = Buffer.from(parts.body ?? "");
  return {
    method: parts.method.toUpperCase(),
    url: new URL(parts.url),
    headers,
    body,
    text: () => inflate(body, headers["content-encoding"] ?? "identity").toString("utf8"),
    json() {
      return JSON.parse(this.text()) as unknown;
    },
    receivedAt,
  };
}

function inflate(body: Buffer, encoding: string): Buffer {
  switch (encoding.trim().toLowerCase()) {
    case "identity":
    case "":
      return body;
    case "gzip":
      return gunzipSync(body);
    case "deflate":
      return inflateSync(body);
    case "br":
      return brotliDecompressSync(body);
    default:
      throw new Error(`content-encoding ${encoding} is unknown`);
  }
}
