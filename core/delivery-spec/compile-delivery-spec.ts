/** Makes a lane's delivery plan of a delivery spec and its settings. Pure and bounded: templates are walked, never run. */
import type { BatchLimits } from "../config/snapshot.ts";
import type {
  ConfigField,
  ConnectionSettings,
  ConnectionTest,
  DeliveryPlan,
  SettingsFault,
} from "../connector/contract.ts";
import type { SettingValues } from "../connector/typed-settings.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import { formatPlace } from "../mapping/path.ts";
import { checkSchema } from "../mapping/schema-check.ts";
import { type Auth, readAuth } from "./auth.ts";
import { requestBuilder, type RequestParts } from "./build-requests.ts";
import { type AnswerFacts, type ClassifyAnswer, readResponses } from "./classify-response.ts";
import { readTest } from "./connection-test.ts";
import { readEncoding } from "./encode-body.ts";
import { eventReader } from "./event-items.ts";
import { type JsonTemplate, readJsonTemplate } from "./json-template.ts";
import { readHeaders } from "./request-headers.ts";
import { EACH_EVENT, EACH_REQUEST, Missing, readsEvent, type Scope, textOf } from "./scope.ts";
import { contentSigner } from "./sign-content.ts";
import type { SpecHooks } from "./spec-hooks.ts";
import { addSpecFault, readText, type SpecReading } from "./spec-reading.ts";
import { type DeliverySpec, DeliverySpecSchema } from "./spec-schema.ts";
import type { RequestLimits } from "./split-batch.ts";
import { placeholdersOf, type Placeholder } from "./template-text.ts";
import { readUrl, type UrlTemplate } from "./url-template.ts";

