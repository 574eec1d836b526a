/**
 * What stands before BigQuery at Google, for tests on local-bigquery, which takes every request: gives tokens for signed
 * assertions as Google's token endpoint does, and lets requests through that carry one.
 */
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const AUDIENCE = "https://oauth2.googleapis.com/token";
const SCOPES = new Set(["https://www.googleapis.com/auth/bigquery", "https://www.googleapis.com/auth/cloud-platform"]);
/** https://developers.google.com/identity/protocols/oauth2/service-account */
const LONGEST_LIFE_S = 3_600;
const SKEW_S = 300;

interface Passed {
  method: string;
  path: string;
  body: string;
}

/** An answer in place of BigQuery's; null lets the request through. */
type Intercept = (passed: Passed) => { status: number; body: object } | null;

export interface GoogleFront {
  /** As `endpoint`. */
  url: string;
  /** As `token_endpoint`. */
  tokenUrl: string;
  /** A key file of the service account that it knows. */
  keyFile: string;
  /** What was let through or answered in place, in order. */
  passed: Passed[];
  /** How many tokens it gave. */
  given(): number;
  intercept: Intercept;
  /** The tokens given so far are not taken any more. */
  revoke(): void;
  close(): Promise<void>;
}

/** @param api of local-bigquery, `http://127.0.0.1:<port>/bigquery/v2` */
export async function startGoogleFront(api: string): Promise<GoogleFront> {
  const account = newAccount();
  const tokens = new Set<string>();
  let given = 0;
  let last: Promise<unknown> = Promise.resolve();
  const server = createServer((request, response) => {
    void readBody(request).then((body) => answer(request, response, body));
  });
  async function answer(request: IncomingMessage, response: ServerResponse, body: string): Promise<void> {
    const { method = "GET", url: path = "/" } = request;
    if (path === "/token") {
      const fault = assertionFault(request, body, account);
      if (fault !== null) return reply(response, 400, { error: "invalid_grant", error_description: fault });
      const token = `ya29.token-${++given}`;
      tokens.add(token);
      return reply(response, 200, { access_token: token, expires_in: 3_599, token_type: "Bearer" });
    }
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    if (!tokens.has(token)) return reply(response, 401, errorOf(401, "authError", "Invalid Credentials"));
    const passed = { method, path, body };
    front.passed.push(passed);
    const instead = front.intercept(passed);
    if (instead !== null) return reply(response, instead.status, instead.body);
    const { "content-type": type, "if-match": etag } = request.headers;
    const headers = {
      ...(type !== undefined && { "content-type": type }),
      ...(etag !== undefined && { "if-match": etag }),
    };
    // One after the other: two that make the same table at once, local-bigquery answers with errors of its database.
    const asked = last.then(() => fetch(new URL(path, api), { method, headers, ...(body !== "" && { body }) }));
    last = asked.catch(() => undefined);
    const { status } = await asked;
    response.writeHead(status, { "content-type": "application/json" }).end(await (await asked).text());
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const front: GoogleFront = {
    ...{ url, tokenUrl: `${url}/token`, keyFile: account.keyFile, passed: [] },
    given: () => given,
    intercept: () => null,
    revoke: () => tokens.clear(),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return front;
}

/** As the API answers errors. */
export function errorOf(code: number, reason: string, message: string): object {
  return { error: { code, message, errors: [{ message, domain: "global", reason }], status: reason } };
}

interface Account {
  email: string;
  keyFile: string;
  publicKey: string;
}

function newAccount(): Account {
  const email = "signal@shop-analytics.iam.gserviceaccount.com";
  const pair = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const keyFile = {
    ...{ type: "service_account", project_id: "shop-analytics", private_key_id: "key-1" },
    ...{ private_key: pair.privateKey, client_email: email, token_uri: AUDIENCE },
  };
  return { email, keyFile: JSON.stringify(keyFile), publicKey: pair.publicKey };
}

/** What is wrong with a token request; null when it is good. */
function assertionFault({ method, headers }: IncomingMessage, body: string, account: Account): string | null {
  if (method !== "POST") return "The method must be POST.";
  if (headers["content-type"] !== "application/x-www-form-urlencoded") return "The body must be a form.";
  const form = new URLSearchParams(body);
  if (form.get("grant_type") !== GRANT) return "Unsupported grant type.";
  const [head = "", claims = "", signature = ""] = (form.get("assertion") ?? "").split(".");
  const key = createPublicKey(account.publicKey);
  if (!verify("sha256", Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, "base64url"))) {
    return "Invalid JWT Signature.";
  }
  const { alg, kid } = part(head);
  const { iss, aud, scope, iat, exp } = part(claims);
  if (alg !== "RS256" || kid !== "key-1") return "Invalid JWT header.";
  if (iss !== account.email) return "Invalid grant: account not found";
  if (aud !== AUDIENCE) return "Invalid JWT audience.";
  if (
    !String(scope)
      .split(" ")
      .some((one) => SCOPES.has(one))
  )
    return "Invalid OAuth scope.";
  const now = Date.now() / 1_000;
  const isTimely = Math.abs(now - Number(iat)) < SKEW_S && Number(exp) - Number(iat) <= LONGEST_LIFE_S;
  return isTimely ? null : "Invalid JWT: the token must be short-lived and in a reasonable timeframe.";
}

function part(text: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(text, "base64url").toString()) as Record<string, unknown>;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
