/** Faults in the shapes of Google's APIs: the common envelope, Data Manager's details, GoogleAdsFailure. */
import type { SimulatedAnswer } from "../simulator.ts";
import type { World } from "../world.ts";
import type { ShapeFault } from "./message-shape.ts";

const STATUS: Record<number, string> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
};

/** `{ error: { code, message, status, details? } }`. */
function googleAnswer(status: number, message: string, details: readonly object[] = []): SimulatedAnswer {
  const error = { code: status, message, status: STATUS[status] ?? "UNKNOWN" };
  return { status, body: { error: details.length === 0 ? error : { ...error, details } } };
}

function typed(type: string, content: object): object {
  return { "@type": `type.googleapis.com/${type}`, ...content };
}

/** Answers of the front end, before any API sees the request. */
export const frontEnd = {
  noCredentials: () =>
    googleAnswer(
      401,
      "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid " +
        "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
      [errorInfo("CREDENTIALS_MISSING", "googleapis.com", {})],
    ),
  badCredentials: () =>
    googleAnswer(
      401,
      "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid " +
        "authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
      [errorInfo("ACCESS_TOKEN_EXPIRED", "googleapis.com", {})],
    ),
  badScope: (service: string) =>
    googleAnswer(403, "Request had insufficient authentication scopes.", [
      errorInfo("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "googleapis.com", { service }),
    ]),
  badJson: (why: string) => googleAnswer(400, `Invalid JSON payload received. ${why}`),
  badContentType: (type: string) => googleAnswer(400, `Unsupported content with type: ${type}`),
  badShape: (fault: ShapeFault) => {
    const description =
      fault.kind === "name"
        ? `Invalid JSON payload received. Unknown name "${fault.name}"${fault.at === "" ? "" : ` at '${fault.at}'`}: Cannot find field.`
        : `Invalid value at '${fault.at}' (${fault.type}), ${JSON.stringify(fault.value)}`;
    const fieldViolations = [fault.at === "" ? { description } : { field: fault.at, description }];
    return googleAnswer(400, description, [typed("google.rpc.BadRequest", { fieldViolations })]);
  },
  notFound: (): SimulatedAnswer => ({
    status: 404,
    headers: { "content-type": "text/html; charset=UTF-8" },
    body: "<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n<p>The requested URL was not found on this server.\n",
  }),
};

function errorInfo(reason: string, domain: string, metadata: Record<string, string>): object {
  return typed("google.rpc.ErrorInfo", { reason, domain, metadata });
}

/** One field of a Data Manager request that is wrong. */
export interface FieldViolation {
  /** In snake case with indexes. */
  field: string;
  description: string;
  /** ErrorReason. */
  reason: string;
}

/** Data Manager: one wrong field and nothing of the request is taken. */
export function dataManagerFault(
  world: World,
  facts: { status: number; message: string; reason: string; violations?: readonly FieldViolation[] },
): SimulatedAnswer {
  const requestId = `t-simulated-${world.nextNumber()}`;
  const details = [
    errorInfo(facts.reason, "datamanager.googleapis.com", { requestId }),
    typed("google.rpc.RequestInfo", { requestId }),
  ];
  const { violations = [] } = facts;
  if (violations.length > 0) details.push(typed("google.rpc.BadRequest", { fieldViolations: violations }));
  return googleAnswer(facts.status, facts.message, details);
}

/** One error of the Google Ads API. */
export interface AdsError {
  /** As in `{ conversionUploadError: "TOO_RECENT_EVENT" }`. */
  errorCode: Record<string, string>;
  message: string;
  /** Where in the request, outermost first. */
  path?: readonly { fieldName: string; index?: number }[];
}

export function adsFailure(errors: readonly AdsError[], facts: { version: number; requestId: string }): object {
  return typed(`google.ads.googleads.v${facts.version}.errors.GoogleAdsFailure`, {
    errors: errors.map(({ errorCode, message, path }) => ({
      errorCode,
      message,
      ...(path === undefined ? {} : { location: { fieldPathElements: path } }),
    })),
    requestId: facts.requestId,
  });
}

/** A request that the Google Ads API refuses as a whole. */
export function adsAnswer(status: number, error: AdsError, facts: { world: World; version: number }): SimulatedAnswer {
  const requestId = `simulated${facts.world.nextNumber()}`;
  const summary: Record<number, string> = {
    400: "Request contains an invalid argument.",
    401: "Request is missing required authentication credential.",
    403: "The caller does not have permission",
    429: "Resource has been exhausted (e.g. check quota).",
    500: "Internal error encountered.",
    503: "The service is currently unavailable.",
  };
  const failure = adsFailure([error], { version: facts.version, requestId });
  return { ...googleAnswer(status, summary[status] ?? error.message, [failure]), headers: { "request-id": requestId } };
}
