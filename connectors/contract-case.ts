/** The cases of a vendor's folder: an event in and the exact request out, an answer in and the outcome out, settings in and their faults out. */
import type {
  AttemptFacts,
  BuiltRequests,
  ConnectionSettings,
  Connector,
  DeliveryPlan,
  DeliveryRecord,
  JsonObject,
  JsonValue,
  SettingsFault,
  SignalEvent,
  VendorOutcome,
  VendorRequest,
  VendorResponse,
} from "@datafly-signal/core";

/** What `cases/*.json` holds: an object with one kind of expectation. */
export interface ContractCase {
  name: string;
  /** What is left out is empty, the environment production. */
  settings: Partial<ConnectionSettings>;
  /** The events that deliveries are made of; `payload` is the event where it is left out. */
  deliveries?: { event: JsonObject; payload?: JsonValue }[];
  facts?: Partial<AttemptFacts>;
  requests?: VendorRequest[];
  refused?: BuiltRequests["refused"];
  /** The answer to each delivery's request, and what it means for all of them. */
  answers?: { response: Partial<VendorResponse> & { status: number }; outcome: VendorOutcome }[];
  faults?: SettingsFault[];
}

/** What is wrong with the shape of a case; empty when nothing is. */
export function caseFaults(content: ContractCase): string[] {
  const { name, settings, deliveries, requests, refused, answers, faults } = content;
  const known = new Set(["name", "settings", "deliveries", "facts", "requests", "refused", "answers", "faults"]);
  const found = Object.keys(content)
    .filter((key) => !known.has(key))
    .map((key) => `unknown key "${key}"`);
  if (typeof name !== "string" || name === "") found.push("name is missing");
  if (typeof settings !== "object") found.push("settings are missing");
  const kinds = [requests ?? refused, answers, faults].filter((each) => each !== undefined);
  if (kinds.length !== 1) found.push("it must expect one of requests (or refused), answers, faults");
  if (faults === undefined && (deliveries ?? []).length === 0) found.push("it has no deliveries");
  if (answers?.length === 0 || faults?.length === 0) found.push("it expects nothing");
  return found;
}

export function caseSettings({ settings }: ContractCase): ConnectionSettings {
  return { parameters: {}, secrets: {}, batch: {}, environment: "production", ...settings };
}

/** The plan of a case, or its faults. */
export function planCase(connector: Connector, content: ContractCase): DeliveryPlan | SettingsFault[] {
  return connector.plan(caseSettings(content));
}

/** What a plan builds of a case's deliveries. */
export function buildCase(plan: DeliveryPlan, content: ContractCase): BuiltRequests {
  const facts = { now: Date.UTC(2026, 1, 25, 14, 30), batchId: "batch-1", ...content.facts };
  return plan.build((content.deliveries ?? []).map(caseDelivery), facts);
}

function caseDelivery(
  { event: given, payload }: { event: JsonObject; payload?: JsonValue },
  index: number,
): DeliveryRecord {
  const timestamp = "2026-02-25T14:30:00.000Z";
  const messageId = `message-${index + 1}`;
  const event = { type: "track", messageId, timestamp, receivedAt: timestamp, context: {}, ...given } as SignalEvent;
  return {
    v: 1,
    deliveryId: `pi_case:${event.messageId}`,
    messageId: event.messageId,
    pipelineId: "pip_case",
    integrationId: "tmpl_case",
    pipelineIntegrationId: "pi_case",
    revision: 1,
    snapshot: 1,
    eventName: typeof event["event"] === "string" ? event["event"] : event.type,
    vendorEventName: null,
    payload: payload ?? event,
    event,
    consent: null,
    timestamp: event.timestamp,
    receivedAt: event.receivedAt,
    raw: { partition: 0, offset: index },
  };
}
