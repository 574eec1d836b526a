/** From deliveries to requests: shaped, grouped, cut to the limits, written, compressed and signed. */
import { createHash } from "node:crypto";
import type { AttemptFacts, BuiltRequests, VendorRequest } from "../connector/contract.ts";
import type { DeliveryRecord } from "../delivery/delivery.ts";
import type { Auth } from "./auth.ts";
import type { RequestSigner } from "./aws-signature.ts";
import type { EncodedBody, Encoding } from "./encode-body.ts";
import { type EventItems, missingReason, type ReadEvent } from "./event-items.ts";
import { gzipped } from "./gzip.ts";
import { type HeaderTemplates, laidOver, usualHeaders } from "./request-headers.ts";
import { Missing, type Scope } from "./scope.ts";
import type { SpecHooks } from "./spec-hooks.ts";
import { type RequestLimits, splitBatch } from "./split-batch.ts";
import type { UrlTemplate } from "./url-template.ts";

/** Everything about requests that is the same for all of a lane. */
export interface RequestParts {
  method: VendorRequest["method"];
  url: UrlTemplate;
  headers: HeaderTemplates;
  encoding: Encoding;
  auth: Auth;
  readEvent: ReadEvent;
  limits: RequestLimits;
  gzip: boolean;
  sign: RequestSigner | undefined;
  hooks: SpecHooks;
  /** What the vendor calls an event, where its answers name events by it. */
  idOf: ((scope: Scope) => string) | undefined;
}

export type BuildRequests = (deliveries: readonly DeliveryRecord[], facts: AttemptFacts) => BuiltRequests;

export function requestBuilder(parts: RequestParts): BuildRequests {
  return (deliveries, facts) => {
    const built: BuiltRequests = { requests: [], refused: [] };
    const items: EventItems[] = [];
    deliveries.forEach((delivery, index) => {
      const read = unlessTooDeep(() => parts.readEvent(index, delivery, facts));
      if ("refuse" in read) built.refused.push({ index, reason: read.refuse });
      else items.push(read);
    });
    const waiting = splitBatch(items, parts.limits).toReversed();
    for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
      const request = unlessTooDeep(() => requestOf(parts, part, { facts, all: deliveries.length }));
      if ("covers" in request) built.requests.push(request);
      else if (part.length === 1) {
        const { refuse } = "tooLarge" in request ? tooLarge(request.tooLarge, parts.limits.bytes) : request;
        built.refused.push(...part.map(({ index }) => ({ index, reason: refuse })));
      } else {
        // What surrounds the events took it over the limit, or one of them cannot be written: the others are to go out.
        const middle = Math.ceil(part.length / 2);
        waiting.push(part.slice(middle), part.slice(0, middle));
      }
    }
    return built;
  };
}

/** A value nested too deep to be written out overflows the stack. */
function unlessTooDeep<T>(make: () => T): T | { refuse: string } {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError) return { refuse: "The payload is nested too deep to be written." };
    throw error;
  }
}

interface RequestFacts {
  facts: AttemptFacts;
  /** How many deliveries there are in the batch. */
  all: number;
}

function tooLarge(bytes: number, limit: number): { refuse: string } {
  return { refuse: `The request for this event alone has ${bytes} bytes, and the vendor takes at most ${limit}.` };
}

type MadeRequest = VendorRequest | { refuse: string } | { tooLarge: number };

function requestOf(parts: RequestParts, part: readonly EventItems[], about: RequestFacts): MadeRequest {
  const { encoding, limits, auth, hooks } = parts;
  const { facts } = about;
  const scope = requestScope(part, about);
  const body = encoding.body(fillingOf(part), scope);
  const text = textOfBody(body);
  if (typeof text === "object" && text !== null) return text;
  if (text !== null && Buffer.byteLength(text) > limits.bytes) return { tooLarge: Buffer.byteLength(text) };
  const url = parts.url.write(scope, auth.query);
  if (url instanceof Missing) return { refuse: missingReason(url) };
  if (typeof url === "object") return url;
  const own = parts.headers.write(scope);
  if (own instanceof Missing) return { refuse: missingReason(own) };
  const isCompressed = parts.gzip && text !== null;
  const usual = usualHeaders(text === null ? null : encoding.contentType);
  const headers = laidOver(laidOver(usual, own), {
    ...auth.headers,
    ...tokenHeader(auth, facts),
    ...(isCompressed && { "Content-Encoding": "gzip" }),
  });
  const made: VendorRequest = {
    method: parts.method,
    url,
    headers,
    body: isCompressed ? gzipped(text) : text,
    covers: part.map(({ index }) => index),
    ...(parts.idOf !== undefined && { ids: part.map(({ scope }) => parts.idOf?.(scope) ?? "") }),
    // Answers count the items of `$events`, not those of lists that were collected.
    ...(part.some(({ texts }) => texts.length !== 1) && { items: part.map(({ texts }) => texts.length) }),
  };
  const last =
    hooks.request?.(
      made,
      part.map(({ delivery }) => delivery),
      facts,
    ) ?? made;
  const signed = parts.sign?.(last, facts.now) ?? last;
  return auth.sign?.(signed, facts.now) ?? signed;
}

function textOfBody(body: EncodedBody): string | null | { refuse: string } {
  if (body instanceof Missing) return { refuse: missingReason(body) };
  return "refuse" in body ? body : body.text;
}

function fillingOf(part: readonly EventItems[]): { events: string[]; collected: string[][] } {
  const lists = part[0]?.collected.length ?? 0;
  return {
    events: part.flatMap(({ texts }) => texts),
    collected: Array.from({ length: lists }, (_, list) => part.flatMap(({ collected }) => collected[list] ?? [])),
  };
}

/** What the request reads of an event is the same in all of its group: the first one stands for them. */
function requestScope(part: readonly EventItems[], { facts, all }: RequestFacts): Scope {
  const own = part[0]?.scope ?? {};
  return {
    ...own,
    // Made only when it is asked for.
    get batch_id() {
      return part.length === all ? facts.batchId : partId(part);
    },
    token: facts.token ?? "",
  };
}

/** Made as the worker makes the id of a batch of just these deliveries: a part that is tried again by itself keeps its id. */
function partId(part: readonly EventItems[]): string {
  const hash = createHash("sha256").update(part.map(({ delivery }) => delivery.deliveryId).join("\n"));
  return hash.digest("hex").slice(0, 32);
}

/** Where nobody has asked the vendor for a token, a request shows the place of one. */
const NO_TOKEN = "[token]";

export function tokenHeader({ carries }: Auth, { token = NO_TOKEN }: AttemptFacts): Record<string, string> {
  return carries === undefined ? {} : { [carries.header]: `${carries.prefix}${token}` };
}
