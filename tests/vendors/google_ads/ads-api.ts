/** The Google Ads API as far as conversions need it: two upload services, and a search that proves access. */
import type { SimulatedRequest } from "../simulated-request.ts";
import type { SimulatedAnswer } from "../simulator.ts";
import { type JsonRecord, isRecord, mediaType, readJson } from "../strict.ts";
import type { Credential, World } from "../world.ts";
import { ADJUSTMENT, checkAdjustment } from "./adjustment.ts";
import { CLICK_CONVERSION, checkClickConversion } from "./click-conversion.ts";
import { type AdsError, adsAnswer, adsFailure, frontEnd } from "./google-fault.ts";
import { type Shape, readMessage } from "./message-shape.ts";
import { authorize } from "./oauth.ts";
import type { RowError, RowFacts, RowVerdict, TakenRow } from "./upload-row.ts";

const NEEDED = { scope: "https://www.googleapis.com/auth/adwords", service: "googleads.googleapis.com" };
const OLDEST_VERSION = 21;
const NEWEST_VERSION = 26;
const MAX_ROWS = 2000;

interface Service {
  /** The list of rows in the body. */
  rows: string;
  /** Name of the error's enum in `errorCode`. */
  errors: string;
  tooMany: string;
  /** The whole request. */
  shape: Shape;
  check(row: JsonRecord, facts: RowFacts): RowVerdict;
}

function requestShape(rows: string, row: Shape): Shape {
  const names = [rows, "partialFailure", "validateOnly", "jobId", "customerId"];
  return {
    names,
    types: { partialFailure: "boolean", validateOnly: "boolean", jobId: "number" },
    within: { [rows]: row },
  };
}

const SERVICES: Record<string, Service> = {
  uploadClickConversions: {
    rows: "conversions",
    errors: "conversionUploadError",
    tooMany: "TOO_MANY_CONVERSIONS_IN_REQUEST",
    shape: requestShape("conversions", CLICK_CONVERSION),
    check: checkClickConversion,
  },
  uploadConversionAdjustments: {
    rows: "conversionAdjustments",
    errors: "conversionAdjustmentUploadError",
    tooMany: "TOO_MANY_ADJUSTMENTS_IN_REQUEST",
    shape: requestShape("conversionAdjustments", ADJUSTMENT),
    check: checkAdjustment,
  },
};

interface Call {
  world: World;
  version: number;
  customer: string;
  body: JsonRecord;
}

export function answerAdsApi(request: SimulatedRequest, world: World): SimulatedAnswer {
  const path = /^\/v(\d+)\/customers\/([^/:]+)(?::|\/)([A-Za-z:]+)$/.exec(request.url.pathname);
  const version = Number(path?.[1]);
  if (path === null || version > NEWEST_VERSION || request.method !== "POST") return frontEnd.notFound();
  const authorized = authorize(request, world, NEEDED);
  if ("answer" in authorized) return authorized.answer;
  const facts = { world, version };
  if (version < OLDEST_VERSION) {
    const message = `Version v${version} is deprecated. Requests to this version will be blocked.`;
    return adsAnswer(400, { errorCode: { requestError: "UNSUPPORTED_VERSION" }, message }, facts);
  }
  const customer = path[2] ?? "";
  const refused = checkHeaders(request, { world, customer, token: authorized.token });
  if (refused !== null) return adsAnswer(refused.status, refused.error, facts);
  if (mediaType(request) !== "application/json") return frontEnd.badContentType(mediaType(request));
  const read = readJson(request);
  if ("fault" in read) return frontEnd.badJson(read.message);
  const body = isRecord(read.value) ? read.value : {};
  if (path[3] === "googleAds:search") return search({ world, version, customer, body });
  const service = SERVICES[path[3] ?? ""];
  if (service === undefined) return frontEnd.notFound();
  const developer = world.credential("developer_token", request.headers["developer-token"] ?? "");
  if (developer?.scopes.includes("conversion_upload") !== true) {
    const errorCode = { notAllowlistedError: "CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE" };
    return adsAnswer(403, { errorCode, message: "Customer is not allowlisted for accessing this feature." }, facts);
  }
  const message = readMessage(body, service.shape);
  if ("fault" in message) return frontEnd.badShape(message.fault);
  return upload({ world, version, customer, body: message.value }, service);
}

