/** The cases of a vendor's folder: events in and exact requests out, answers in and outcomes out, settings in and faults out. */
import { generateKeyPairSync } from "node:crypto";
import { gunzipSync } from "node:zlib";
import type {
  AttemptFacts,
  BuiltRequests,
  ConnectionSettings,
  ConnectionTestResult,
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

type GivenResponse = Partial<VendorResponse> & { status: number };

/** A request as cases write it: a body of JSON as its value, of NDJSON as a list of values, unpacked where it is compressed. */
export type WrittenRequest = Omit<VendorRequest, "body"> & { body: JsonValue };

/** What `cases/*.json` holds: an object with one kind of expectation. */
export interface ContractCase {
  name: string;
  /** What is left out is empty, the environment production. */
  settings: Partial<ConnectionSettings>;
  /** The events that deliveries are made of; `payload` is the event where it is left out. */
  deliveries?: { event: JsonObject; payload?: JsonValue; vendorEventName?: string }[];
  facts?: Partial<AttemptFacts>;
  requests?: WrittenRequest[];
  refused?: BuiltRequests["refused"];
  /** The answer to the first request of all deliveries, and what it means: for all of them, or one by one. */
  answers?: { response: GivenResponse; outcome?: VendorOutcome; outcomes?: VendorOutcome[] }[];
  faults?: SettingsFault[];
  /** What the connection test sends. */
  test_request?: WrittenRequest;
  /** The answer to the connection test, and what it tells. */
  tests?: { response: GivenResponse; result: Partial<ConnectionTestResult> & { ok: boolean } }[];
}

const KINDS = ["answers", "faults", "tests", "test_request"] as const;
const KNOWN = new Set<string>(["name", "settings", "deliveries", "facts", "requests", "refused", ...KINDS]);

/** What is wrong with the shape of a case; empty when nothing is. */
export function caseFaults(content: ContractCase): string[] {
  const { name, settings, deliveries, requests, refused, answers } = content;
  const found = Object.keys(content)
    .filter((key) => !KNOWN.has(key))
    .map((key) => `unknown key "${key}"`);
  if (typeof name !== "string" || name === "") found.push("name is missing");
  if (typeof settings !== "object") found.push("settings are missing");
  const kinds = [requests ?? refused, ...KINDS.map((kind) => content[kind])].filter((each) => each !== undefined);
  const isTest = content.tests !== undefined || content.test_request !== undefined;
  if (isTest ? (requests ?? refused ?? answers ?? content.faults) !== undefined : kinds.length !== 1) {
    found.push("it must expect one of requests (or refused), answers, faults, tests (with or without test_request)");
  }
  if (content.faults === undefined && !isTest && (deliveries ?? []).length === 0) found.push("it has no deliveries");
  for (const list of [answers, content.faults, content.tests]) if (list?.length === 0) found.push("it expects nothing");
  for (const { outcome, outcomes } of answers ?? []) {
    if ((outcome === undefined) === (outcomes === undefined)) found.push("an answer has outcome or outcomes");
  }
  return found;
}

/** Stands for the key file of a service account: a real key, made for the run, so that none is kept. */
const ACCOUNT_MARK = "{{service_account}}";

const serviceAccount = ((): (() => string) => {
  let text: string | undefined;
  return () => {
    text ??= JSON.stringify({
      type: "service_account",
      project_id: "project-1",
      private_key_id: "key-1",
      private_key: generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey.export({
        type: "pkcs8",
        format: "pem",
      }),
      client_email: "signal@project-1.iam.gserviceaccount.com",
    });
    return text;
  };
})();

export function caseSettings({ settings }: Pick<ContractCase, "settings">): ConnectionSettings {
  const secrets = Object.entries(settings.secrets ?? {}).map(([key, value]) => [
    key,
    value === ACCOUNT_MARK ? serviceAccount() : value,
  ]);
  return { parameters: {}, batch: {}, environment: "production", ...settings, secrets: Object.fromEntries(secrets) };
}

/** The plan of a case, or its faults. */
export function planCase(connector: Connector, content: ContractCase): DeliveryPlan | SettingsFault[] {
  return connector.plan(caseSettings(content));
}

export const CASE_NOW = Date.UTC(2026, 1, 25, 14, 30);

export function caseFacts({ facts }: Pick<ContractCase, "facts">): AttemptFacts {
  return { now: CASE_NOW, batchId: "batch-1", token: "token-1", ...facts };
}

export function caseDeliveries({ deliveries = [] }: ContractCase): DeliveryRecord[] {
  return deliveries.map(({ event, payload, vendorEventName }, index) =>
    deliveryOf(event, { index, vendorEventName: vendorEventName ?? null, ...(payload !== undefined && { payload }) }),
  );
}

/** What a plan builds of a case's deliveries. */
export function buildCase(plan: DeliveryPlan, content: ContractCase): BuiltRequests {
  return plan.build(caseDeliveries(content), caseFacts(content));
}

/** The delivery of an event; the payload is the event where none is given. */
export function deliveryOf(
  given: JsonObject,
  { index, payload, vendorEventName }: { index: number; payload?: JsonValue; vendorEventName: string | null },
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
    vendorEventName,
    payload: payload ?? event,
    event,
    consent: null,
    timestamp: event.timestamp,
    receivedAt: event.receivedAt,
    raw: { partition: 0, offset: index },
  };
}

/** A request as cases write it, so that two are compared by what they say; secrets stand as `<key>`. */
export function writtenRequest(request: VendorRequest, secrets: Readonly<Record<string, string>> = {}): WrittenRequest {
  const written = { ...request, body: writtenBody(request) };
  let text = JSON.stringify(written);
  for (const [key, secret] of Object.entries(secrets).filter(([, secret]) => secret.length >= 4)) {
    for (const spelling of [JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
      text = text.replaceAll(spelling, `<${key}>`);
    }
  }
  return JSON.parse(text) as WrittenRequest;
}

/** The value of JSON, a list of values of NDJSON, else the text, unpacked where it is compressed; base64 where it is no text. */
export function writtenBody({ body, headers }: Pick<VendorRequest, "body" | "headers">): JsonValue {
  if (body === null) return null;
  const text = typeof body === "string" ? body : textOf(body);
  if (text === null) return Buffer.from(body).toString("base64");
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  if (/ndjson|jsonl/i.test(type)) return text.split("\n").flatMap((line) => (line === "" ? [] : [parsedOr(line)]));
  return parsedOr(text);
}

function textOf(body: Uint8Array): string | null {
  const isGzip = body[0] === 0x1f && body[1] === 0x8b;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(isGzip ? gunzipSync(body) : body);
  } catch {
    return null;
  }
}

/** Only lists and objects: of anything else the text itself is what was sent. */
function parsedOr(text: string): JsonValue {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}

/** A case's own request in that form: a body of JSON may also be written as its text. */
export function expectedRequest(request: WrittenRequest): WrittenRequest {
  const { body } = request;
  return { ...request, body: typeof body === "string" ? parsedOr(body) : body };
}
