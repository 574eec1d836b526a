/** How errors stand in the OpenAPI document: each answer names exactly the codes it can carry, with what they say. */
import { MANAGEMENT_ERRORS, type ManagementErrorCode } from "@datafly-signal/core";
import {
  type HeaderObject,
  type Reference,
  type ResponseObject,
  responseReference,
  type SchemaObject,
  schemaReference,
} from "./document.ts";

const DETAIL = "ErrorDetail";
/** Schemas of routes must leave these names alone. */
const COMPONENTS: Record<string, SchemaObject> = {
  [DETAIL]: {
    type: "object",
    description: "One of several faults of a request.",
    properties: {
      path: {
        type: "string",
        description: "Where, as in `config.url` or `mapping.events.purchase.mappings[2].source`; empty for the whole.",
      },
      message: { type: "string" },
      line: { type: "integer", minimum: 1, description: "In a text of several lines." },
      column: { type: "integer", minimum: 1 },
    },
    required: ["path", "message"],
    additionalProperties: false,
  },
};

/** What most routes can answer, written once. */
const SHARED: Readonly<Record<string, readonly ManagementErrorCode[]>> = {
  BadRequest: ["BAD_REQUEST"],
  NotSignedIn: ["MISSING_TOKEN", "INVALID_TOKEN", "EXPIRED_TOKEN"],
  NotAllowed: ["FORBIDDEN", "PASSWORD_CHANGE_REQUIRED"],
  PasswordChangeRequired: ["PASSWORD_CHANGE_REQUIRED"],
  NotFound: ["NOT_FOUND"],
  Conflict: ["CONFLICT"],
  ConflictOrUnderWay: ["CONFLICT", "IDEMPOTENCY_CONFLICT"],
  PayloadTooLarge: ["PAYLOAD_TOO_LARGE"],
  UnsupportedMediaType: ["UNSUPPORTED_MEDIA_TYPE"],
  NotValid: ["VALIDATION_FAILED"],
  NotValidOrKeyReused: ["VALIDATION_FAILED", "IDEMPOTENCY_KEY_REUSED"],
  TooMany: ["RATE_LIMITED"],
  Internal: ["INTERNAL"],
  Unavailable: ["UNAVAILABLE"],
};

export const SHARED_HEADERS: Record<string, HeaderObject> = {
  RetryAfter: {
    description: "Seconds to wait before the next try.",
    required: true,
    schema: { type: "integer", minimum: 0 },
  },
};

export const SHARED_RESPONSES: Record<string, ResponseObject> = Object.fromEntries(
  Object.entries(SHARED).map(([name, codes]) => [name, responseOf(codes)]),
);

export function errorComponents(): Record<string, SchemaObject> {
  return COMPONENTS;
}

/** A reference where the answer is one that many routes have. */
export function errorAnswer(codes: readonly ManagementErrorCode[]): ResponseObject | Reference {
  const shared = Object.entries(SHARED).find(([, own]) => own.join() === codes.join());
  return shared === undefined ? responseOf(codes) : responseReference(shared[0]);
}

function responseOf(codes: readonly ManagementErrorCode[]): ResponseObject {
  const mayPass = codes.some(
    (code) => MANAGEMENT_ERRORS[code].status === 429 || MANAGEMENT_ERRORS[code].status === 503,
  );
  const examples = codes.map((code) => [code, { value: exampleOf(code) }] as const);
  return {
    description: codes.map((code) => `\`${code}\`: ${MANAGEMENT_ERRORS[code].message}`).join("\n\n"),
    ...(mayPass && { headers: { "Retry-After": { $ref: "#/components/headers/RetryAfter" } } }),
    content: { "application/json": { schema: schemaOf(codes), examples: Object.fromEntries(examples) } },
    "x-codes": [...codes],
  };
}

function exampleOf(code: ManagementErrorCode): {
  error: { code: string; message: string; details?: { path: string; message: string }[] };
} {
  const details = [{ path: "name", message: "must not be empty" }];
  return {
    error: { code, message: MANAGEMENT_ERRORS[code].message, ...(code === "VALIDATION_FAILED" && { details }) },
  };
}

function schemaOf(codes: readonly ManagementErrorCode[]): SchemaObject {
  const error: SchemaObject = {
    type: "object",
    properties: {
      code: { type: "string", enum: [...codes] },
      message: { type: "string", description: "For people: what happened, to what, and what to do now." },
      details: { type: "array", items: schemaReference(DETAIL) },
    },
    required: ["code", "message"],
    additionalProperties: false,
  };
  return { type: "object", properties: { error }, required: ["error"], additionalProperties: false };
}
