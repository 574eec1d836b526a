/** Tries a plan out at the vendor: its test, or an event; with a token of its own, within ten seconds, and without a secret in what it tells. */
import {
  type AttemptFacts,
  type Clock,
  type ConnectionTest,
  type ConnectionTestResult,
  type DeliveryPlan,
  redact,
  type TokenFailure,
  type VendorRequest,
  type VendorResponse,
} from "@datafly-signal/core";
import type { SendFailure, SendOnce } from "./send-once.ts";

export type FailureKind = Extract<ConnectionTestResult, { ok: false }>["kind"];

export interface TryResult {
  /** Null where nothing was tried. */
  ok: boolean | null;
  kind?: FailureKind;
  field?: string;
  message: string;
  /** Of the vendor's answer. */
  status?: number;
}

export interface TryTools {
  sendOnce: SendOnce;
  clock: Clock;
}

/** What is tried. Holds opened secrets: never answered, logged or stored. */
export interface Tried {
  plan: DeliveryPlan;
  secrets: readonly string[];
  /** The setting that says where the vendor is, if it is the one of this URL. */
  addressField(url: string): string | undefined;
}

export type Send = (request: VendorRequest) => Promise<VendorResponse | SendFailure>;

/** One thing to do with the plan. */
export type Act = (facts: AttemptFacts, send: Send) => Promise<TryResult>;

const LONGEST_MS = 10_000;
/** Characters of what is told. */
const LONGEST_MESSAGE = 1_000;
const LATE: TryResult = {
  ok: false,
  kind: "unavailable",
  message: "The vendor did not answer within 10 seconds. Try again later, and look whether the address is right.",
};

/** @throws {never} whatever the connector or the vendor does becomes a result */
export async function tryConnection(
  tried: Tried,
  act: Act,
  { sendOnce, clock }: TryTools,
): Promise<TryResult & { took_ms: number }> {
  const { plan } = tried;
  const start = clock.monotonic();
  const passed = (): number => clock.monotonic() - start;
  const hidden = new Set(tried.secrets);
  const send: Send = (request) => {
    const timeoutMs = Math.max(1, Math.min(plan.timeoutMs, LONGEST_MS - passed()));
    return sendOnce(request, { guarded: plan.guarded, timeoutMs });
  };
  const run = async (): Promise<TryResult> => {
    const facts: AttemptFacts = { now: clock.wall(), batchId: "connection-test" };
    if (plan.token === undefined) return act(facts, send);
    const token = await askToken(tried, { facts, send, hidden });
    if (typeof token !== "string") return token;
    hidden.add(token);
    return act({ ...facts, token }, send);
  };
  let cancel = (): void => undefined;
  const late = new Promise<TryResult>((resolve) => {
    cancel = clock.after(LONGEST_MS, () => resolve(LATE));
  });
  const result = await Promise.race([run().catch(brokenResult), late]).finally(() => cancel());
  return { ...result, message: redact(result.message, [...hidden], LONGEST_MESSAGE), took_ms: Math.round(passed()) };
}

/** The connection test of the plan. */
export function testing(tried: Tried, test: ConnectionTest): Act {
  return async (facts, send) => {
    const request = test.request(facts);
    const response = await send(request);
    if ("failure" in response) return unreachable(tried, request, response);
    return { ...test.read(response), status: response.status };
  };
}

/** A request that had no answer. */
export function unreachable(tried: Tried, { url }: VendorRequest, { failure }: SendFailure): TryResult {
  const field = tried.addressField(url);
  return { ok: false, kind: "unavailable", ...(field !== undefined && { field }), message: failure };
}

/** The token, or why there is none. */
async function askToken(
  tried: Tried,
  { facts, send, hidden }: { facts: AttemptFacts; send: Send; hidden: Set<string> },
): Promise<string | TryResult> {
  const { token } = tried.plan;
  if (token === undefined) return "";
  const request = await token.request(facts.now);
  for (const carried of credentialsIn(request)) hidden.add(carried);
  const response = await send(request);
  if ("failure" in response) return unreachable(tried, request, response);
  const { status } = response;
  const read = token.read(response, facts.now);
  if ("kind" in read) return { ok: false, kind: TOKEN_FAILURES[read.kind], message: read.reason, status };
  if (typeof read.token === "string" && read.token !== "") return read.token;
  return { ok: false, kind: "unknown", message: "The vendor's answer holds no token that can be used.", status };
}

const TOKEN_FAILURES: Readonly<Record<TokenFailure["kind"], FailureKind>> = {
  misconfigured: "credentials",
  throttle: "limited",
  retry: "unavailable",
};

/** Signed assertions and encoded credentials: none of them is a setting. */
function credentialsIn({ headers, body }: VendorRequest): string[] {
  const authorization = Object.entries(headers).filter(([name]) => /^authorization$/i.test(name));
  const form = new URLSearchParams(typeof body === "string" ? body : "");
  const named = [...form].filter(([name]) => /assertion|token|secret|password|signature|code/i.test(name));
  return [...authorization.map(([, value]) => value.replace(/^\S+\s+/, "")), ...named.map(([, value]) => value)];
}

/** Only its name: the message may hold a setting. */
function brokenResult(error: unknown): TryResult {
  const name = error instanceof Error ? error.name : "Error";
  return { ok: false, kind: "unknown", message: `The test broke off (${name}). Check the settings, keys above all.` };
}
