/** The connector contract: what a vendor's folder says, as data and pure functions. It never sends. */
import type { BatchLimits } from "../config/snapshot.ts";
import type { DeliveryRecord } from "../delivery/delivery.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import type { VendorSchema } from "../mapping/vendor-schema.ts";

export type VendorCategory = "advertising" | "analytics" | "attribution" | "cdp" | "cloud_storage" | "other";

/** A field of the install form, in the catalogue API's shape (product documentation, integration catalogue). */
export interface ConfigField {
  key: string;
  label: string;
  type: "string" | "secret" | "select" | "textarea";
  required: boolean;
  /** Of a required field: the key of another in whose stead it stands. Where that is given, this one may be left out. */
  unless?: string;
  placeholder?: string;
  help_text: string;
  /** For `select`. */
  options?: readonly string[];
  /** Other ways to write an option, in lower case, with the option that is meant: `us-01` for an instance's address. */
  spellings?: Readonly<Record<string, string>>;
  default?: JsonValue;
  /** What a value looks like: stands in faults and in the documentation. */
  example?: string;
  /** The whole value matches it, as in `^\d{5,20}$`. In connectors' own code: it is not bounded as users' patterns are. */
  pattern?: string;
  /** Characters at most; 4,096 unless said, 65,536 for `secret` and `textarea`. */
  max_length?: number;
  /** The text is a number within these bounds, whole unless `fraction`. */
  number?: { minimum: number; maximum: number; fraction?: true };
  /** The text is JSON of this kind. */
  json?: "object" | "array";
  /** The text is an address: `https` in production, without credentials. */
  url?: true;
}

export interface Variant {
  key: string;
  name: string;
  description: string;
  default_config: JsonObject;
}

/** A ready-made mapping for what a vendor's customers of one line of business send. */
export interface Blueprint {
  key: string;
  name: string;
  description: string;
  /** As in `retail`, `travel`, `media`. */
  vertical: string;
  /** The V2 mapping as YAML, with comments: it is edited after the install. */
  mapping: string;
}

/** Limits within the vendor's documented quota. `daily` 0 is none. */
export interface VendorLimits {
  rps: number;
  burst?: number;
  daily: number;
  batch: BatchLimits;
  /** Requests under way at once, per lane. */
  concurrency: number;
}

/** The connection settings of a lane with pipeline parameters filled in and secrets opened. Never logged, never stored. */
export interface ConnectionSettings {
  parameters: JsonObject;
  secrets: Record<string, string>;
  batch: Partial<BatchLimits>;
  environment: "development" | "production";
  /** Of integrations that say themselves how to deliver. */
  deliverySpec?: JsonObject | null;
}

/** A fault of a configuration: where, what, and the cure. */
export interface SettingsFault {
  field: string;
  message: string;
  /** Where in a field that holds a text of several lines, both from 1. */
  line?: number;
  column?: number;
}

/** An HTTP request, ready to send. `covers` are indexes into the deliveries it was made from. */
export interface VendorRequest {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  url: string;
  headers: Record<string, string>;
  body: string | Uint8Array | null;
  covers: number[];
  /** What the vendor calls each covered delivery, where its answers name events by an id. */
  ids?: readonly string[];
  /** How many items each covered delivery put into the body, where that is not one each: answers count those. */
  items?: readonly number[];
}

export interface VendorResponse {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** At most 64 KiB of the body, as text. */
  body: string;
}

/**
 * What the vendor's answer means for one event.
 * `retry` and `throttle` go on the ladder; `refresh` renews the token and repeats without spending a try;
 * `prepare`: the vendor lacks something that the plan's `preparation` can make there; once that is done the event is sent
 * again without spending a try, and where it is still lacking, on the ladder;
 * `reject` is dead-lettered at once, or, with `bisect`, sent again in halves while the request held several events;
 * `misconfigured` opens the lane's circuit. `reason` is one sentence without secrets.
 */
export type VendorOutcome =
  | { kind: "delivered" }
  | { kind: "retry" | "throttle"; reason: string; retryAfterMs?: number }
  | { kind: "refresh"; reason: string }
  | { kind: "prepare"; reason: string }
  | { kind: "misconfigured"; reason: string }
  | { kind: "reject"; reason: string; bisect?: true };

/** What the connector makes of a batch: requests, and deliveries it refuses to build (by index, with the reason). */
export interface BuiltRequests {
  requests: VendorRequest[];
  refused: { index: number; reason: string }[];
}

/** Facts of one attempt that are not the connector's to make. */
export interface AttemptFacts {
  /** Wall clock, epoch milliseconds. */
  now: number;
  /** Stable over the tries of one batch. */
  batchId: string;
  /** What the plan's `token` gave; left out where the plan has none. */
  token?: string;
}

