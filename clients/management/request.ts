/** Requests as the API reads them. */

/** What a call may carry, whatever the operation. */
export interface CallInput {
  params?: Readonly<Record<string, unknown>>;
  query?: Readonly<Record<string, unknown>>;
  body?: unknown;
  idempotencyKey?: string | undefined;
}

export interface OperationFacts {
  method: string;
  /** Below `/v1/admin`, with parameters as in `/pipelines/{id}`. */
  path: string;
}

const PREFIX = "/v1/admin";

/** @param baseUrl without a path, as in `http://localhost:8084`; empty for the page's own server */
export function urlOf(baseUrl: string, { path }: OperationFacts, { params = {}, query = {} }: CallInput): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) search.append(name, String(one));
  }
  const text = search.toString();
  return `${baseUrl.replace(/\/+$/, "")}${PREFIX}${filled}${text === "" ? "" : `?${text}`}`;
}

export function requestOf(
  { method }: OperationFacts,
  { body, idempotencyKey }: CallInput,
  { token, signal }: { token: string | null; signal: AbortSignal | undefined },
): RequestInit {
  return {
    method,
    headers: {
      accept: "application/json, */*;q=0.5",
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  };
}
