/** The closed table of error codes: the code is the wire value and the anchor in `docs/errors.md`. */

export interface ErrorEntry {
  /** HTTP status it is answered with. */
  status: number;
  /** Whether the same request may succeed later. */
  retryable: boolean;
  /** What happened and what to do, in one or two plain sentences. */
  message: string;
}

/** Codes of the collect endpoints, answered as `{error, message}`. */
export const GATEWAY_ERRORS = {
  invalid_json: {
    status: 400,
    retryable: false,
    message: "The body is not valid JSON. Send one JSON object, UTF-8 encoded.",
  },
  invalid_event: {
    status: 400,
    retryable: false,
    message: "The event does not have the documented shape. Fix the field that is named and send it again.",
  },
  invalid_encoding: {
    status: 400,
    retryable: false,
    message: "The body could not be decompressed. Content-Encoding may be gzip, br or deflate.",
  },
  conflicting_keys: {
    status: 400,
    retryable: false,
    message: "The request carries two different pipeline keys. Send one.",
  },
  no_event_accepted: {
    status: 400,
    retryable: false,
    message: "No event of the batch was accepted. Each item's fault is listed in errors.",
  },
  bad_request: {
    status: 400,
    retryable: false,
    message: "The request is not valid HTTP/1.1. Send it through an HTTP client library.",
  },
  missing_pipeline_key: {
    status: 401,
    retryable: false,
    message: "The request carries no pipeline key. Send it as Authorization: Bearer dk_….",
  },
  invalid_pipeline_key: {
    status: 401,
    retryable: false,
    message: "The supplied pipeline key was not recognised.",
  },
  origin_not_allowed: {
    status: 403,
    retryable: false,
    message: "Pages of this origin may not send to this pipeline. Add its host to the pipeline's domain allowlist.",
  },
  not_found: {
    status: 404,
    retryable: false,
    message: "There is nothing at this path. Events are sent to /v1/t, /v1/p, /v1/i, /v1/g or /v1/batch.",
  },
  method_not_allowed: {
    status: 405,
    retryable: false,
    message: "This path does not take this method. Events are sent by POST.",
  },
  request_timeout: {
    status: 408,
    retryable: true,
    message: "The request did not arrive in time. Send it again.",
  },
  payload_too_large: {
    status: 413,
    retryable: false,
    message: "The request is larger than the limit. Split it into smaller batches.",
  },
  rate_limited: {
    status: 429,
    retryable: true,
    message: "This pipeline key has sent more than its limit. Send again after the time in Retry-After.",
  },
  headers_too_large: {
    status: 431,
    retryable: false,
    message: "The request's headers are larger than 16 KB. Send fewer or smaller cookies and headers.",
  },
  internal_error: {
    status: 500,
    retryable: true,
    message: "Something went wrong on our side; nothing was accepted. Send it again.",
  },
  overloaded: {
    status: 503,
    retryable: true,
    message: "The server is shedding load. Send again after the time in Retry-After.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type GatewayErrorCode = keyof typeof GATEWAY_ERRORS;
