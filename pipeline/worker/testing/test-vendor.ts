/** A vendor for tests: a connector whose answers are classified by status, and a sender that plays them. */
import {
  type AttemptFacts,
  type ConnectionSettings,
  type Connector,
  type DeliveryPlan,
  type DeliveryRecord,
  isJsonObject,
  type JsonValue,
  type PreparationPlan,
  type SettingsFault,
  type TokenPlan,
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
  /** What it carried where the vendor gives tokens. */
  token?: string;
}

/** A request for a token. */
interface Asked {
  /** Monotonic clock. */
  at: number;
  url: string;
  body: string;
  guarded: boolean;
  timeoutMs: number;
}

/** A request that prepares the vendor. */
interface Preparing extends Asked {
  method: string;
  /** What it carried. */
  token?: string;
}

export type PlayPreparing = (preparing: Preparing, index: number) => SendResult | Promise<SendResult>;

export type PlayToken = (asked: Asked, index: number) => SendResult | Promise<SendResult>;

export type Play = (sent: Sent, index: number) => SendResult | Promise<SendResult>;

export interface TestSender extends Sender {
  readonly sent: Sent[];
  play: Play;
  readonly asked: Asked[];
  /** By default `T1`, `T2`, … for an hour each. */
  playToken: PlayToken;
  readonly preparing: Preparing[];
  /** By default the table is not there when looked for, and made when told to. */
  playPreparing: PlayPreparing;
}

const TABLE_URL = "https://tables.example.com/";
const TOKEN_URL = "https://auth.example.com/token";

/** As OAuth servers answer. @param seconds it is good for */
export function given(token: string, seconds = 3_600): SendResult {
  return answer(200, { body: JSON.stringify({ access_token: token, expires_in: seconds }) });
}

export function answer(status: number, facts: { headers?: Record<string, string>; body?: string } = {}): SendResult {
  return { kind: "response", response: { status, headers: facts.headers ?? {}, body: facts.body ?? "" } };
}

export function failed(reason: "timeout" | "network" | "tls" | "blocked_address"): SendResult {
  return { kind: "failed", reason, detail: `It failed: ${reason}.` };
}

export function testSender(monotonic: () => number, play: Play = () => answer(200)): TestSender {
  const sent: Sent[] = [];
  const asked: Asked[] = [];
  const preparing: Preparing[] = [];
  return {
    sent,
    play,
    asked,
    playToken: (_, index) => given(`T${index + 1}`),
    preparing,
    playPreparing: ({ method }) => answer(method === "GET" ? 404 : 200),
    async send(request, { guarded, timeoutMs }) {
      if (request.url.startsWith(TABLE_URL)) {
        const { method, url, body, headers } = request;
        const carried = headers["Authorization"] === undefined ? {} : { token: headers["Authorization"] };
        preparing.push({ at: monotonic(), method, url, body: String(body), guarded, timeoutMs, ...carried });
        return this.playPreparing(preparing.at(-1) as Preparing, preparing.length - 1);
      }
      if (request.url.startsWith(TOKEN_URL)) {
        asked.push({ at: monotonic(), url: request.url, body: String(request.body), guarded, timeoutMs });
        return this.playToken(asked.at(-1) as Asked, asked.length - 1);
      }
      const body = JSON.parse(String(request.body)) as Omit<Sent, "at" | "url">;
      const one = { at: monotonic(), url: request.url, ...body };
      sent.push(one);
      return this.play(one, sent.length - 1);
    },
    async close() {},
  };
}

/** Parameters it takes: `fanOut` (requests a batch), `fault` (a settings fault), `url`, `account` (its requests carry a token), `table` (404 is prepared for), `guarded`. */
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
        guarded: parameters.guarded === true,
        ...(typeof parameters.account === "string" && { token: tokenPlan(parameters.account, secrets.token ?? "") }),
        ...(typeof parameters.table === "string" && { preparation: preparationPlan(parameters.table) }),
        build: (deliveries, facts) => build(deliveries, facts, settings),
        classify,
      };
    },
    ...overrides,
  };
}

function tokenPlan(account: string, secret: string): TokenPlan {
  return {
    key: account,
    request() {
      if (secret === "explode") throw new TypeError("This key cannot be signed with.");
      const body = String(new URLSearchParams({ grant_type: "client_credentials", client_secret: secret }));
      return { method: "POST", url: `${TOKEN_URL}?account=${account}`, headers: {}, body, covers: [] };
    },
    read({ status, headers, body }, now) {
      const reason = `The token endpoint answered ${status}. ${body}`;
      const retryAfter = headers["retry-after"];
      if (status === 429) return { kind: "throttle", reason, retryAfterMs: Number(retryAfter ?? 0) * 1_000 };
      if (status >= 500) return { kind: "retry", reason };
      if (status >= 400) return { kind: "misconfigured", reason };
      const parsed = JSON.parse(body) as { access_token: string; expires_in: number };
      return { token: parsed.access_token, expiresAt: now + parsed.expires_in * 1_000 };
    },
  };
}

/** Looks for the table, and makes it where it is not. `explode` cannot be told, `endless` comes to no end. */
function preparationPlan(table: string): PreparationPlan {
  return {
    key: table,
    next(answers, { token }) {
      if (table === "explode") throw new TypeError("This cannot be told.");
      const last = answers.at(-1);
      const headers: Record<string, string> = token === undefined ? {} : { Authorization: token };
      const request = { url: `${TABLE_URL}${table}`, headers, body: null, covers: [] };
      if (last === undefined || table === "endless") return { send: { ...request, method: "GET" } };
      const reason = `The table could not be made (${last.status}). ${last.body}`;
      const wait = last.headers["retry-after"];
      if (last.status === 200) return { ready: true };
      if (last.status === 404 && answers.length === 1) return { send: { ...request, method: "POST", body: "{}" } };
      if (last.status === 401) return { kind: "refresh", reason };
      if (last.status === 429) return { kind: "throttle", reason, retryAfterMs: Number(wait ?? 0) * 1_000 };
      return { kind: last.status >= 500 ? "retry" : "misconfigured", reason };
    },
  };
}

function build(
  deliveries: readonly DeliveryRecord[],
  facts: AttemptFacts,
  { parameters, secrets }: Pick<ConnectionSettings, "parameters" | "secrets">,
): { requests: VendorRequest[]; refused: { index: number; reason: string }[] } {
  if (deliveries.some(({ payload }) => payload === "explode")) throw new TypeError("This payload cannot be built.");
  const refused = deliveries.flatMap(({ payload }, index) =>
    payload === "refuse" ? [{ index, reason: "It is refused." }] : [],
  );
  const covers = deliveries.map((_, index) => index).filter((index) => !refused.some((one) => one.index === index));
  const parts = typeof parameters.fanOut === "number" ? parameters.fanOut : 1;
  const requests = Array.from({ length: covers.length === 0 ? 0 : parts }, (_, part): VendorRequest => {
    const messageIds = covers.map((index) => deliveries[index]?.messageId ?? "");
    const body = {
      lane: deliveries[0]?.pipelineIntegrationId,
      messageIds,
      batchId: facts.batchId,
      part,
      secret: secrets.token ?? "",
      ...("token" in facts && { token: facts.token }),
    };
    return { method: "POST", url: text(parameters.url), headers: {}, body: JSON.stringify(body), covers };
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
  if (status === 404) return { kind: "prepare", reason };
  if (status === 413) return { kind: "reject", reason, bisect: true };
  if (status === 429) return { kind: "throttle", reason, ...retryAfter };
  return status < 500 ? { kind: "reject", reason } : { kind: "retry", reason, ...retryAfter };
}
