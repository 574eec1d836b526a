/** The `_dfid` cookie: read from a request, and written for 400 days, the longest that browsers keep one. */
import { isUuidV4 } from "@datafly-signal/core";
import { GatewaySettingsError } from "./settings.ts";

const NAME = "_dfid=";
const MAX_AGE_S = 34_560_000;

/** The first valid `_dfid` of a `Cookie` header; null when there is none. */
export function readVisitorCookie(header: string | undefined): string | null {
  if (header === undefined) return null;
  for (let at = header.indexOf(NAME); at !== -1; at = header.indexOf(NAME, at + 1)) {
    if (at > 0 && header[at - 1] !== " " && header[at - 1] !== ";") continue;
    const end = header.indexOf(";", at);
    const value = header.slice(at + NAME.length, end === -1 ? undefined : end).trim();
    if (isUuidV4(value)) return value;
  }
  return null;
}

/** Gives the `Set-Cookie` value. @throws {GatewaySettingsError} for a domain that is none. */
export function visitorCookieWriter(domain: string | null): (dfid: string) => string {
  if (domain !== null && !/^\.?[a-z0-9-]+(\.[a-z0-9-]+)*$/i.test(domain)) {
    throw new GatewaySettingsError(`COOKIE_DOMAIN: "${domain}" is not a domain such as .example.com.`);
  }
  const scope = domain === null ? "" : ` Domain=${domain};`;
  return (dfid) => `${NAME}${dfid};${scope} Path=/; Max-Age=${MAX_AGE_S}; HttpOnly; Secure; SameSite=Lax`;
}
