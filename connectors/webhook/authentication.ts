/** How a request proves who sends it. Opened secrets live only in what this returns. */
import type { KeyObject } from "node:crypto";
import { signingKeys } from "./signature.ts";

export type Authentication =
  | { kind: "none" }
  | { kind: "header"; authorization: string }
  | { kind: "hmac"; keys: readonly KeyObject[] };

/** The authentication of a scheme and its secret, or what is wrong with the secret (never the secret itself). */
export function readAuthentication(
  scheme: "none" | "bearer" | "basic" | "hmac",
  secret: string,
): Authentication | string {
  if (scheme === "none") return { kind: "none" };
  // Pasted secrets end in a line break more often than they are meant to.
  const token = secret.replace(/^\s+|[\r\n]+$/g, "");
  if (token === "") return `Authentication ${scheme} needs auth_token.`;
  if (scheme === "bearer") return bearer(token.trim());
  return scheme === "basic" ? basic(token) : hmac(token.trim());
}

function bearer(token: string): Authentication | string {
  if (!/^[\x21-\x7e]+$/.test(token)) return "A bearer token holds visible ASCII characters only, without spaces.";
  return { kind: "header", authorization: `Bearer ${token}` };
}

function basic(token: string): Authentication | string {
  if (!token.includes(":")) return "For authentication basic, auth_token is user:password.";
  return { kind: "header", authorization: `Basic ${Buffer.from(token, "utf8").toString("base64")}` };
}

function hmac(token: string): Authentication | string {
  const keys = signingKeys(token);
  if (keys === null) {
    return 'After whsec_ a secret must be base64 of 24 to 64 bytes. Make one: echo "whsec_$(openssl rand -base64 32)"';
  }
  return { kind: "hmac", keys };
}
