/** The REST API: where the table is, and what its error answers say. */
import {
  retryAfterOf,
  USER_AGENT,
  type JsonObject,
  type JsonValue,
  isJsonObject,
  type VendorRequest,
  type VendorResponse,
} from "@datafly-signal/core";

/** https://docs.cloud.google.com/bigquery/docs/reference/rest */
export const API_VERSION = "v2";
export const API_ROOT = "https://bigquery.googleapis.com";
export const TOKEN_URL = "https://oauth2.googleapis.com/token";
/** tables.get, tables.insert and tables.patch need it; for rows alone bigquery.insertdata would do. */
export const SCOPE = "https://www.googleapis.com/auth/bigquery";

export interface TablePlace {
  /** The API's address without `/bigquery/v2`; Google's own when left out. */
  endpoint: string | undefined;
  project: string;
  dataset: string;
  table: string;
}

/** The address of the dataset's tables; `…/{table}` is the table. */
export function tablesUrl({ endpoint = API_ROOT, project, dataset }: TablePlace): string {
  const path = ["projects", project, "datasets", dataset, "tables"].map(encodeURIComponent).join("/");
  return `${endpoint.replace(/\/$/, "")}/bigquery/${API_VERSION}/${path}`;
}

export const tableUrl = (place: TablePlace): string => `${tablesUrl(place)}/${encodeURIComponent(place.table)}`;

interface Asking {
  method: VendorRequest["method"];
  url: string;
  body?: JsonObject;
  /** Only where the table is still the one with this etag. */
  etag?: string | undefined;
}

/** A request for the table itself, with the token. */
export function apiRequest({ method, url, body, etag }: Asking, token: string | undefined): VendorRequest {
  return {
    method,
    url,
    headers: {
      ...(body !== undefined && { "Content-Type": "application/json" }),
      "User-Agent": USER_AGENT,
      ...(etag !== undefined && { "If-Match": etag }),
      Authorization: `Bearer ${token ?? "[token]"}`,
    },
    body: body === undefined ? null : JSON.stringify(body),
    covers: [],
  };
}

/** Null where the body is no JSON object, or was cut off. */
export function objectIn({ body }: Pick<VendorResponse, "body">): JsonObject | null {
  try {
    const value = JSON.parse(body) as JsonValue;
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

export interface ApiError {
  status: number;
  /** As in `notFound`; empty where it says none. */
  reason: string;
  /** In one line, bounded; empty where it says nothing. */
  message: string;
  wait: { retryAfterMs?: number };
}

const LONGEST_MESSAGE = 200;

/** Reads `{error: {code, message, errors: [{reason, message, …}]}}`. */
export function apiError(response: VendorResponse, now: number): ApiError {
  const error = objectIn(response)?.["error"];
  const whole = isJsonObject(error) ? error : {};
  const list = whole["errors"];
  const first = Array.isArray(list) && isJsonObject(list[0]) ? list[0] : {};
  return {
    status: response.status,
    reason: wordOf(first["reason"]),
    message: lineOf(whole["message"] ?? first["message"]),
    wait: retryAfterOf(response, now),
  };
}

/** ` It said: …`, or nothing. */
export const saidBy = ({ message }: Pick<ApiError, "message">): string =>
  message === "" ? "" : ` It said: ${message}`;

/** Google reports most of its limits as 403. */
const LIMITS: ReadonlySet<string> = new Set(["rateLimitExceeded", "quotaExceeded", "userRateLimitExceeded"]);

export const LIMIT_REASONS: readonly string[] = [...LIMITS];

export const isLimited = ({ status, reason }: ApiError): boolean =>
  status === 429 || (status === 403 && LIMITS.has(reason));

/** What is missing by a 404: `Not found: Dataset shop:signal`, but `Table 123:signal.events not found.` too. */
export function missingPart({ message }: Pick<ApiError, "message">): "project" | "dataset" | "table" {
  const named = /not found:? *(project|dataset)\b/i.exec(message)?.[1]?.toLowerCase();
  return named === "project" || named === "dataset" ? named : "table";
}

function wordOf(value: JsonValue | undefined): string {
  return typeof value === "string" && /^[A-Za-z0-9_.-]{1,60}$/.test(value) ? value : "";
}

function lineOf(value: JsonValue | undefined): string {
  if (typeof value !== "string") return "";
  const line = value
    .slice(0, 2_000)
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return line.length <= LONGEST_MESSAGE ? line : `${line.slice(0, LONGEST_MESSAGE - 1)}…`;
}
