/** What a call comes to: the answer or a fault, both as values. */
import type { ErrorDetail } from "./api.ts";

export type Result<Answer, Code extends string = string> =
  | { ok: true; status: number; data: Answer }
  | { ok: false; status: number; error: ApiError<Code> };

/** The server's code, or the client's own: nobody answered, or somebody else than the API did. */
export interface ApiError<Code extends string = string> {
  code: Code | "NO_ANSWER" | "UNREADABLE_ANSWER";
  /** For people. */
  message: string;
  /** Each fault with its place, where there are several. */
  details?: ErrorDetail[];
  /** When the server says so: how long to wait, in milliseconds. */
  retryAfterMs?: number;
}

/** Of a list that was asked for page by page: thrown, because a loop has no other way to be told. */
export class ManagementCallError extends Error {
  readonly error: ApiError;
  readonly status: number;

  constructor(error: ApiError, status: number) {
    super(`${error.code}: ${error.message}`);
    this.name = "ManagementCallError";
    this.error = error;
    this.status = status;
  }
}

/** Reads an answer of the API; one of anybody else, as of a proxy, becomes UNREADABLE_ANSWER. */
export async function readResult<Answer, Code extends string>(response: Response): Promise<Result<Answer, Code>> {
  const { status } = response;
  if (status === 204) return { ok: true, status, data: undefined as Answer };
  const text = await response.text();
  const isJson = /^application\/json\b/.test(response.headers.get("content-type") ?? "");
  const body = isJson ? parsed(text) : undefined;
  if (response.ok && !isJson) return { ok: true, status, data: text as Answer };
  if (response.ok && body !== undefined) return { ok: true, status, data: body as Answer };
  const error = errorOf<Code>(body) ?? unreadable(status);
  const wait = retryAfterOf(response.headers);
  return { ok: false, status, error: { ...error, ...(wait !== undefined && { retryAfterMs: wait }) } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function errorOf<Code extends string>(body: unknown): ApiError<Code> | null {
  if (typeof body !== "object" || body === null || !("error" in body)) return null;
  const { error } = body as { error: unknown };
  const isError = typeof error === "object" && error !== null && "code" in error && "message" in error;
  return isError ? (error as ApiError<Code>) : null;
}

function unreadable(status: number): ApiError<never> {
  const message = `The answer (status ${status}) is not the management API's. Check the address, and what stands between.`;
  return { code: "UNREADABLE_ANSWER", message };
}

/** Whole seconds, as the API sends them. */
function retryAfterOf(headers: Headers): number | undefined {
  const text = headers.get("retry-after") ?? "";
  return /^\d{1,9}$/.test(text) ? Number(text) * 1000 : undefined;
}
