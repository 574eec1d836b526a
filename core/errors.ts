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

/** Codes of the management API, answered as `{error: {code, message, details?}}`. */
export const MANAGEMENT_ERRORS = {
  BAD_REQUEST: {
    status: 400,
    retryable: false,
    message: "The request could not be read. Send valid JSON, UTF-8 encoded.",
  },
  INVALID_CREDENTIALS: { status: 401, retryable: false, message: "E-mail address or password is wrong." },
  MISSING_TOKEN: {
    status: 401,
    retryable: false,
    message: "The request carries no token. Send it as Authorization: Bearer ….",
  },
  INVALID_TOKEN: {
    status: 401,
    retryable: false,
    message: "The token was not recognised. Sign in again, or make a new API token.",
  },
  EXPIRED_TOKEN: { status: 401, retryable: false, message: "The token has expired. Refresh it, or sign in again." },
  INVALID_REFRESH_TOKEN: {
    status: 401,
    retryable: false,
    message: "The refresh token is not valid any more. Sign in again.",
  },
  FORBIDDEN: { status: 403, retryable: false, message: "Your role does not allow this. Ask an administrator." },
  PASSWORD_CHANGE_REQUIRED: {
    status: 403,
    retryable: false,
    message: "The password was made by somebody else. Set your own with PATCH /v1/admin/auth/me first.",
  },
  NOT_FOUND: { status: 404, retryable: false, message: "There is nothing at this address." },
  METHOD_NOT_ALLOWED: { status: 405, retryable: false, message: "This address does not take this method." },
  CONFLICT: { status: 409, retryable: false, message: "There is already one with this name." },
  VERSION_CONFLICT: {
    status: 409,
    retryable: false,
    message: "Somebody else changed it meanwhile. Read it again, and send your change with its current version.",
  },
  MANAGED_BY_FILE: {
    status: 409,
    retryable: false,
    message:
      "The configuration file names it, so only the file changes it. Change it there, or take it out of the file first.",
  },
  HAS_WAITING_DELIVERIES: {
    status: 409,
    retryable: false,
    message: "Deliveries still wait for it. Wait until they are sent, or give them up with discard_waiting=true.",
  },
  IN_USE: { status: 409, retryable: false, message: "Something still uses it. Remove that first." },
  IDEMPOTENCY_CONFLICT: {
    status: 409,
    retryable: true,
    message: "A request with this Idempotency-Key is still under way. Send it again in a moment.",
  },
  PAYLOAD_TOO_LARGE: { status: 413, retryable: false, message: "The request is larger than the limit." },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    retryable: false,
    message: "The body must be JSON. Send Content-Type: application/json.",
  },
  VALIDATION_FAILED: {
    status: 422,
    retryable: false,
    message: "The request was understood, but is not valid. Each fault is listed in details.",
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    retryable: false,
    message: "This Idempotency-Key was used for another request. Make a new key for each one.",
  },
  ACCOUNT_LOCKED: {
    status: 429,
    retryable: true,
    message: "There were too many wrong passwords. Try again after the time in Retry-After.",
  },
  RATE_LIMITED: {
    status: 429,
    retryable: true,
    message: "You have sent more than the limit. Send again after the time in Retry-After.",
  },
  INTERNAL: {
    status: 500,
    retryable: true,
    message: "Something went wrong on our side; nothing was changed. Send it again.",
  },
  UNAVAILABLE: {
    status: 503,
    retryable: true,
    message: "The database cannot be reached. Events are still accepted and delivered; send this again in a moment.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ManagementErrorCode = keyof typeof MANAGEMENT_ERRORS;
