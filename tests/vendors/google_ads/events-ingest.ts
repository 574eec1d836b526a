/** The Data Manager API: `POST /v1/events:ingest` and `GET /v1/requestStatus:retrieve`. */
import type { SimulatedRequest } from "../simulated-request.ts";
import type { SimulatedAnswer } from "../simulator.ts";
import { type JsonRecord, isRecord, mediaType, readJson } from "../strict.ts";
import type { Credential, World } from "../world.ts";
import { findFieldWarnings } from "./field-warning.ts";
import { type FieldViolation, dataManagerFault, frontEnd } from "./google-fault.ts";
import { INGEST_REQUEST, checkEvent, diagnose } from "./ingested-event.ts";
import { readMessage } from "./message-shape.ts";
import { authorize } from "./oauth.ts";

const NEEDED = { scope: "https://www.googleapis.com/auth/datamanager", service: "datamanager.googleapis.com" };
const MAX_EVENTS = 2000;
const MAX_DESTINATIONS = 10;
const DEDUPE_WINDOW_MS = Infinity;

export function answerDataManager(request: SimulatedRequest, world: World): SimulatedAnswer {
  const call = `${request.method} ${request.url.pathname}`;
  if (call !== "POST /v1/events:ingest" && call !== "GET /v1/requestStatus:retrieve") return frontEnd.notFound();
  const authorized = authorize(request, world, NEEDED);
  if ("answer" in authorized) return authorized.answer;
  return request.method === "GET" ? retrieveStatus(request, world) : ingest(request, world, authorized.token);
}

/** Accepted requests are processed later; what became of them is asked for by the request's id. */
function retrieveStatus(request: SimulatedRequest, world: World): SimulatedAnswer {
  const id = request.url.searchParams.get("requestId") ?? "";
  const kept = world.object("request", id)?.facts;
  if (kept === undefined) {
    const violations = [
      { field: "request_id", description: "The request ID is not valid.", reason: "INVALID_REQUEST_ID" },
    ];
    return invalid(world, violations);
  }
  const errorCounts = Object.entries(kept["errors"] as Record<string, number>).map(([reason, count]) => ({
    recordCount: String(count),
    reason: `PROCESSING_ERROR_REASON_${reason}`,
  }));
  const total = Number(kept["count"]);
  const failed = Object.values(kept["errors"] as Record<string, number>).reduce((sum, count) => sum + count, 0);
  const requestStatus = failed === 0 ? "SUCCESS" : failed < total ? "PARTIAL_SUCCESS" : "FAILED";
  const status = {
    destination: kept["destination"],
    requestStatus,
    ...(failed === 0 ? {} : { errorInfo: { errorCounts } }),
    eventsIngestionStatus: { recordCount: String(total) },
  };
  return { status: 200, body: { requestStatusPerDestination: [status] } };
}

function invalid(world: World, violations: readonly FieldViolation[]): SimulatedAnswer {
  const message = "There was a problem with the request.";
  return dataManagerFault(world, { status: 400, message, reason: "INVALID_ARGUMENT", violations });
}

function ingest(request: SimulatedRequest, world: World, token: Credential): SimulatedAnswer {
  if (mediaType(request) !== "application/json") return frontEnd.badContentType(mediaType(request));
  const read = readJson(request);
  if ("fault" in read) return frontEnd.badJson(read.message);
  if (!isRecord(read.value)) return frontEnd.badJson("Root element must be a message.");
  const message = readMessage(read.value, INGEST_REQUEST);
  if ("fault" in message) return frontEnd.badShape(message.fault);
  const body = message.value;
  const destinations = (body["destinations"] ?? []) as JsonRecord[];
  const events = (body["events"] ?? []) as JsonRecord[];
  const violations = [...checkRequest(body, destinations, events), ...destinations.flatMap(checkDestination)];
  if (violations.length === 0)
    violations.push(...events.flatMap((event, index) => checkEvent(event, { index, body, destinations })));
  if (violations.length > 0) return invalid(world, violations);
  const refused = checkAccess(destinations, world, token) ?? checkUse({ destinations, events }, world);
  if (refused !== null) return refused;
  const requestId = `simulated-request-${world.nextNumber()}`;
  const fieldWarnings = findFieldWarnings(events);
  // The id of a dry run is of no use: there is no status to be had of it.
  if (body["validateOnly"] !== true) accept({ destinations, events, body, requestId }, world);
  world.warnings.push(...fieldWarnings.map(({ reason, field }) => `${reason} ${field}`));
  return { status: 200, body: fieldWarnings.length === 0 ? { requestId } : { requestId, fieldWarnings } };
}

