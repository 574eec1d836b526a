/** Bodies of requests: JSON and nothing else, and what is answered to others. */
import type { FastifyInstance } from "fastify";
import { readJson } from "./read-json.ts";
import { type Fault, fault, isFault } from "./route.ts";

/** Carries a fault through the framework's reading of bodies. */
class RefusedBody extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.fault);
    this.name = "RefusedBody";
    this.fault = fault;
  }
}

const UTF_8 = /;\s*charset\s*=\s*"?(?!utf-8"?\s*(?:;|$))/i;

export function parseBodies(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    "application/json",
    { parseAs: "buffer" },
    async (request: { headers: object }, body: Buffer) => {
      const headers = request.headers as Record<string, string | undefined>;
      const refusal = refuseEncoding(headers);
      if (refusal !== null) throw new RefusedBody(refusal);
      const read = readJson(body);
      if (isFault(read)) throw new RefusedBody(read);
      return read.value;
    },
  );
}

function refuseEncoding(headers: Record<string, string | undefined>): Fault | null {
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() !== "identity") {
    return fault("UNSUPPORTED_MEDIA_TYPE", "The body must not be compressed. Send it without Content-Encoding.");
  }
  if (!UTF_8.test(headers["content-type"] ?? "")) return null;
  return fault("UNSUPPORTED_MEDIA_TYPE", "The body must be UTF-8. Send Content-Type: application/json.");
}

/** What the framework, or the parser above, refused; null for a failure of ours. @param limit bytes */
export function refusalOf(error: unknown, limit: number): Fault | null {
  if (error instanceof RefusedBody) return error.fault;
  const { code, statusCode = 500 } = (error instanceof Error ? error : {}) as { code?: string; statusCode?: number };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") {
    return fault("PAYLOAD_TOO_LARGE", `The body is larger than ${limit} bytes, which is the limit here.`);
  }
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") return fault("UNSUPPORTED_MEDIA_TYPE");
  return statusCode >= 400 && statusCode < 500 ? fault("BAD_REQUEST", "The request is not valid HTTP.") : null;
}
