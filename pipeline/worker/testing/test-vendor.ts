/** A vendor for tests: a connector whose answers are classified by status, and a sender that plays them. */
import {
  type Connector,
  type DeliveryPlan,
  type DeliveryRecord,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type SettingsFault,
  type VendorOutcome,
  type VendorRequest,
  type VendorResponse,
} from "@datafly-signal/core";
import type { SendResult, Sender } from "../http/sender.ts";

/** What a request of the test vendor says. */
export interface Sent {
  /** Monotonic clock. */
  at: number;
  url: string;
  lane: string;
  messageIds: string[];
  batchId: string;
  /** Which request of a fan-out. */
  part: number;
  secret: string;
}

export type Play = (sent: Sent, index: number) => SendResult | Promise<SendResult>;

export interface TestSender extends Sender {
  readonly sent: Sent[];
  play: Play;
}

export function answer(status: number, facts: { headers?: Record<string, string>; body?: string } = {}): SendResult {
  return { kind: "response", response: { status, headers: facts.headers ?? {}, body: facts.body ?? "" } };
}

export function failed(reason: "timeout" | "network" | "tls" | "blocked_address"): SendResult {
  return { kind: "failed", reason, detail: `It failed: ${reason}.` };
}

export function testSender(monotonic: () => number, play: Play = () => answer(200)): TestSender {
  const sent: Sent[] = [];
  return {
    sent,
    play,
    async send(request) {
      const body = JSON.parse(String(request.body)) as Omit<Sent, "at" | "url">;
      const one = { at: monotonic(), url: request.url, ...body };
      sent.push(one);
      return this.play(one, sent.length - 1);
    },
    async close() {},
  };
}

/** Parameters it takes: `fanOut` (requests a batch), `fault` (a settings fault), `url`. */
export function testConnector(overrides: Partial<Connector> = {}): Connector {
  return {
    key: "test_vendor",
    name: "Test vendor",
    description: "A vendor for tests.",
    category: "other",
    status: "ga",
    website: "https://vendor.example.com",
    api: { version: "1", documentation: "https://vendor.example.com/docs" },
    config_fields: [],
    variants: [],
    limits: { rps: 1e6, daily: 0, batch: { size: 1, bytes: 1e6, intervalMs: 0 }, concurrency: 10 },
    consent_categories: [],
    plan(settings): DeliveryPlan | SettingsFault[] {
      const { parameters, secrets } = settings;
      if (typeof parameters.fault === "string") return [{ field: "fault", message: parameters.fault }];
      return {
        batch: { ...this.limits.batch, ...settings.batch },
        timeoutMs: 30_000,
        maxRetries: typeof parameters.maxRetries === "number" ? parameters.maxRetries : 5,
        guarded: false,
        build: (deliveries, facts) =>
          build(deliveries, { batchId: facts.batchId, parameters, secret: secrets.token ?? "" }),
        classify,
      };
    },
    ...overrides,
  };
}

function build(
  deliveries: readonly DeliveryRecord[],
  facts: { batchId: string; parameters: JsonObject; secret: string },
): { requests: VendorRequest[]; refused: { index: number; reason: string }[] } {
  if (deliveries.some(({ payload }) => payload === "explode")) throw new TypeError("This payload cannot be built.");
  const refused = deliveries.flatMap(({ payload }, index) =>
    payload === "refuse" ? [{ index, reason: "It is refused." }] : [],
  );
  const covers = deliveries.map((_, index) => index).filter((index) => !refused.some((one) => one.index === index));
  const parts = typeof facts.parameters.fanOut === "number" ? facts.parameters.fanOut : 1;
  const requests = Array.from({ length: covers.length === 0 ? 0 : parts }, (_, part): VendorRequest => {
    const messageIds = covers.map((index) => deliveries[index]?.messageId ?? "");
    const body = {
      lane: deliveries[0]?.pipelineIntegrationId,
      messageIds,
      batchId: facts.batchId,
      part,
      secret: facts.secret,
    };
    return { method: "POST", url: text(facts.parameters.url), headers: {}, body: JSON.stringify(body), covers };
  });
  return { requests, refused };
}

function text(value: JsonValue | undefined): string {
  return typeof value === "string" ? value : "https://vendor.example.com/events";
}

/** 200, or a JSON body `{failing: {messageId: status}}` for single events. */
function classify(response: VendorResponse, request: VendorRequest): VendorOutcome[] {
  const ids = (JSON.parse(String(request.body)) as { messageIds: string[] }).messageIds;
  const body: unknown = response.body.startsWith("{") ? JSON.parse(response.body) : null;
  const failing = isJsonObject(body) && isJsonObject(body.failing) ? body.failing : {};
  return ids.map((id) => outcomeOf(Number(failing[id] ?? response.status), response));
}

function outcomeOf(status: number, response: VendorResponse): VendorOutcome {
  const seconds = Number(response.headers["retry-after"] ?? NaN);
  const retryAfter = Number.isNaN(seconds) ? {} : { retryAfterMs: seconds * 1000 };
  const reason = `The vendor answered ${status}. ${response.body}`;
  if (status < 300) return { kind: "delivered" };
  if (status === 401) return { kind: "refresh", reason };
  if (status === 403) return { kind: "misconfigured", reason };
  if (status === 413) return { kind: "reject", reason, bisect: true };
  if (status === 429) return { kind: "throttle", reason, ...retryAfter };
  return status < 500 ? { kind: "reject", reason } : { kind: "retry", reason, ...retryAfter };
}
