/** Tokens of OAuth 2.0: how they are asked for, and what the answer says. */
import { createHash } from "node:crypto";
import type { TokenFailure, TokenPlan, VendorRequest, VendorResponse, VendorToken } from "../connector/contract.ts";
import { USER_AGENT } from "../connector/user-agent.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import type { AuthOf } from "./auth-schema.ts";
import { retryAfterOf } from "./retry-after.ts";
import { addSpecFault, readSetting, settingKeys, type SpecReading } from "./spec-reading.ts";
import { readUrl } from "./url-template.ts";

type OAuthSpec = AuthOf<"oauth2_client_credentials" | "oauth2_refresh_token">;

/** What is known of a token request beforehand. */
export interface TokenRequest {
  url: string;
  fields: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
}

export function clientCredentials(
  reading: SpecReading,
  spec: AuthOf<"oauth2_client_credentials">,
): TokenPlan | undefined {
  return oauthToken(reading, spec, { grant_type: "client_credentials" });
}

export function refreshToken(reading: SpecReading, spec: AuthOf<"oauth2_refresh_token">): TokenPlan | undefined {
  const token = readSetting(reading, "auth.refresh_token", spec.refresh_token);
  return token === undefined
    ? undefined
    : oauthToken(reading, spec, { grant_type: "refresh_token", refresh_token: token });
}

function oauthToken(
  reading: SpecReading,
  spec: OAuthSpec,
  grant: Readonly<Record<string, string>>,
): TokenPlan | undefined {
  const common = readTokenRequest(reading, spec);
  const id = readSetting(reading, "auth.client_id", spec.client_id);
  const secret = readSetting(reading, "auth.client_secret", spec.client_secret ?? "");
  if (common === undefined || id === undefined || secret === undefined) return undefined;
  const inHeader = spec.client_auth === "basic";
  // RFC 6749, 2.3.1: id and secret are form-encoded before they are joined.
  const basic = `Basic ${Buffer.from(`${formText(id)}:${formText(secret)}`, "utf8").toString("base64")}`;
  const client = inHeader ? {} : { client_id: id, ...(secret !== "" && { client_secret: secret }) };
  const request: TokenRequest = {
    url: common.url,
    fields: { ...grant, ...client, ...common.fields },
    ...(inHeader && { headers: { Authorization: basic } }),
  };
  const named = [spec.client_id, spec.client_secret, "refresh_token" in spec ? spec.refresh_token : undefined];
  return {
    key: tokenKey([spec.kind, request.url, id, secret, request.fields]),
    request: () => formRequest(request),
    read: (response, now) => readToken(response, { now, settings: named.flatMap(settingKeys) }),
  };
}

/** URL, scope and further fields, which all token kinds have. */
export function readTokenRequest(
  reading: SpecReading,
  spec: Pick<OAuthSpec, "token_url" | "scope" | "extra">,
): TokenRequest | undefined {
  const url = readUrl(reading, "auth", { url: spec.token_url, name: "token_url" });
  const extra: Record<string, string> = spec.scope === undefined ? {} : { scope: spec.scope };
  for (const [name, text] of Object.entries(spec.extra ?? {})) {
    const value = readSetting(reading, `auth.extra.${name}`, text);
    if (value !== undefined && value !== "") extra[name] = value;
  }
  const written = url?.write(reading.settings);
  if (url === undefined || written === undefined) return undefined;
  if (typeof written === "string") return { url: written, fields: extra };
  addSpecFault(reading, "auth.token_url", "Only settings may stand in the address of tokens.");
  return undefined;
}

/** Tells tokens apart without holding what they are made of. */
export function tokenKey(parts: readonly (JsonValue | Readonly<Record<string, string>>)[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

export function formRequest({ url, fields, headers = {} }: TokenRequest): VendorRequest {
  return {
    method: "POST",
    url,
    headers: {
      "Content-Type": "application/x-www-form-urlencoded",
      Accept: "application/json",
      "User-Agent": USER_AGENT,
      ...headers,
    },
    body: new URLSearchParams(fields).toString(),
    covers: [],
  };
}

/** Tokens without a word on how long they live are taken for an hour's, as most are. */
const USUAL_LIFE_S = 3_600;
const LONGEST_LIFE_S = 30 * 86_400;
/** A token is renewed before it ends: by then requests that carry it have long been answered. */
const MARGIN_S = 300;

/** Errors of RFC 6749, 5.2, by which the vendor says that the settings are wrong and trying again is no use. */
const FINAL = new Set([
  "invalid_client",
  "invalid_grant",
  "invalid_request",
  "invalid_scope",
  "unauthorized_client",
  "unsupported_grant_type",
  "access_denied",
  "deleted_client",
  "admin_policy_enforced",
  "org_internal",
]);

/** What a token answer says; `settings` are the keys of those that the token is made of. Never repeats the answer's secrets. */
export function readToken(
  response: VendorResponse,
  { now, settings }: { now: number; settings: readonly string[] },
): VendorToken | TokenFailure {
  const { status } = response;
  const body = objectOf(response.body);
  const token = body["access_token"];
  if (status >= 200 && status <= 299 && typeof token === "string" && token !== "") {
    return { token, expiresAt: now + lifeOf(body["expires_in"]) * 1000 };
  }
  const error = errorOf(body);
  const said = error === "" ? `(${status})` : `(${status}, ${error})`;
  const wait = retryAfterOf(response, now);
  if (status === 429) return { kind: "throttle", reason: `The vendor asks for fewer token requests ${said}.`, ...wait };
  const isFinal = FINAL.has(error) || [400, 401, 403, 404].includes(status);
  if (!isFinal) return { kind: "retry", reason: `The vendor gave no token ${said}.`, ...wait };
  const look = settings.length === 0 ? "Check the credentials" : `Check ${settings.join(", ")}`;
  const cure = error === "invalid_grant" ? `${look}: the grant has expired or was revoked` : look;
  return { kind: "misconfigured", reason: `The vendor refused to give a token ${said}. ${cure}.` };
}

function lifeOf(given: JsonValue | undefined): number {
  const seconds = typeof given === "string" || typeof given === "number" ? Number(given) : USUAL_LIFE_S;
  const life = Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, LONGEST_LIFE_S) : USUAL_LIFE_S;
  // A short life keeps most of itself.
  return Math.max(1, life - Math.min(MARGIN_S, life / 5));
}

/** The error's name alone: what stands beside it may repeat what was sent. */
function errorOf(body: JsonObject): string {
  const { error } = body;
  const name = isJsonObject(error) ? (error["status"] ?? error["code"]) : error;
  return typeof name === "string" && /^[A-Za-z0-9_.-]{1,60}$/.test(name) ? name.toLowerCase() : "";
}

function objectOf(text: string): JsonObject {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

function formText(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}
