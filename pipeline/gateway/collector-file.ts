/** Serves datafly.js: compressed once, revalidated by its hash, and kept for a year under an address that names the hash. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { ServeFile } from "./routes.ts";
import { isRead } from "./surface.ts";

/** Pages have an upgrade after this time at most, without asking at every view. */
const FRESH = "public, max-age=300, must-revalidate";
const FOREVER = "public, max-age=31536000, immutable";
const METHODS = "GET, HEAD, OPTIONS";

interface Variants {
  identity: Buffer;
  gzip: Buffer;
  br: Buffer;
}

/** `hash` stands for the content in its `ETag` and in `?v=`. */
export function collectorFile({ code, hash }: { code: string; hash: string }): ServeFile {
  const identity = Buffer.from(code);
  const variants: Variants = {
    identity,
    gzip: gzipSync(identity, { level: 9 }),
    br: brotliCompressSync(identity, {
      params: {
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_SIZE_HINT]: identity.length,
      },
    }),
  };
  // Weak: the same for all encodings.
  const tag = `W/"${hash}"`;
  return (req, res, query) => {
    if (req.method === "OPTIONS") return end(req, res, { status: 204, headers: ["Access-Control-Max-Age", "7200"] });
    if (!isRead(req.method)) {
      const body = Buffer.from('{"error":"method_not_allowed","message":"This path takes GET."}');
      const headers = ["Content-Type", "application/json", "Allow", METHODS];
      return end(req, res, { status: 405, headers, body });
    }
    const cached = query !== "" && new URLSearchParams(query).get("v") === hash ? FOREVER : FRESH;
    const headers = ["ETag", tag, "Cache-Control", cached, "Vary", "Accept-Encoding"];
    if (matches(req.headers["if-none-match"], hash)) return end(req, res, { status: 304, headers });
    const encoding = encodingOf(req.headers["accept-encoding"]);
    headers.push("Content-Type", "text/javascript; charset=utf-8");
    if (encoding !== "identity") headers.push("Content-Encoding", encoding);
    end(req, res, { status: 200, headers, body: variants[encoding] });
  };
}

function end(
  req: IncomingMessage,
  res: ServerResponse,
  { status, headers, body }: { status: number; headers: string[]; body?: Buffer },
): void {
  headers.push(
    "Access-Control-Allow-Origin",
    "*",
    "Access-Control-Allow-Methods",
    METHODS,
    "Cross-Origin-Resource-Policy",
    "cross-origin",
    "X-Content-Type-Options",
    "nosniff",
  );
  if (body !== undefined) headers.push("Content-Length", String(body.length));
  // A body that was announced and not asked for may still come: only a new connection is unambiguous.
  if (req.headers.expect !== undefined) headers.push("Connection", "close");
  res.writeHead(status, headers);
  res.end(body);
}

/** Whether an `If-None-Match` names the content, with or without the mark for a weak tag. */
function matches(header: string | undefined, hash: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((part) => part.trim() === "*" || part.trim().replace(/^W\//, "") === `"${hash}"`);
}

/** The smallest that the client takes. */
function encodingOf(header: string | undefined): keyof Variants {
  if (header === undefined) return "identity";
  const weights = new Map<string, number>();
  for (const part of header.toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((text) => text.trim());
    const weight = parameters.find((parameter) => parameter.startsWith("q="));
    weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)));
  }
  const takes = (name: string): boolean => (weights.get(name) ?? weights.get("*") ?? 0) > 0;
  if (takes("br")) return "br";
  return takes("gzip") ? "gzip" : "identity";
}