function violation(field: string, reason: string, description: string): FieldViolation {
  return { field, description, reason };
}

function checkRequest(body: JsonRecord, destinations: JsonRecord[], events: JsonRecord[]): FieldViolation[] {
  const found: FieldViolation[] = [];
  if (destinations.length === 0)
    found.push(violation("destinations", "REQUIRED_FIELD_MISSING", "Required field is missing."));
  if (destinations.length > MAX_DESTINATIONS) {
    found.push(
      violation("destinations", "TOO_MANY_DESTINATIONS", `At most ${MAX_DESTINATIONS} destinations are allowed.`),
    );
  }
  if (events.length === 0) found.push(violation("events", "REQUIRED_FIELD_MISSING", "Required field is missing."));
  if (events.length > MAX_EVENTS)
    found.push(violation("events", "TOO_MANY_EVENTS", `At most ${MAX_EVENTS} events are allowed.`));
  const hasUserData = events.some((event) => event["userData"] !== undefined);
  const { encoding } = body;
  if (hasUserData && encoding === undefined) {
    found.push(violation("encoding", "REQUIRED_FIELD_MISSING", "Required field is missing."));
  } else if (encoding !== undefined && !["HEX", "BASE64"].includes(encoding as string)) {
    found.push(violation("encoding", "INVALID_ENUM_VALUE", "Enum value cannot be used."));
  }
  const references = destinations.map((destination) => destination["reference"]).filter((one) => one !== undefined);
  if (new Set(references).size < references.length) {
    found.push(
      violation("destinations", "DUPLICATE_DESTINATION_REFERENCE", "Two destinations have the same reference."),
    );
  }
  return found;
}

function checkDestination(destination: JsonRecord, index: number): FieldViolation[] {
  const at = `destinations[${index}]`;
  const found = ["operatingAccount", "loginAccount", "linkedAccount"].flatMap((key) => {
    const account = destination[key];
    const path = `${at}.${key.replace("Account", "_account")}`;
    if (account === undefined && key !== "operatingAccount") return [];
    return checkAccount(isRecord(account) ? account : {}, path);
  });
  const product = destination["productDestinationId"];
  if (product === undefined || product === "") {
    found.push(violation(`${at}.product_destination_id`, "REQUIRED_FIELD_MISSING", "Required field is missing."));
  } else if (!/^\d+$/.test(String(product))) {
    found.push(violation(`${at}.product_destination_id`, "INVALID_NUMBER_FORMAT", "String is not a valid number."));
  }
  return found;
}

function checkAccount(account: JsonRecord, at: string): FieldViolation[] {
  const type = account["accountType"] ?? account["product"];
  const id = account["accountId"];
  const found: FieldViolation[] = [];
  if (type === undefined)
    found.push(violation(`${at}.account_type`, "REQUIRED_FIELD_MISSING", "Required field is missing."));
  else if (!["GOOGLE_ADS", "DATA_PARTNER"].includes(type as string)) {
    found.push(violation(`${at}.account_type`, "INVALID_ENUM_VALUE", "Enum value cannot be used."));
  }
  if (id === undefined || id === "")
    found.push(violation(`${at}.account_id`, "REQUIRED_FIELD_MISSING", "Required field is missing."));
  else if (!/^\d+$/.test(String(id))) {
    found.push(violation(`${at}.account_id`, "INVALID_NUMBER_FORMAT", "String is not a valid number."));
  }
  return found;
}