function checkHeaders(
  request: SimulatedRequest,
  { world, customer, token }: { world: World; customer: string; token: Credential },
): { status: number; error: AdsError } | null {
  const refuse = (status: number, errorCode: Record<string, string>, message: string) => ({
    status,
    error: { errorCode, message },
  });
  const developer = request.headers["developer-token"] ?? "";
  if (developer === "") {
    return refuse(
      401,
      { authenticationError: "DEVELOPER_TOKEN_PARAMETER_MISSING" },
      "The header 'developer-token' is missing.",
    );
  }
  if (world.credential("developer_token", developer) === null) {
    return refuse(401, { authenticationError: "DEVELOPER_TOKEN_INVALID" }, "The developer token is not valid.");
  }
  const login = request.headers["login-customer-id"];
  if (login !== undefined && !/^\d{10}$/.test(login)) {
    return refuse(400, { headerError: "INVALID_LOGIN_CUSTOMER_ID" }, "The login customer ID is not valid.");
  }
  if (!/^\d{10}$/.test(customer))
    return refuse(400, { requestError: "INVALID_CUSTOMER_ID" }, `Invalid customer ID '${customer}'.`);
  const account = world.object("customer", customer);
  const isManaged = login === undefined || login === customer || account?.facts?.["manager"] === login;
  const mayUse = token.reaches.includes(customer) || (login !== undefined && token.reaches.includes(login));
  if (account !== null && isManaged && mayUse) return null;
  const message =
    "User doesn't have permission to access customer. Note: If you're accessing a client customer, the manager's customer id must be set in the 'login-customer-id' header.";
  return refuse(403, { authorizationError: "USER_PERMISSION_DENIED" }, message);
}

function search({ world, version, customer, body }: Call): SimulatedAnswer {
  if (!/^\s*SELECT\s+customer\.id\s+FROM\s+customer\b/i.test(String(body["query"] ?? ""))) {
    const errorCode = { queryError: "UNRECOGNIZED_FIELD" };
    return adsAnswer(
      400,
      { errorCode, message: "The simulator answers SELECT customer.id FROM customer." },
      { world, version },
    );
  }
  const results = [{ customer: { resourceName: `customers/${customer}`, id: customer } }];
  return { status: 200, body: { results, fieldMask: "customer.id" } };
}

function upload({ world, version, customer, body }: Call, service: Service): SimulatedAnswer {
  const refuse = (errorCode: Record<string, string>, message: string, fieldName?: string) =>
    adsAnswer(
      400,
      { errorCode, message, ...(fieldName === undefined ? {} : { path: [{ fieldName }] }) },
      { world, version },
    );
  const rows = body[service.rows];
  if (!Array.isArray(rows) || rows.length === 0) {
    return refuse({ fieldError: "REQUIRED" }, "The required field was not present.", service.rows);
  }
  if (body["partialFailure"] !== true) {
    return refuse({ partialFailureError: "PARTIAL_FAILURE_MODE_REQUIRED" }, "The partial failure field must be true.");
  }
  if (rows.length > MAX_ROWS)
    return refuse({ [service.errors]: service.tooMany }, `At most ${MAX_ROWS} rows are allowed.`);
  const seen = new Set<string>();
  const verdicts = rows.map((row: unknown) => service.check(isRecord(row) ? row : {}, { world, customer, seen }));
  const isDry = body["validateOnly"] === true;
  const results = verdicts.map((verdict, index) => {
    if ("error" in verdict) return {};
    if (!isDry) remember(verdict, rows[index], world);
    return verdict.result;
  });
  const errors = verdicts.flatMap((verdict, index) => ("error" in verdict ? [adsError(verdict, service, index)] : []));
  const shown: JsonRecord = isDry ? {} : { results, jobId: String(2 ** 31 + world.nextNumber()) };
  if (errors.length > 0) shown["partialFailureError"] = partialFailure(errors, { world, version });
  return { status: 200, body: shown };
}

function remember(verdict: TakenRow, payload: unknown, world: World): void {
  const { scope, name, key } = verdict;
  world.record({ scope, name, dedupeKey: key, payload, receivedAt: world.now(), isTest: false });
}

function adsError(verdict: RowError, service: Service, index: number): AdsError {
  const inner = verdict.field === undefined ? [] : [{ fieldName: verdict.field }];
  return {
    errorCode: { [verdict.family ?? service.errors]: verdict.error },
    message: verdict.message,
    path: [{ fieldName: service.rows.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), index }, ...inner],
  };
}

/** Inside a 200: `google.rpc.Status`, whose code is gRPC's (3 is INVALID_ARGUMENT). */
function partialFailure(errors: readonly AdsError[], { world, version }: { world: World; version: number }): object {
  const requestId = `simulated${world.nextNumber()}`;
  const first = errors[0]?.message ?? "";
  const message = errors.length === 1 ? first : `Multiple errors in ‘details’. First error: ${first}`;
  return { code: 3, message, details: [adsFailure(errors, { version, requestId })] };
}
