/** The way of a collect request from its bytes to JSON of a known pipeline; the events themselves are taken by the path's own step. */
import { isJsonObject, type JsonValue } from "@datafly-signal/core";
import type { Admission } from "./admission.ts";
import type { BodyLimits } from "./body.ts";
import type { Exchange, Responder } from "./exchange.ts";
import { contentEncoding, inflateBody, type ContentEncoding } from "./inflate.ts";
import { parseBody } from "./json-body.ts";
import type { PipelineGate } from "./key-directory.ts";
import { keyOfHead, withBodyKey, type RequestKey } from "./request-key.ts";

export interface Collected {
  gate: PipelineGate;
  value: JsonValue;
  /** The key of the request: an event that names another is refused. */
  key: string;
  /** Events in it may be nested too deeply. */
  suspect: boolean;
}

/** Takes the events of a request that passed key, origin and rate. */
export type TakeEvents = (exchange: Exchange, collected: Collected) => void;

export interface CollectParts {
  admission: Admission;
  respond: Responder;
  limits: BodyLimits;
}

/** Goes on with a request whose body has come. */
export function collect(
  exchange: Exchange,
  bytes: Buffer,
  { take, parts }: { take: TakeEvents; parts: CollectParts },
): void {
  const { admission, respond } = parts;
  const head = keyOfHead(exchange.req.headers, exchange.query);
  if (head.kind === "conflict") return respond.refuse(exchange, "conflicting_keys");
  if (head.kind === "none" && bytes.length === 0) return respond.refuse(exchange, "missing_pipeline_key");
  const parse = (plain: Buffer): void => parseAndTake(exchange, plain, { head, take, parts });
  // A known key is checked before anything is inflated for it.
  if (head.kind === "key") admission.admit(exchange, head.key, () => decode(exchange, bytes, { parse, parts }));
  else decode(exchange, bytes, { parse, parts });
}

function decode(
  exchange: Exchange,
  bytes: Buffer,
  { parse, parts }: { parse: (plain: Buffer) => void; parts: CollectParts },
): void {
  const encoding = contentEncoding(exchange.req.headers["content-encoding"]);
  if (encoding === undefined) return parts.respond.refuse(exchange, "invalid_encoding");
  if (encoding === null) return parse(bytes);
  void inflateAndParse(exchange, bytes, { encoding, parse, parts });
}

async function inflateAndParse(
  exchange: Exchange,
  bytes: Buffer,
  { encoding, parse, parts }: { encoding: ContentEncoding; parse: (plain: Buffer) => void; parts: CollectParts },
): Promise<void> {
  const { respond, limits } = parts;
  const { inFlight, maxPayloadBytes } = limits;
  // The worst case is held while it inflates, what it came to afterwards.
  if (!inFlight.reserve(maxPayloadBytes)) return respond.refuse(exchange, "overloaded", { retryAfter: 1 });
  const inflated = await inflateBody(bytes, encoding, maxPayloadBytes);
  inFlight.release(maxPayloadBytes);
  if (inflated.kind === "too_large") return respond.refuse(exchange, "payload_too_large");
  if (inflated.kind === "invalid") return respond.refuse(exchange, "invalid_encoding");
  inFlight.add(inflated.bytes.length);
  exchange.reserved += inflated.bytes.length;
  respond.guard(exchange, () => parse(inflated.bytes));
}

function parseAndTake(
  exchange: Exchange,
  bytes: Buffer,
  { head, take, parts }: { head: RequestKey; take: TakeEvents; parts: CollectParts },
): void {
  const { admission, respond } = parts;
  const body = parseBody(bytes);
  if (body.kind === "fault") return respond.refuse(exchange, "invalid_json");
  const whole = withBodyKey(head, isJsonObject(body.value) ? body.value["writeKey"] : undefined);
  if (whole.kind === "conflict") return respond.refuse(exchange, "conflicting_keys");
  if (whole.kind === "none") return respond.refuse(exchange, "missing_pipeline_key");
  const { value, suspect } = body;
  const go = (): void => {
    if (exchange.gate !== null) take(exchange, { gate: exchange.gate, value, key: whole.key, suspect });
  };
  if (exchange.gate === null) admission.admit(exchange, whole.key, go);
  else go();
}
