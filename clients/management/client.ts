/** A typed client of the management API, for browsers and Node: one call for each operation. */
import { OPERATIONS, type Operations } from "./api.ts";
import { type CallInput, type OperationFacts, requestOf, urlOf } from "./request.ts";
import { type ApiError, readResult, type Result } from "./result.ts";
import { type Renewal, type Session, singleRenewal } from "./session.ts";

export type * from "./api.ts";
export { type Page, each } from "./pages.ts";
export { type ApiError, ManagementCallError, type Result } from "./result.ts";
export { memorySession, type Session, type TokenPair } from "./session.ts";

export interface ClientOptions {
  /** Of the management port, as in `http://localhost:8084`; empty for the page's own server. */
  baseUrl: string;
  /** An API token, for programs. */
  token?: string | undefined;
  /** The tokens of a person, which are renewed when the access token has run out. */
  session?: Session;
  fetch?: typeof fetch;
  /** How often what can be repeated safely is tried again when the server is busy (429, 503); 2 when left out, waiting at most 30 s each. */
  retries?: number;
  /** Replaces the clock, for tests. */
  wait?(milliseconds: number, signal: AbortSignal | undefined): Promise<void>;
}

export interface CallOptions {
  /** Aborting rejects the call, as it does with `fetch`. */
  signal?: AbortSignal;
}

export type OperationName = keyof Operations;

/** A call that takes nothing necessary may be made without an argument. */
type Call<Name extends OperationName> =
  Partial<Operations[Name]["input"]> extends Operations[Name]["input"]
    ? (input?: Operations[Name]["input"], options?: CallOptions) => Promise<ResultOf<Name>>
    : (input: Operations[Name]["input"], options?: CallOptions) => Promise<ResultOf<Name>>;

export type ResultOf<Name extends OperationName> = Result<Operations[Name]["answer"], Operations[Name]["error"]>;

export type ManagementClient = { readonly [Name in OperationName]: Call<Name> };

export function openManagementClient(options: ClientOptions): ManagementClient {
  const wire = openWire(options);
  const calls = Object.entries<OperationFacts>(OPERATIONS).map(([name, operation]) => [
    name,
    (input: CallInput = {}, callOptions: CallOptions = {}) => wire({ operation, input, signal: callOptions.signal }),
  ]);
  return Object.fromEntries(calls) as ManagementClient;
}

interface OneCall {
  operation: OperationFacts;
  input: CallInput;
  signal: AbortSignal | undefined;
}

type Wire = (call: OneCall) => Promise<Result<unknown>>;

const DEFAULT_RETRIES = 2;
const LONGEST_WAIT_MS = 30_000;
const WAIT_WITHOUT_WORD_MS = 1_000;

function openWire(options: ClientOptions): Wire {
  const { token, session, retries = DEFAULT_RETRIES, wait = waitFor } = options;
  const renewed = session && singleRenewal(session, (refresh) => renew(options, refresh));
  const current = (): string | null => token ?? session?.read()?.access_token ?? null;
  const sendOnce: Wire = async (call) => {
    const used = current();
    const result = await send(options, call, used);
    if (renewed === undefined || used === null || token !== undefined || !isTokenRefused(result)) return result;
    return (await renewed(used)) ? send(options, call, current()) : result;
  };
  return async (call) => {
    for (let tries = 0; ; tries += 1) {
      const result = await sendOnce(call);
      const pause = tries < retries && isRepeatable(call) ? pauseAfter(result) : null;
      if (pause === null) return result;
      await wait(pause, call.signal);
    }
  };
}

async function send(
  { baseUrl, fetch: fetching = fetch }: ClientOptions,
  { operation, input, signal }: OneCall,
  token: string | null,
): Promise<Result<unknown>> {
  try {
    const response = await fetching(urlOf(baseUrl, operation, input), requestOf(operation, input, { token, signal }));
    return await readResult(response);
  } catch (error) {
    if (signal?.aborted === true) throw error;
    return { ok: false, status: 0, error: noAnswer(error) };
  }
}

function noAnswer(error: unknown): ApiError {
  const cause = error instanceof Error ? error.message : String(error);
  return {
    code: "NO_ANSWER",
    message: `The management API could not be reached (${cause}). Check the address and try again.`,
  };
}

function isTokenRefused(result: Result<unknown>): boolean {
  return !result.ok && (result.error.code === "EXPIRED_TOKEN" || result.error.code === "INVALID_TOKEN");
}

async function renew(options: ClientOptions, refreshToken: string): Promise<Renewal> {
  const operation = OPERATIONS.refreshSession;
  const call = { operation, input: { body: { refresh_token: refreshToken } }, signal: undefined };
  const result = (await send(options, call, null)) as ResultOf<"refreshSession">;
  if (result.ok) return result.data;
  return result.error.code === "INVALID_REFRESH_TOKEN" ? "ended" : "failed";
}

/** Reading changes nothing, and a key makes a change once. */
function isRepeatable({ operation, input }: OneCall): boolean {
  return operation.method === "GET" || input.idempotencyKey !== undefined;
}

/** Null when it is of no use to try again: after a wait that nobody sits through, too. */
function pauseAfter(result: Result<unknown>): number | null {
  if (result.ok || (result.status !== 429 && result.status !== 503)) return null;
  const pause = result.error.retryAfterMs ?? WAIT_WITHOUT_WORD_MS;
  return pause <= LONGEST_WAIT_MS ? pause : null;
}

function waitFor(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      reject(signal?.reason instanceof Error ? signal.reason : new DOMException("The call was aborted.", "AbortError"));
    };
    if (signal?.aborted === true) return end();
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, milliseconds);
    return signal?.addEventListener("abort", end, { once: true });
  });
}