/** An account that one may not use and one that does not exist look the same. */
function checkAccess(destinations: JsonRecord[], world: World, token: Credential): SimulatedAnswer | null {
  for (const [index, destination] of destinations.entries()) {
    const [operating, login] = ["operatingAccount", "loginAccount"].map((key) =>
      String((destination[key] as JsonRecord | undefined)?.["accountId"] ?? ""),
    );
    const customer = world.object("customer", operating ?? "");
    const isManaged = login === "" || login === operating || customer?.facts?.["manager"] === login;
    const mayUse = [operating, login].some((id) => token.reaches.includes(id ?? ""));
    if (customer === null || !mayUse || !isManaged) {
      const message = "The caller does not have permission";
      return dataManagerFault(world, { status: 403, message, reason: "PERMISSION_DENIED" });
    }
    if (customer.facts?.["terms_signed"] !== true) {
      const reason = "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED";
      return invalid(world, [
        violation(`destinations[${index}]`, reason, "The terms for enhanced conversions are not signed."),
      ]);
    }
    const action = world.object("conversion_action", String(destination["productDestinationId"]));
    if (action === null || action.facts?.["customer"] !== operating) {
      const at = `destinations[${index}].product_destination_id`;
      return invalid(world, [violation(at, "INVALID_CONVERSION_ACTION_ID", "Conversion action ID is not valid.")]);
    }
  }
  return null;
}

/** What the accounts and actions ask of the events: an action of tags takes them only as a second source, told by transaction. */
function checkUse(sent: Pick<Accepted, "destinations" | "events">, world: World): SimulatedAnswer | null {
  for (const destination of sent.destinations) {
    const action = world.object("conversion_action", String(destination["productDestinationId"]))?.facts;
    const account = world.object("customer", String(action?.["customer"]))?.facts;
    for (const [index, event] of sent.events.entries()) {
      if (!isMeant(event, destination)) continue;
      if (action?.["type"] === "WEBPAGE" && (event["transactionId"] ?? "") === "") {
        const field = `events[${index}].transaction_id`;
        return invalid(world, [violation(field, "REQUIRED_FIELD_MISSING", "Required field is missing.")]);
      }
      const isForLeads = action?.["type"] === "UPLOAD_CLICKS" && event["userData"] !== undefined;
      if (isForLeads && account?.["leads_enabled"] !== true) {
        const reason = "DESTINATION_ACCOUNT_NOT_ENABLED_ENHANCED_CONVERSIONS_FOR_LEADS";
        return invalid(world, [
          violation(`events[${index}]`, reason, "Enhanced conversions for leads are not enabled."),
        ]);
      }
    }
  }
  return null;
}

interface Accepted {
  destinations: JsonRecord[];
  events: JsonRecord[];
  body: JsonRecord;
  requestId: string;
}

function accept({ destinations, events, body, requestId }: Accepted, world: World): void {
  for (const destination of destinations) {
    const errors: Record<string, number> = {};
    const scope = String(destination["productDestinationId"]);
    const meant = events.filter((event) => isMeant(event, destination));
    for (const event of meant) {
      const id = event["transactionId"];
      const dedupeKey = typeof id === "string" && id !== "" ? id : null;
      const kept = { scope, name: scope, dedupeKey, payload: event, receivedAt: world.now(), isTest: false };
      const problem = diagnose(event, body, world);
      const restates = isAdjustment(event, world.accepted.findLast((one) => isOf(one, { scope, dedupeKey }))?.payload);
      const isCopy = problem === null && world.record(kept, DEDUPE_WINDOW_MS).isDuplicate && !restates;
      const reason = isCopy ? "DUPLICATE_TRANSACTION_ID" : problem;
      if (reason !== null) {
        errors[reason] = (errors[reason] ?? 0) + 1;
        world.warnings.push(`${reason} ${String(id ?? "")}`.trim());
      }
    }
    world.objects.push({ kind: "request", id: requestId, facts: { destination, count: meant.length, errors } });
  }
}

function isOf(kept: World["accepted"][number], { scope, dedupeKey }: { scope: string; dedupeKey: string | null }) {
  return dedupeKey !== null && kept.scope === scope && kept.dedupeKey === dedupeKey;
}

/** An event with the id of an earlier one adjusts it: its value replaces that one's, and the conversion still counts once. */
function isAdjustment(event: JsonRecord, earlier: unknown): boolean {
  return isRecord(earlier) && event["conversionValue"] !== earlier["conversionValue"];
}

function isMeant(event: JsonRecord, destination: JsonRecord): boolean {
  const references = event["destinationReferences"];
  return !Array.isArray(references) || references.length === 0 || references.includes(destination["reference"]);
}
