/** What went wrong when no complete answer came: four reasons for the worker to act on, and a line for people. */
import { BlockedAddressError } from "./address-guard.ts";

export interface SendFailure {
  kind: "failed";
  /**
   * `timeout` and `network` (name resolution, refused, reset, hang-up, an answer that is not HTTP) may pass;
   * `tls` (the certificate is not valid for this host) and `blocked_address` need a change of configuration or of the server.
   */
  reason: "timeout" | "network" | "tls" | "blocked_address";
  /** One sentence without path, headers or body. */
  detail: string;
}

const TIMEOUT_CODES = new Set([
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "ETIMEDOUT",
]);

/** OpenSSL's verdicts on a certificate as Node spells them, beside those that start with `CERT_` and `ERR_TLS_CERT_`. */
const CERTIFICATE_CODES = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_DECRYPT_CERT_SIGNATURE",
  "UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY",
  "ERROR_IN_CERT_NOT_BEFORE_FIELD",
  "ERROR_IN_CERT_NOT_AFTER_FIELD",
  "INVALID_CA",
  "INVALID_PURPOSE",
  "PATH_LENGTH_EXCEEDED",
  "HOSTNAME_MISMATCH",
  "ERR_SSL_EE_KEY_TOO_SMALL",
]);

const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: "The host name does not exist",
  EAI_AGAIN: "The host name could not be resolved just now",
  ECONNREFUSED: "The connection was refused",
  ECONNRESET: "The connection was reset",
  EPIPE: "The connection was closed while sending",
  EHOSTUNREACH: "The host cannot be reached",
  ENETUNREACH: "The network cannot be reached",
  UND_ERR_SOCKET: "The connection was closed before the answer was complete",
  UND_ERR_HEADERS_OVERFLOW: "The answer's headers are too large",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "The answer is shorter or longer than it said",
  UND_ERR_INVALID_ARG: "The request cannot be put on the wire: a header or the method is not valid HTTP",
  UND_ERR_DESTROYED: "The sender was closed",
  UND_ERR_CLOSED: "The sender was closed",
};

/** Sorts an error of the HTTP client or of the guard. Uses codes alone: messages may hold what must not be logged. */
export function describeFailure(error: Error): SendFailure {
  const cause = firstCause(error);
  if (cause instanceof BlockedAddressError) return failure("blocked_address", cause.message);
  const code = codeOf(cause);
  if (TIMEOUT_CODES.has(code)) return failure("timeout", `The connection took too long (${code}).`);
  if (CERTIFICATE_CODES.has(code) || code.startsWith("CERT_") || code.startsWith("ERR_TLS_CERT_")) {
    return failure("tls", `The server's certificate is not valid for this host (${code}).`);
  }
  if (code.startsWith("HPE_")) return failure("network", `The answer is not HTTP (${code}).`);
  return failure("network", `${WORDS[code] ?? "The connection failed"} (${code}).`);
}

function failure(reason: SendFailure["reason"], detail: string): SendFailure {
  return { kind: "failed", reason, detail };
}

/** Several addresses tried come as one aggregate: the first that names a code speaks for them. */
function firstCause(error: Error): Error {
  if (!(error instanceof AggregateError)) return error;
  const inner: unknown = error.errors.find((each: unknown) => each instanceof Error && codeOf(each) !== "UNKNOWN");
  return inner instanceof Error ? inner : error;
}

function codeOf(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : "UNKNOWN";
}
