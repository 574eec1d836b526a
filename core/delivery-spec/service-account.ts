/** Service accounts: a signed assertion is exchanged for a token (RFC 7523), as Google's key files have it. */
import { createPrivateKey, type KeyObject } from "node:crypto";
import { SignJWT } from "jose";
import type { TokenPlan } from "../connector/contract.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import type { AuthOf } from "./auth-schema.ts";
import { formRequest, readToken, readTokenRequest, tokenKey } from "./oauth-token.ts";
import { readSetting, settingKeys, type SpecReading } from "./spec-reading.ts";

const GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const LIFE_S = 3_600;

interface AccountKey {
  email: string;
  id: string;
  privateKey: KeyObject;
}

/** The key file's own `token_uri` is not followed: whoever wrote the file would choose where assertions go. */
export function serviceAccount(reading: SpecReading, spec: AuthOf<"service_account">): TokenPlan | undefined {
  const common = readTokenRequest(reading, { token_url: spec.token_url, ...(spec.extra && { extra: spec.extra }) });
  const text = readSetting(reading, "auth.key", spec.key);
  const audience = readSetting(reading, "auth.audience", spec.audience ?? "");
  const subject = readSetting(reading, "auth.subject", spec.subject ?? "");
  if (common === undefined || text === undefined || audience === undefined || subject === undefined) return undefined;
  const [field = "delivery_spec.auth.key"] = settingKeys(spec.key);
  const key = readKey(text);
  if (typeof key === "string") {
    reading.faults.push({ field, message: `${field} ${key}` });
    return undefined;
  }
  const claims = { ...(spec.scope !== undefined && { scope: spec.scope }), ...(subject !== "" && { sub: subject }) };
  const assertionFor = audience === "" ? common.url : audience;
  return {
    key: tokenKey([spec.kind, key.email, key.id, text, assertionFor, common.url, claims, common.fields]),
    request: async (now) => {
      const issued = Math.floor(now / 1000);
      const assertion = await new SignJWT(claims)
        .setProtectedHeader({ alg: "RS256", typ: "JWT", ...(key.id !== "" && { kid: key.id }) })
        .setIssuer(key.email)
        .setAudience(assertionFor)
        .setIssuedAt(issued)
        .setExpirationTime(issued + LIFE_S)
        .sign(key.privateKey);
      return formRequest({ url: common.url, fields: { grant_type: GRANT, assertion, ...common.fields } });
    },
    read: (response, now) => readToken(response, { now, settings: [field] }),
  };
}

const CURE = "Paste the whole JSON file as it was downloaded.";
const SMALLEST_KEY_BITS = 2_048;

/** The key, or what is wrong with it, without repeating any of it. */
function readKey(text: string): AccountKey | string {
  const file = objectOf(text);
  if (file === null) return `is no JSON object. ${CURE}`;
  const { client_email: email, private_key: pem, private_key_id: id } = file;
  if (typeof email !== "string" || email === "") return `has no client_email. ${CURE}`;
  if (typeof pem !== "string" || pem === "") return `has no private_key. ${CURE}`;
  try {
    // Through an environment variable, line breaks often come as two characters.
    const privateKey = createPrivateKey(pem.replaceAll("\\n", "\n"));
    const bits = privateKey.asymmetricKeyDetails?.modulusLength ?? 0;
    if (privateKey.asymmetricKeyType !== "rsa" || bits < SMALLEST_KEY_BITS) {
      return `holds a private_key that is no RSA key of ${SMALLEST_KEY_BITS} bits or more. Make a new key.`;
    }
    return { email, id: typeof id === "string" ? id : "", privateKey };
  } catch {
    return `holds a private_key that cannot be read. ${CURE}`;
  }
}

function objectOf(text: string): JsonObject | null {
  try {
    const value = JSON.parse(text) as JsonValue;
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}