/** How a token is had that requests carry for a while: asked for once for all lanes with the same key, and again before it ends. */
export interface TokenPlan {
  /** Tells tokens apart: equal keys are one token. Holds no secret in clear. */
  key: string;
  /** @param now wall clock, epoch milliseconds */
  request(now: number): VendorRequest | Promise<VendorRequest>;
  /** The token and when it ends (epoch milliseconds), or why there is none. */
  read(response: VendorResponse, now: number): VendorToken | TokenFailure;
}

export interface VendorToken {
  token: string;
  expiresAt: number;
}

export type TokenFailure = Extract<VendorOutcome, { kind: "retry" | "throttle" } | { kind: "misconfigured" }>;

/**
 * How what deliveries need is made at the vendor, as a table is: run when an answer comes to `prepare`, once for all lanes
 * with the same key, and bounded in requests and time.
 */
export interface PreparationPlan {
  /** Tells preparations apart: equal keys make the same thing. Holds no secret in clear. */
  key: string;
  /**
   * The next step. Pure: only the answers tell how far it is.
   * @param answers to all requests so far, in order; none at first
   */
  next(answers: readonly VendorResponse[], facts: PreparationFacts): PreparationStep;
}

/** `now` is of the wall clock; the token is that of the delivery which needs it. */
export type PreparationFacts = Pick<AttemptFacts, "now" | "token">;

export type PreparationStep = { send: VendorRequest } | { ready: true } | PreparationFailure;

export type PreparationFailure = Extract<
  VendorOutcome,
  { kind: "retry" | "throttle" } | { kind: "refresh" } | { kind: "misconfigured" }
>;

/** One request that changes nothing at the vendor, or as little as the vendor allows, and tells what is wrong with the settings. */
export interface ConnectionTest {
  request(facts: AttemptFacts): VendorRequest;
  read(response: VendorResponse): ConnectionTestResult;
}

/** `message` is for people: what happened, to what, and what to do now. `field` is the setting to look at. */
export type ConnectionTestResult =
  | { ok: true; message: string }
  | {
      ok: false;
      kind: "credentials" | "permission" | "not_found" | "limited" | "unavailable" | "unknown";
      field?: string;
      message: string;
    };

/** How one lane delivers, made once from its connection settings. Pure; opened secrets live only in here. */
export interface DeliveryPlan {
  batch: BatchLimits;
  timeoutMs: number;
  /** Tries after the first, at most 5. */
  maxRetries: number;
  /** The URL comes from the user: private and loopback addresses are refused unless the operator allows them. */
  guarded: boolean;
  /** Where requests carry a token that is had from the vendor: the worker brings it as `facts.token`. */
  token?: TokenPlan;
  /** Where deliveries need something at the vendor that can be made there: outcomes of kind `prepare` ask for it. */
  preparation?: PreparationPlan;
  /** Where the vendor's limit on the age of events is another with these settings than `Connector.maxEventAgeMs`. */
  maxEventAgeMs?: number;
  /** Left out where the vendor has nothing to ask. */
  test?: ConnectionTest;
  build(deliveries: readonly DeliveryRecord[], facts: AttemptFacts): BuiltRequests;
  /**
   * One outcome for each delivery that `request` covers, in the order of `covers`. `facts.now` is when the answer came:
   * without it a `Retry-After` given as a date counts from the answer's own `Date`.
   */
  classify(response: VendorResponse, request: VendorRequest, facts?: Pick<AttemptFacts, "now">): VendorOutcome[];
}

/** A vendor: one folder, `index.ts` exporting this as default. */
export interface Connector {
  key: string;
  name: string;
  description: string;
  category: VendorCategory;
  tags?: readonly string[];
  status: "ga" | "beta" | "alpha";
  website: string;
  /** The slug of the vendor's mark in simple-icons, where the folder has no `logo.svg`. */
  simple_icon?: string;
  api: { version: string; documentation: string };
  config_fields: readonly ConfigField[];
  variants: readonly Variant[];
  blueprints?: readonly Blueprint[];
  /** Usual events that the vendor has no place for, each with the reason in one sentence. */
  events_without?: Readonly<Record<string, string>>;
  /** The vendor knows no id by which it drops an event that came twice: why that is, in one sentence. */
  no_dedupe?: string;
  /** Integrations of this vendor say themselves how to deliver, in their `delivery_spec`. */
  takes_delivery_spec?: true;
  limits: VendorLimits;
  /** Categories asked for when the integration names none itself. */
  consent_categories: readonly string[];
  /** The vendor refuses events older than this, in milliseconds. */
  maxEventAgeMs?: number;
  /** The fields of the vendor's payload, for autocomplete, coverage and the check of previews. */
  schema?: VendorSchema;
  /** Settings that are wrong come back as faults, all at once. */
  plan(settings: ConnectionSettings): DeliveryPlan | SettingsFault[];
}
