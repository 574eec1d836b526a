/** Asks a vendor for a token, once: the request as the plan makes it, and what came of it as a value. */
import type { Clock, TokenFailure, VendorRequest, VendorResponse } from "@datafly-signal/core";
import type { Sender, SendResult } from "./http/sender.ts";
import type { LanePlan } from "./lane-plan.ts";

export interface GivenToken {
  kind: "given";
  token: string;
  /** From when it was asked for, in milliseconds. */
  lifeMs: number;
}

export interface FailedToken {
  kind: "failed";
  outcome: TokenFailure;
  /** Null when it could not even be made. */
  request: VendorRequest | null;
  /** Its body is left out where it may hold a token. */
  response: VendorResponse | null;
  /** When it was asked for, wall clock. */
  startedAt: number;
  durationMs: number;
  /** What must not be seen in details and excerpts. */
  hidden: readonly string[];
}

const NO_ANSWER = "The token request had no answer in time.";
const UNSENT: SendResult = { kind: "failed", reason: "network", detail: "The token request could not be sent." };
/** Settings that are wrong, or a server that is: trying again mends neither. */
const LASTING: ReadonlySet<string> = new Set(["tls", "blocked_address"]);
/** Parts of a token request that are credentials. */
const CREDENTIAL = /assertion|token|secret|password|signature|code|key/i;

/** @param plan has a `token`. Never rejects; what it takes altogether is bounded by the plan's timeout. */
export async function requestToken(
  { plan, secrets }: Pick<LanePlan, "plan" | "secrets">,
  { sender, clock }: { sender: Sender; clock: Clock },
): Promise<GivenToken | FailedToken> {
  const startedAt = clock.wall();
  const start = clock.monotonic();
  const passed = (): number => clock.monotonic() - start;
  let request: VendorRequest | null = null;
  const failed = (outcome: TokenFailure, response: VendorResponse | null = null): FailedToken => ({
    kind: "failed",
    outcome: { ...outcome, reason: `No token could be had: ${outcome.reason}` },
    request,
    response: response === null || response.status >= 400 ? response : { ...response, body: "" },
    startedAt,
    durationMs: passed(),
    hidden: request === null ? secrets : [...secrets, ...credentialsIn(request)],
  });
  const { token, timeoutMs, guarded } = plan;
  if (token === undefined) return failed({ kind: "misconfigured", reason: "The plan has no token." });
  try {
    request = await within(clock, timeoutMs, async () => token.request(startedAt));
  } catch (error) {
    return failed({ kind: "misconfigured", reason: `The request could not be made (${nameOf(error)}).` });
  }
  if (request === null) return failed({ kind: "retry", reason: NO_ANSWER });
  const options = { timeoutMs: Math.max(1, timeoutMs - passed()), guarded };
  const result = await sender.send(request, options).catch(() => UNSENT);
  if (result.kind === "failed") {
    return failed({ kind: LASTING.has(result.reason) ? "misconfigured" : "retry", reason: result.detail });
  }
  const { response } = result;
  const now = clock.wall();
  try {
    const read = token.read(response, now);
    if ("kind" in read) return failed(read, response);
    const lifeMs = read.expiresAt - now;
    const isText = typeof read.token === "string" && read.token !== "";
    if (isText && lifeMs > 0) return { kind: "given", token: read.token, lifeMs };
    return failed({ kind: "retry", reason: "The answer holds no token that could still be used." }, response);
  } catch (error) {
    return failed({ kind: "retry", reason: `The answer could not be understood (${nameOf(error)}).` }, response);
  }
}

/** Null when it takes longer. */
async function within<T>(clock: Clock, ms: number, make: () => Promise<T>): Promise<T | null> {
  let cancel = (): void => undefined;
  const late = new Promise<null>((resolve) => {
    cancel = clock.after(ms, () => resolve(null));
  });
  return Promise.race([make(), late]).finally(() => cancel());
}

/** What a token request carries beside the settings' own secrets: signed assertions, encoded credentials. */
function credentialsIn({ headers, body, url }: VendorRequest): string[] {
  const authorization = Object.entries(headers).filter(([name]) => /^authorization$/i.test(name));
  const text = typeof body === "string" ? body : Buffer.from(body ?? []).toString("utf8");
  const fields = [...(URL.parse(url)?.searchParams ?? []), ...fieldsOf(text)];
  const named = fields.filter(([name]) => CREDENTIAL.test(name)).map(([, value]) => value);
  return [...authorization.flatMap(([, value]) => [value, value.replace(/^\S+\s+/, "")]), ...named];
}

function fieldsOf(text: string): [name: string, value: string][] {
  if (!text.trimStart().startsWith("{")) return [...new URLSearchParams(text)];
  try {
    const parsed: unknown = JSON.parse(text);
    return Object.entries(parsed ?? {}).map(([name, value]) => [name, String(value)]);
  } catch {
    return [];
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "Error";
}
