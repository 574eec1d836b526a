/** Makes requests from deliveries. */
import { createHash } from "node:crypto";
import {
  USER_AGENT,
  type AttemptFacts,
  type BuiltRequests,
  type DeliveryRecord,
  type VendorRequest,
} from "@datafly-signal/core";
import { batchBody, canonical, singleBody } from "./body.ts";
import type { WebhookSettings } from "./settings.ts";
import { signatureHeaders, signatureId } from "./signature.ts";
import type { Template } from "./template.ts";

/** Longer lists of ids are left out: servers commonly refuse header lines over 8 KiB. */
const LONGEST_ID_LIST = 7_168;

type Build = (deliveries: readonly DeliveryRecord[], facts: AttemptFacts) => BuiltRequests;

/** The request builder of one lane. Whatever stays the same from request to request is made once. */
export function requestBuilder(settings: WebhookSettings): Build {
  const wrap = requestWrapper(settings);
  if (settings.batch === null) return singleRequests(settings, wrap);
  return settings.template === null ? canonicalBatch(wrap) : templateBatch(settings, settings.template, wrap);
}

interface Content {
  body: string;
  /** What `webhook-id` is made of: stable over the tries. */
  id: string;
  /** `X-Signal-Delivery-Id` or `…-Ids`, with its value. */
  label: Record<string, string>;
  covers: number[];
}

type Wrap = (content: Content, facts: AttemptFacts) => VendorRequest;

function requestWrapper({ url, method, headers, contentType, authentication }: WebhookSettings): Wrap {
  const constant = { "Content-Type": contentType, "User-Agent": USER_AGENT };
  const fixed = over(constant, headers);
  if (authentication.kind === "header") fixed["Authorization"] = authentication.authorization;
  return ({ body, id, label, covers }, { now }) => {
    const signed =
      authentication.kind === "hmac"
        ? signatureHeaders(authentication.keys, { id: signatureId(id), timestamp: Math.floor(now / 1000), body })
        : null;
    return { method, url, headers: { ...fixed, ...label, ...signed }, body, covers };
  };
}

/** Header names are compared without case: the user's replace ours. */
function over(ours: Record<string, string>, users: Readonly<Record<string, string>>): Record<string, string> {
  const taken = new Set(Object.keys(users).map((name) => name.toLowerCase()));
  const kept = Object.entries(ours).filter(([name]) => !taken.has(name.toLowerCase()) || name === "Content-Type");
  const added = Object.entries(users).filter(([name]) => name.toLowerCase() !== "content-type");
  return Object.fromEntries([...kept, ...added]);
}

function singleRequests({ template, contentType }: WebhookSettings, wrap: Wrap): Build {
  return (deliveries, facts) => {
    const built: BuiltRequests = { requests: [], refused: [] };
    deliveries.forEach((delivery, index) => {
      const body = singleBody(delivery, template, contentType);
      if ("fault" in body) return void built.refused.push({ index, reason: body.fault });
      const label = { "X-Signal-Delivery-Id": headerSafe(delivery.deliveryId) };
      built.requests.push(wrap({ body: body.text, id: delivery.messageId, label, covers: [index] }, facts));
    });
    return built;
  };
}

function canonicalBatch(wrap: Wrap): Build {
  return (deliveries, facts) => {
    const built: BuiltRequests = { requests: [], refused: [] };
    const texts: string[] = [];
    const covers: number[] = [];
    deliveries.forEach((delivery, index) => {
      const body = canonical(delivery);
      if ("fault" in body) return void built.refused.push({ index, reason: body.fault });
      texts.push(body.text);
      covers.push(index);
    });
    if (covers.length === 0) return built;
    const label = idList(deliveries, covers);
    built.requests.push(wrap({ body: `[${texts.join(",")}]`, id: facts.batchId, label, covers }, facts));
    return built;
  };
}

/** A batch that cannot be rendered is halved, down to the event at fault, so that the others still go out. */
function templateBatch({ contentType }: WebhookSettings, template: Template, wrap: Wrap): Build {
  return (deliveries, facts) => {
    const built: BuiltRequests = { requests: [], refused: [] };
    const waiting = deliveries.length === 0 ? [] : [[...deliveries.keys()]];
    for (let covers = waiting.pop(); covers !== undefined; covers = waiting.pop()) {
      const body = batchBody(pick(deliveries, covers), template, contentType);
      if ("text" in body) {
        const id = batchPartId(deliveries, covers, facts);
        built.requests.push(wrap({ body: body.text, id, label: idList(deliveries, covers), covers }, facts));
      } else if (covers.length === 1) {
        built.refused.push({ index: covers[0] ?? 0, reason: body.fault });
      } else {
        const middle = covers.length >> 1;
        waiting.push(covers.slice(middle), covers.slice(0, middle));
      }
    }
    return built;
  };
}

/** A part of a batch is a message of its own, and the same one again when the same part is tried again. */
function batchPartId(deliveries: readonly DeliveryRecord[], covers: readonly number[], facts: AttemptFacts): string {
  if (covers.length === deliveries.length) return facts.batchId;
  const hash = createHash("sha256").update(facts.batchId);
  for (const { deliveryId } of pick(deliveries, covers)) hash.update("\n").update(deliveryId);
  return `msg_${hash.digest("base64url").slice(0, 32)}`;
}

function idList(deliveries: readonly DeliveryRecord[], covers: readonly number[]): Record<string, string> {
  const list = pick(deliveries, covers)
    .map(({ deliveryId }) => headerSafe(deliveryId))
    .join(",");
  return list.length > LONGEST_ID_LIST ? {} : { "X-Signal-Delivery-Ids": list };
}

function pick(deliveries: readonly DeliveryRecord[], covers: readonly number[]): DeliveryRecord[] {
  return covers.map((index) => deliveries[index]).filter((delivery) => delivery !== undefined);
}

/** A message id is the client's own text: what a header cannot carry, and the separator, are percent-encoded. */
function headerSafe(id: string): string {
  if (/^[\x21-\x24\x26-\x2b\x2d-\x7e]+$/.test(id)) return id;
  return encodeURIComponent(id.toWellFormed()).replaceAll("%3A", ":");
}
