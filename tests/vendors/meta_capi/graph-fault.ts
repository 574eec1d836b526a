/** Faults in the shape of the Graph API. */
import { retryAfter, type SimulatedAnswer } from "../simulator.ts";
import type { World } from "../world.ts";

export type GraphFault =
  | { kind: "no_token" | "bad_token" | "revoked_token" }
  | { kind: "expired_token"; at: number; now: number }
  | { kind: "permission"; permission: string }
  | { kind: "object"; id: string; method: string }
  | { kind: "path"; path: string }
  | { kind: "version"; newest: string }
  | { kind: "parameter"; message: string }
  /** `subcode` only where it is known. */
  | { kind: "event"; title: string; text: string; subcode?: number }
  | Outage;

type Outage = { kind: "unknown" | "unavailable" | "throttled"; retryAfterSeconds?: number | undefined };

interface GraphError {
  message: string;
  type: string;
  code: number;
  error_subcode?: number;
  is_transient?: boolean;
  error_user_title?: string;
  error_user_msg?: string;
}

/** @returns the answer with its HTTP status, which is no guide to the meaning: that is `code` and `error_subcode`. */
export function graphAnswer(fault: GraphFault, world: World): SimulatedAnswer {
  const { status, error, headers } = describe(fault);
  return { status, headers: headers ?? {}, body: { error: { ...error, fbtrace_id: `Atrace${world.nextNumber()}` } } };
}

function oauth(code: number, message: string, rest: Partial<GraphError> = {}): GraphError {
  return { message, type: "OAuthException", code, ...rest };
}

function describe(fault: GraphFault): { status: number; error: GraphError; headers?: Record<string, string> } {
  switch (fault.kind) {
    case "no_token":
      return { status: 400, error: oauth(104, "An access token is required to request this resource.") };
    case "bad_token":
      return { status: 401, error: oauth(190, "Invalid OAuth access token - Cannot parse access token") };
    case "revoked_token":
      return {
        status: 401,
        error: oauth(190, "Error validating access token: The session has been invalidated.", { error_subcode: 460 }),
      };
    case "expired_token":
      return { status: 401, error: oauth(190, expiredMessage(fault), { error_subcode: 463 }) };
    case "permission":
      return { status: 403, error: oauth(200, `(#200) Requires ${fault.permission} permission to manage the object`) };
    case "object":
      return { status: 400, error: missingObject(fault) };
    case "path":
      return { status: 400, error: oauth(2500, `Unknown path components: ${fault.path}`) };
    case "version":
      return {
        status: 400,
        error: oauth(
          2635,
          `(#2635) You are calling a deprecated version of the Ads API. The latest is ${fault.newest}.`,
        ),
      };
    case "parameter":
      return { status: 400, error: oauth(100, fault.message) };
    case "event":
      return { status: 400, error: eventError(fault) };
    default:
      return describeOutage(fault);
  }
}

function describeOutage(fault: Outage) {
  switch (fault.kind) {
    case "unknown":
      return { status: 500, error: oauth(1, "An unknown error has occurred.", { is_transient: false }) };
    case "unavailable":
      return {
        status: 503,
        error: oauth(2, "Service temporarily unavailable", { is_transient: true }),
        headers: retryAfter(fault.retryAfterSeconds),
      };
    default:
      return {
        status: 403,
        error: oauth(4, "(#4) Application request limit reached", { is_transient: true }),
        headers: {
          "x-app-usage": '{"call_count":100,"total_cputime":25,"total_time":25}',
          ...retryAfter(fault.retryAfterSeconds),
        },
      };
  }
}

function expiredMessage({ at, now }: { at: number; now: number }): string {
  const [end, present] = [at, now].map((time) => new Date(time).toUTCString());
  return `Error validating access token: Session has expired on ${end}. The current time is ${present}.`;
}

/** The same words whether it does not exist or is another's. */
function missingObject({ id, method }: { id: string; method: string }): GraphError {
  const message =
    `Unsupported ${method.toLowerCase()} request. Object with ID '${id}' does not exist, cannot be loaded due to ` +
    "missing permissions, or does not support this operation. Please read the Graph API documentation at " +
    "https://developers.facebook.com/docs/graph-api";
  return { message, type: "GraphMethodException", code: 100, error_subcode: 33 };
}

function eventError({ title, text, subcode }: { title: string; text: string; subcode?: number }): GraphError {
  const rest = { is_transient: false, error_user_title: title, error_user_msg: text };
  return oauth(100, "Invalid parameter", subcode === undefined ? rest : { error_subcode: subcode, ...rest });
}