export interface SpecOptions {
  /** The connector's fields: missing settings are then named by them. */
  fields?: readonly ConfigField[];
  /** Checked settings with their defaults, secrets among them, in place of those in `settings`. */
  values?: SettingValues;
  /** The vendor's limits of a request; the spec may lower them, and the integration's settings both. */
  limits: BatchLimits;
  hooks?: SpecHooks;
  /** The spec is a user's: its addresses may lead anywhere. */
  guarded?: true;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_RETRIES = 5;
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/**
 * The plan, or everything that is wrong with spec and settings at once (never empty). Faults of the spec have the field
 * `delivery_spec.<path>`, faults of settings the setting's key.
 * @param given the spec: a connector's own, or what a user wrote, which is then checked against the schema first
 */
export function compileDeliverySpec(
  given: DeliverySpec | JsonObject,
  settings: ConnectionSettings,
  options: SpecOptions,
): DeliveryPlan | SettingsFault[] {
  const shape = checkSchema(DeliverySpecSchema, given as JsonValue);
  if (shape.length > 0) return shape.map(faultOfShape);
  const spec = given as DeliverySpec;
  const reading = openReading(settings, options);
  const parts = readParts(reading, spec, settings, options);
  if (parts === undefined || reading.faults.length > 0) return distinct(reading.faults);
  const { request, classify, test, guarded, perEvent } = parts;
  const { hooks } = request;
  return {
    batch: batchLimits(request.limits, { spec, settings, options, perEvent }),
    timeoutMs: spec.timeout_ms ?? DEFAULT_TIMEOUT_MS,
    maxRetries: spec.max_retries ?? DEFAULT_RETRIES,
    guarded,
    ...(request.auth.token !== undefined && { token: request.auth.token }),
    ...(test !== undefined && { test }),
    build: requestBuilder(request),
    classify(response, sent, facts) {
      const now = facts?.now;
      const { covers, ids, items } = sent;
      const about = { count: covers.length, ...(ids !== undefined && { ids }), ...(items !== undefined && { items }) };
      const outcomes = classify(response, about, now);
      return hooks.classify?.(outcomes, { response, request: sent, now }) ?? outcomes;
    },
  };
}

function openReading(settings: ConnectionSettings, { fields, values }: SpecOptions): SpecReading {
  const { environment } = settings;
  const own = values === undefined ? undefined : (withoutMissing(values) as JsonObject);
  const scope: Scope = {
    config: own ?? settings.parameters,
    secret: own ?? settings.secrets,
    environment,
  };
  return { settings: scope, environment, fields, faults: [] };
}

function withoutMissing(values: SettingValues): SettingValues {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

interface Parts {
  request: RequestParts;
  classify: ClassifyAnswer;
  test: ConnectionTest | undefined;
  guarded: boolean;
  perEvent: boolean;
}

/** Reads all parts before any is given up, so that every fault is said at once. */
function readParts(
  reading: SpecReading,
  spec: DeliverySpec,
  settings: ConnectionSettings,
  options: SpecOptions,
): Parts | undefined {
  const { body, hooks = {} } = { body: spec.body, ...options };
  const url = readUrl(reading, "endpoint", spec.endpoint);
  const auth = readAuth(reading, spec.auth ?? { kind: "none" });
  const headers = readHeaders(reading, "headers", spec.headers ?? {});
  const envelope = readEnvelope(reading, spec);
  const perEvent = isPerEvent(spec, envelope);
  const encoding = readEncoding(reading, body, { envelope, perEvent });
  const grouping = readGrouping(reading, spec);
  const ids = readIds(reading, spec);
  const sign = spec.sign && contentSigner(reading, spec.sign);
  const answers = answerFacts(spec, settings, { auth, url });
  const classify = readRules(reading, spec, answers);
  const test = spec.test && auth && readTest(reading, { ...spec, test: spec.test }, { auth, answers, sign });
  if (url === undefined || auth === undefined || headers === undefined || encoding === undefined) return undefined;
  const shared = [...url.placeholders, ...headers.placeholders, ...(envelope?.placeholders ?? []), ...grouping];
  const readEvent = eventReader(reading, spec, {
    encoding,
    shared: shared.filter(readsEvent),
    collects: envelope?.collects ?? [],
    sendsEvents: envelope === undefined || envelope.takesOne || envelope.sendsMany,
    hooks,
    settings: reading.settings,
  });
  if (readEvent === undefined || classify === undefined) return undefined;
  const limits = requestLimits(spec, settings, options);
  return {
    request: {
      method: spec.endpoint.method ?? "POST",
      url,
      headers,
      encoding,
      auth,
      readEvent,
      limits: perEvent ? { ...limits, events: 1 } : limits,
      gzip: body.gzip === true,
      sign,
      hooks,
      idOf: ids,
    },
    classify,
    test,
    guarded: options.guarded === true || url.isOpen || auth.isOpen === true,
    perEvent,
  };
}

function readEnvelope(reading: SpecReading, { body }: DeliverySpec): JsonTemplate | undefined {
  if (body.envelope === undefined) return undefined;
  if (body.encoding === "ndjson" || body.encoding === "csv" || body.encoding === "none") {
    addSpecFault(reading, "body.envelope", `A body of ${body.encoding} has no envelope. Leave it out.`);
    return undefined;
  }
  return readJsonTemplate(reading, "body.envelope", { value: body.envelope, roots: EACH_REQUEST });
}

function isPerEvent({ requests, body }: DeliverySpec, envelope: JsonTemplate | undefined): boolean {
  if (requests !== undefined) return requests === "per_event";
  return !(body.encoding === "ndjson" || body.encoding === "csv" || envelope?.takesMany === true);
}

function readGrouping(reading: SpecReading, { group_by: texts = [] }: DeliverySpec): Placeholder[] {
  return texts.flatMap((text, index) => {
    const template = readText(reading, `group_by[${index}]`, { text, roots: EACH_EVENT });
    return template === undefined ? [] : placeholdersOf(template);
  });
}

/** What the vendor calls an event, only where its answers name events by it. */
function readIds(reading: SpecReading, { responses }: DeliverySpec): RequestParts["idOf"] {
  if (responses?.rules?.some(({ items }) => items?.by === "id") !== true) return undefined;
  const text = responses.event_id ?? "{{delivery.message_id}}";
  const template = readText(reading, "responses.event_id", { text, roots: EACH_EVENT });
  if (template === undefined) return undefined;
  return (scope) => {
    const id = textOf(template, scope);
    return id instanceof Missing ? "" : id;
  };
}

function answerFacts(
  spec: DeliverySpec,
  settings: ConnectionSettings,
  { auth, url }: { auth: Auth | undefined; url: UrlTemplate | undefined },
): AnswerFacts {
  const inBody = JSON.stringify([spec.body.envelope ?? null, spec.headers ?? null]);
  // A key in the body or a header is as much a credential as one in auth.
  const secrets = [...inBody.matchAll(/\{\{\s*secret\.([A-Za-z0-9_-]+)/g)].map(([, key]) => key ?? "");
  const credentials = [...new Set([...(auth?.fields ?? []), ...secrets])];
  return {
    // As they were given, and as they are sent.
    secrets: Object.values(settings.secrets).flatMap((secret) => [secret, secret.trim()]),
    credentials,
    addresses: (url?.settings ?? []).filter((key) => !credentials.includes(key)),
    renews: auth?.token !== undefined,
  };
}

function readRules(
  reading: SpecReading,
  { responses = {} }: DeliverySpec,
  facts: AnswerFacts,
): ClassifyAnswer | undefined {
  const read = readResponses(responses, facts);
  if ("classify" in read) return read.classify;
  for (const { place, message } of read.faults) addSpecFault(reading, `responses.${place}`, message);
  return undefined;
}

function requestLimits(
  { batch = {} }: DeliverySpec,
  settings: ConnectionSettings,
  { limits }: SpecOptions,
): RequestLimits {
  const { size, bytes } = settings.batch;
  const lowest = (...bounds: (number | undefined)[]): number =>
    Math.min(...bounds.filter((bound) => bound !== undefined && bound >= 1).map(Number));
  return {
    events: lowest(limits.size, batch.events, size),
    items: batch.items ?? NO_LIMIT,
    bytes: lowest(limits.bytes, batch.bytes, bytes),
  };
}

/** What the worker gathers: within the limits of a request; one request an event has no reason to wait for others. */
function batchLimits(
  { events, bytes }: RequestLimits,
  about: { spec: DeliverySpec; settings: ConnectionSettings; options: SpecOptions; perEvent: boolean },
): BatchLimits {
  const { spec, settings, options, perEvent } = about;
  if (perEvent) return { size: 1, bytes, intervalMs: 0 };
  return {
    size: events,
    bytes,
    intervalMs: settings.batch.intervalMs ?? spec.batch?.interval_ms ?? options.limits.intervalMs,
  };
}

function faultOfShape({ place, message }: { place: (string | number)[]; message: string }): SettingsFault {
  const path = formatPlace(["delivery_spec", ...place]);
  return { field: path, message };
}

/** A setting that is used in several places is missing once. */
function distinct(faults: readonly SettingsFault[]): SettingsFault[] {
  const seen = new Set<string>();
  return faults.filter(({ field, message }) => {
    const key = field.startsWith("delivery_spec") ? `${field} ${message}` : field;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
