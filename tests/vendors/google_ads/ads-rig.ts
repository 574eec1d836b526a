/** Requests to the simulated Google Ads as its documentation has them, to be changed by tests. */
import { simulatedRequest } from "../simulated-request.ts";
import { readAnswer } from "../simulator.ts";
import type { World } from "../world.ts";
import { GOOGLE_ADS, simulator } from "./simulator.ts";

export const NOW = Date.parse("2026-11-21T12:00:00Z");
export const HASH = "87924606b4131a8aceeeae8868531fbb9712aaa07a5d3a756b26ce0f5d6ca674";

export type Json = Record<string, unknown>;

export function ask(
  request: { method?: string; url: string; headers?: Record<string, string>; body?: string },
  world: World,
) {
  const answer = readAnswer(simulator.handle(simulatedRequest({ method: "POST", ...request }, world.now()), world));
  return { ...answer, json: answer.body.startsWith("{") ? (JSON.parse(answer.body) as Json) : {} };
}

export const newWorld = () => simulator.newWorld(() => NOW);

/** The token endpoint. */
export function refresh(changes: Record<string, string | undefined> = {}, world = newWorld()) {
  const form = {
    grant_type: "refresh_token",
    client_id: GOOGLE_ADS.clientId,
    client_secret: GOOGLE_ADS.clientSecret,
    refresh_token: GOOGLE_ADS.refreshToken,
    ...changes,
  };
  const present = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const headers = { "Content-Type": "application/x-www-form-urlencoded" };
  return {
    world,
    ...ask(
      { url: "https://oauth2.googleapis.com/token", headers, body: new URLSearchParams(present).toString() },
      world,
    ),
  };
}

export function event(changes: Json = {}): Json {
  return {
    eventTimestamp: "2026-11-21T11:00:00.5Z",
    transactionId: "order-1",
    eventSource: "WEB",
    adIdentifiers: { gclid: GOOGLE_ADS.gclid },
    userData: { userIdentifiers: [{ emailAddress: HASH }] },
    currency: "USD",
    conversionValue: 30.03,
    cartData: { merchantId: "123", items: [{ merchantProductId: "sku-1", quantity: "3", unitPrice: 10.01 }] },
    ...changes,
  };
}

export function destination(changes: Json = {}): Json {
  const operatingAccount = { accountType: "GOOGLE_ADS", accountId: GOOGLE_ADS.customer };
  return { operatingAccount, productDestinationId: GOOGLE_ADS.uploadAction, ...changes };
}

export interface Sent {
  token?: string | null;
  body?: Json | string;
  headers?: Record<string, string>;
  world?: World;
  url?: string;
}

export function ingest(sent: Sent = {}) {
  const world = sent.world ?? newWorld();
  const token = sent.token === undefined ? GOOGLE_ADS.accessToken : sent.token;
  const standard = { destinations: [destination()], events: [event()], encoding: "HEX" };
  const body = typeof sent.body === "string" ? sent.body : JSON.stringify({ ...standard, ...sent.body });
  const headers = {
    "Content-Type": "application/json",
    ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
    ...sent.headers,
  };
  return {
    world,
    ...ask({ url: sent.url ?? "https://datamanager.googleapis.com/v1/events:ingest", headers, body }, world),
  };
}

export interface GoogleError {
  code: number;
  status: string;
  message: string;
  details?: { "@type": string; reason?: string; fieldViolations?: { field: string; reason: string }[] }[];
}

export function errorOf(json: Json): GoogleError {
  return json["error"] as GoogleError;
}

export function conversion(changes: Json = {}): Json {
  return {
    conversionAction: `customers/${GOOGLE_ADS.customer}/conversionActions/${GOOGLE_ADS.uploadAction}`,
    conversionDateTime: "2026-11-21 12:30:00+01:00",
    gclid: GOOGLE_ADS.gclid,
    orderId: "order-1",
    conversionValue: 30.03,
    currencyCode: "USD",
    userIdentifiers: [{ hashedEmail: HASH, userIdentifierSource: "FIRST_PARTY" }],
    consent: { adUserData: "GRANTED" },
    ...changes,
  };
}

export function upload(body: Json, sent: Sent & { call?: string; customer?: string } = {}) {
  const { call = "uploadClickConversions", customer = GOOGLE_ADS.customer } = sent;
  const url = sent.url ?? `https://googleads.googleapis.com/v25/customers/${customer}:${call}`;
  const headers = { "developer-token": GOOGLE_ADS.developerToken, ...sent.headers };
  return ingest({ ...sent, url, headers, body: JSON.stringify({ partialFailure: true, ...body }) });
}
