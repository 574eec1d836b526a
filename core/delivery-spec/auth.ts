/** From the spec's `auth` to what requests carry: fixed headers and query, a token, or a signature. */
import type { TokenPlan } from "../connector/contract.ts";
import type { AuthOf, AuthSpec } from "./auth-schema.ts";
import { awsSigner, type RequestSigner } from "./aws-signature.ts";
import { clientCredentials, refreshToken } from "./oauth-token.ts";
import { checkHeaderName } from "./request-headers.ts";
import { serviceAccount } from "./service-account.ts";
import { readSetting, settingKeys, type SpecReading } from "./spec-reading.ts";
import { readUrl } from "./url-template.ts";

export interface Auth {
  headers: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  /** The settings that hold the credentials. */
  fields: readonly string[];
  token?: TokenPlan;
  /** How requests carry the token. */
  carries?: { header: string; prefix: string };
  sign?: RequestSigner;
  /** The settings choose the host that tokens are had from. */
  isOpen?: boolean;
}

const NOTHING = { headers: {}, query: {} };

/** Undefined where it is at fault. */
export function readAuth(reading: SpecReading, spec: AuthSpec): Auth | undefined {
  const fields = [
    ...new Set(Object.values(spec).flatMap((value) => (typeof value === "string" ? settingKeys(value) : []))),
  ];
  switch (spec.kind) {
    case "none":
      return { ...NOTHING, fields };
    case "bearer": {
      const token = credential(reading, "auth.token", spec.token);
      return token === undefined ? undefined : { ...NOTHING, headers: { Authorization: `Bearer ${token}` }, fields };
    }
    case "header": {
      const isTaken = checkHeaderName(reading, "auth.name", spec.name);
      const value = isTaken ? credential(reading, "auth.value", spec.value) : undefined;
      return value === undefined ? undefined : { ...NOTHING, headers: { [spec.name]: value }, fields };
    }
    case "query": {
      const value = readSetting(reading, "auth.value", spec.value);
      return value === undefined ? undefined : { ...NOTHING, query: { [spec.name]: value }, fields };
    }
    case "basic":
      return basic(reading, spec, fields);
    case "aws_sigv4": {
      const sign = awsSigner(reading, spec);
      return sign === undefined ? undefined : { ...NOTHING, fields, sign };
    }
    default:
      return byToken(reading, spec, fields);
  }
}

type TokenKind = "oauth2_client_credentials" | "oauth2_refresh_token" | "service_account";

function byToken(reading: SpecReading, spec: AuthOf<TokenKind>, fields: readonly string[]): Auth | undefined {
  const { header = "Authorization" } = spec;
  const token = checkHeaderName(reading, "auth.header", header) ? tokenPlan(reading, spec) : undefined;
  if (token === undefined) return undefined;
  const carries = { header, prefix: spec.prefix ?? "Bearer " };
  const isOpen = readUrl(reading, "auth", { url: spec.token_url, name: "token_url" })?.isOpen === true;
  return { ...NOTHING, fields, token, carries, isOpen };
}

function tokenPlan(reading: SpecReading, spec: AuthOf<TokenKind>): TokenPlan | undefined {
  if (spec.kind === "service_account") return serviceAccount(reading, spec);
  return spec.kind === "oauth2_refresh_token" ? refreshToken(reading, spec) : clientCredentials(reading, spec);
}

function basic(reading: SpecReading, spec: AuthOf<"basic">, fields: readonly string[]): Auth | undefined {
  const username = readSetting(reading, "auth.username", spec.username);
  const password = readSetting(reading, "auth.password", spec.password ?? "");
  if (username === undefined || password === undefined) return undefined;
  const pair = Buffer.from(`${username}:${password}`, "utf8").toString("base64");
  return { ...NOTHING, headers: { Authorization: `Basic ${pair}` }, fields };
}

/** A value that a header can carry. */
function credential(reading: SpecReading, place: string, text: string): string | undefined {
  const value = readSetting(reading, place, text);
  if (value === undefined || /^[\x20-\x7e]*$/.test(value)) return value;
  const field = settingKeys(text)[0] ?? `delivery_spec.${place}`;
  reading.faults.push({ field, message: `${field} holds characters that no header can carry. Paste it again.` });
  return undefined;
}
