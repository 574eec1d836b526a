import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, it } from "node:test";
import { importSPKI, jwtVerify } from "jose";
import type { TokenPlan } from "../connector/contract.ts";
import type { AuthSpec } from "./auth-schema.ts";
import { signAws } from "./aws-signature.ts";
import { faultsOf, type Given, NOW, planOf, requestOf } from "./spec-fixture.ts";

const SECRETS = { secrets: { key: "k-12345", secret: "s&cret=1", refresh: "r-1" }, parameters: { id: "id-1" } };

describe("static kinds", () => {
  const table: [auth: AuthSpec, headers: Record<string, string>, query?: string][] = [
    [{ kind: "none" }, {}],
    [{ kind: "bearer", token: "{{secret.key}}" }, { Authorization: "Bearer k-12345" }],
    [
      { kind: "basic", username: "{{config.id}}", password: "{{secret.key}}" },
      { Authorization: `Basic ${btoa("id-1:k-12345")}` },
    ],
    [{ kind: "basic", username: "{{secret.key}}" }, { Authorization: `Basic ${btoa("k-12345:")}` }],
    [{ kind: "header", name: "Access-Token", value: "{{secret.key}}" }, { "Access-Token": "k-12345" }],
    [{ kind: "header", name: "X-Auth", value: "Key {{secret.key}}" }, { "X-Auth": "Key k-12345" }],
    [{ kind: "query", name: "access_token", value: "{{secret.secret}}" }, {}, "?access_token=s%26cret%3D1"],
  ];
  for (const [auth, headers, query = ""] of table) {
    it(`${auth.kind} ${JSON.stringify(headers)}`, () => {
      const { "Content-Type": _type, "User-Agent": _agent, ...own } = requestOf({ auth }, {}, SECRETS).headers;
      assert.deepEqual(own, headers);
      assert.equal(new URL(requestOf({ auth }, {}, SECRETS).url).search, query);
    });
  }

  it("names the setting whose value no header can carry, without the value", () => {
    const faults = faultsOf({ auth: { kind: "bearer", token: "{{secret.key}}" } }, { secrets: { key: "line\nbreak" } });
    assert.deepEqual(faults, ["key: key holds characters that no header can carry. Paste it again."]);
  });

  it("names a credential that is missing", () => {
    const [fault = ""] = faultsOf({ auth: { kind: "bearer", token: "{{secret.key}}" } });
    assert.match(fault, /^key: key is missing: auth\.token .* secrets: \{ key: … \}/);
  });
});

function tokenOf(auth: AuthSpec, given: Given = SECRETS): TokenPlan {
  const { token } = planOf({ auth }, given);
  assert.ok(token);
  return token;
}

const CLIENT = {
  token_url: "https://login.example.com/token",
  client_id: "{{config.id}}",
  client_secret: "{{secret.secret}}",
};

describe("OAuth 2.0", () => {
  it("asks by client credentials, in the body", async () => {
    const token = tokenOf({
      kind: "oauth2_client_credentials",
      ...CLIENT,
      scope: "a b",
      extra: { audience: "x", left_out: "{{config.no?}}" },
    });
    const { method, url, headers, body, covers } = await token.request(NOW);
    assert.deepEqual([method, url, covers], ["POST", CLIENT.token_url, []]);
    assert.equal(headers["Content-Type"], "application/x-www-form-urlencoded");
    assert.deepEqual(Object.fromEntries(new URLSearchParams(String(body))), {
      grant_type: "client_credentials",
      client_id: "id-1",
      client_secret: "s&cret=1",
      scope: "a b",
      audience: "x",
    });
  });

  it("asks by client credentials, in a header, form-encoded first (RFC 6749, 2.3.1)", async () => {
    const { headers, body } = await tokenOf({
      kind: "oauth2_client_credentials",
      ...CLIENT,
      client_auth: "basic",
    }).request(NOW);
    assert.equal(headers["Authorization"], `Basic ${btoa("id-1:s%26cret%3D1")}`);
    assert.equal(body, "grant_type=client_credentials");
  });

  it("asks by refresh token", async () => {
    const { body } = await tokenOf({
      kind: "oauth2_refresh_token",
      ...CLIENT,
      refresh_token: "{{secret.refresh}}",
    }).request(NOW);
    assert.deepEqual(Object.fromEntries(new URLSearchParams(String(body))), {
      grant_type: "refresh_token",
      refresh_token: "r-1",
      client_id: "id-1",
      client_secret: "s&cret=1",
    });
  });

  it("carries the token, under another header where the vendor wants it", () => {
    const auth: AuthSpec = { kind: "oauth2_client_credentials", ...CLIENT };
    const build = (spec: AuthSpec, token?: string): Record<string, string> | undefined =>
      planOf({ auth: spec }, SECRETS).build([{ payload: {}, event: {} } as never], {
        now: 0,
        batchId: "b",
        ...(token && { token }),
      }).requests[0]?.headers;
    assert.equal(build(auth, "t-1")?.["Authorization"], "Bearer t-1");
    assert.equal(build(auth)?.["Authorization"], "Bearer [token]");
    assert.equal(build({ ...auth, header: "X-Token", prefix: "" }, "t-1")?.["X-Token"], "t-1");
  });

  it("has a key that tells tokens apart and holds no secret", () => {
    const key = (given: Given, extra = {}): string =>
      tokenOf({ kind: "oauth2_client_credentials", ...CLIENT, ...extra }, given).key;
    assert.equal(key(SECRETS), key(SECRETS));
    assert.notEqual(key(SECRETS), key({ ...SECRETS, secrets: { ...SECRETS.secrets, secret: "other" } }));
    assert.notEqual(key(SECRETS), key(SECRETS, { scope: "a" }));
    assert.notEqual(key(SECRETS), key(SECRETS, { token_url: "https://eu.example.com/token" }));
    assert.match(key(SECRETS), /^[0-9a-f]{64}$/);
  });

  const answers: [name: string, status: number, body: unknown, read: object, headers?: Record<string, string>][] = [
    ["a token for an hour", 200, { access_token: "t", expires_in: 3600 }, { token: "t", expiresAt: NOW + 3_300_000 }],
    ["a number as text", 200, { access_token: "t", expires_in: "3600" }, { token: "t", expiresAt: NOW + 3_300_000 }],
    ["no word on its life", 200, { access_token: "t" }, { token: "t", expiresAt: NOW + 3_300_000 }],
    ["a short life", 200, { access_token: "t", expires_in: 60 }, { token: "t", expiresAt: NOW + 48_000 }],
    ["a life of nonsense", 200, { access_token: "t", expires_in: -5 }, { token: "t", expiresAt: NOW + 3_300_000 }],
    ["a success without a token", 200, { ok: true }, { kind: "retry", reason: "The vendor gave no token (200)." }],
    [
      "a revoked grant",
      400,
      { error: "invalid_grant", error_description: "r-1 was revoked" },
      {
        kind: "misconfigured",
        reason:
          "The vendor refused to give a token (400, invalid_grant). Check id, secret: the grant has expired or was revoked.",
      },
    ],
    [
      "a wrong secret",
      401,
      { error: "invalid_client" },
      { kind: "misconfigured", reason: "The vendor refused to give a token (401, invalid_client). Check id, secret." },
    ],
    [
      "too many",
      429,
      {},
      { kind: "throttle", reason: "The vendor asks for fewer token requests (429).", retryAfterMs: 7_000 },
      { "retry-after": "7" },
    ],
    ["an outage", 503, "<html>", { kind: "retry", reason: "The vendor gave no token (503)." }],
    [
      "an outage with words",
      500,
      { error: "server_error" },
      { kind: "retry", reason: "The vendor gave no token (500, server_error)." },
    ],
  ];
  for (const [name, status, body, expected, headers = {}] of answers) {
    it(`reads ${name}`, () => {
      const token = tokenOf({ kind: "oauth2_client_credentials", ...CLIENT });
      const text = typeof body === "string" ? body : JSON.stringify(body);
      assert.deepEqual(token.read({ status, headers, body: text }, NOW), expected);
    });
  }

  it("renews a token that the vendor refuses", () => {
    const plan = planOf({ auth: { kind: "oauth2_client_credentials", ...CLIENT } }, SECRETS);
    const request = { method: "POST", url: "https://api.example.com/", headers: {}, body: null, covers: [0] } as const;
    const [outcome] = plan.classify({ status: 401, headers: {}, body: "" }, { ...request, covers: [0] });
    assert.deepEqual(outcome, { kind: "refresh", reason: "The vendor refused the token (401)." });
  });

  it("guards an address of tokens whose host the settings choose, and lets nothing else into it", () => {
    const auth: AuthSpec = {
      kind: "oauth2_client_credentials",
      ...CLIENT,
      token_url: "https://{{config.id}}.example.com/token",
    };
    assert.equal(planOf({ auth }, SECRETS).guarded, true);
    assert.equal(planOf({ auth: { ...auth, token_url: CLIENT.token_url } }, SECRETS).guarded, false);
    const evil = { ...SECRETS, parameters: { id: "evil.example.com/" } };
    assert.match(faultsOf({ auth }, evil).join(), /^id: id is no part of a host name/);
    assert.match(
      faultsOf({ auth: { ...auth, token_url: "https://api.example.com/{{payload.a}}" } }, SECRETS).join(),
      /Only settings/,
    );
  });

  it("refuses a token address without https in production", () => {
    const auth: AuthSpec = { kind: "oauth2_client_credentials", ...CLIENT, token_url: "http://login.example.com" };
    assert.match(faultsOf({ auth }, SECRETS).join(), /auth\.token_url.*https/);
  });
});

describe("service accounts (RFC 7523)", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const file = {
    client_email: "signal@project.iam.example.com",
    private_key: pem,
    private_key_id: "kid-1",
    token_uri: "https://evil.example.com",
  };
  const auth: AuthSpec = {
    kind: "service_account",
    token_url: "https://oauth2.example.com/token",
    key: "{{secret.account}}",
    scope: "https://scope.example.com/a https://scope.example.com/b",
  };
  const given = (account: unknown): Given => ({
    secrets: { account: typeof account === "string" ? account : JSON.stringify(account) },
  });

  it("signs an assertion that the vendor can verify", async () => {
    const { url, body } = await tokenOf(auth, given(file)).request(NOW);
    assert.equal(url, "https://oauth2.example.com/token", "the key file's own address is not followed");
    const form = new URLSearchParams(String(body));
    assert.equal(form.get("grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
    const key = await importSPKI(publicKey.export({ type: "spki", format: "pem" }).toString(), "RS256");
    const { payload, protectedHeader } = await jwtVerify(form.get("assertion") ?? "", key, {
      audience: "https://oauth2.example.com/token",
      issuer: file.client_email,
      currentDate: new Date(NOW),
    });
    assert.deepEqual(protectedHeader, { alg: "RS256", typ: "JWT", kid: "kid-1" });
    const seconds = NOW / 1000;
    assert.deepEqual([payload.iat, payload.exp], [seconds, seconds + 3_600]);
    assert.deepEqual([payload["scope"], payload.sub], [auth.scope, undefined]);
  });

  it("acts for a user, for another audience", async () => {
    const whole: AuthSpec = { ...auth, subject: "jane@example.com", audience: "https://aud.example.com" };
    const { body } = await tokenOf(whole, given(file)).request(NOW);
    const [, claims = ""] = (new URLSearchParams(String(body)).get("assertion") ?? "").split(".");
    const { sub, aud } = JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<string, string>;
    assert.deepEqual([sub, aud], ["jane@example.com", "https://aud.example.com"]);
  });

  it("takes a key whose line breaks came as two characters", async () => {
    await tokenOf(auth, given({ ...file, private_key: pem.replaceAll("\n", "\\n") })).request(NOW);
  });

  const small = generateKeyPairSync("rsa", { modulusLength: 1_024 }).privateKey.export({
    type: "pkcs8",
    format: "pem",
  });
  const curve = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" });
  const wrong: [name: string, account: unknown, message: RegExp][] = [
    ["no JSON", "-----BEGIN", /is no JSON object/],
    ["no address", { private_key: pem }, /has no client_email/],
    ["no key", { client_email: "a@b.example.com" }, /has no private_key/],
    ["a broken key", { ...file, private_key: "-----BEGIN PRIVATE KEY-----\nabc" }, /cannot be read/],
    ["a small key", { ...file, private_key: small }, /no RSA key of 2048 bits/],
    ["another kind of key", { ...file, private_key: curve }, /no RSA key/],
  ];
  for (const [name, account, message] of wrong) {
    it(`refuses ${name}, and repeats none of it`, () => {
      const [fault = ""] = faultsOf({ auth }, given(account));
      assert.match(fault, message);
      assert.match(fault, /^account: /);
      assert.doesNotMatch(fault, /BEGIN|abc/);
    });
  }
});

describe("AWS Signature Version 4", () => {
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
  const us = { region: "us-east-1", credentials };
  const plain = { headers: {}, body: null, covers: [] };

  it("signs as the published suite's get-vanilla", () => {
    const request = { ...plain, method: "GET", url: "https://example.amazonaws.com/" } as const;
    const { headers } = signAws(request, { ...us, service: "service", now: Date.UTC(2015, 7, 30, 12, 36) });
    assert.deepEqual(headers, {
      "X-Amz-Date": "20150830T123600Z",
      Authorization:
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, " +
        "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    });
  });

  it("signs as the published suite's get-vanilla-query-order-key-case", () => {
    const request = {
      ...plain,
      method: "GET",
      url: "https://example.amazonaws.com/?Param2=value2&Param1=value1",
    } as const;
    const { headers } = signAws(request, { ...us, service: "service", now: Date.UTC(2015, 7, 30, 12, 36) });
    assert.match(
      headers["Authorization"] ?? "",
      /Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500$/,
    );
  });

  it("signs objects of S3 with the digest of their content, the path encoded once", () => {
    const { headers } = signAws(
      {
        method: "PUT",
        url: "https://evt.s3.us-east-1.amazonaws.com/a/b%20c%2Bd.json",
        headers: { "content-type": "application/x-ndjson" },
        body: '{"a":1}\n',
        covers: [],
      },
      { ...us, service: "s3", now: Date.UTC(2026, 0, 2, 3, 4, 5) },
    );
    assert.equal(headers["X-Amz-Content-Sha256"], "e346432021b04179518d9614f3560ccd71354a4ee101ddcb893d6959a9d6301c");
    assert.match(headers["Authorization"] ?? "", /SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, /);
    assert.match(
      headers["Authorization"] ?? "",
      /Signature=3f13fcf18419ada3e3aaf6e7ec6b46e49518509369bff01f475681230504fc76$/,
    );
  });

  it("signs text and bytes alike, and the token of temporary credentials", () => {
    const sign = (body: string | Uint8Array): string | undefined =>
      signAws(
        { method: "PUT", url: "https://evt.example.com/k", headers: {}, body, covers: [] },
        { region: "eu-west-1", service: "s3", credentials: { ...credentials, sessionToken: "session" }, now: NOW },
      ).headers["Authorization"];
    assert.equal(sign("é"), sign(new TextEncoder().encode("é")));
    assert.match(sign("") ?? "", /SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token/);
  });

  it("signs what is sent: compressed bodies, headers and query of the spec", () => {
    const auth: AuthSpec = {
      kind: "aws_sigv4",
      service: "kinesis",
      region: "{{config.region}}",
      access_key_id: "{{config.id}}",
      secret_access_key: "{{secret.key}}",
    };
    const made = requestOf(
      { auth, headers: { "X-Amz-Target": "Kinesis_20131202.PutRecords" }, body: { encoding: "json", gzip: true } },
      { a: 1 },
      { parameters: { region: "eu-west-1", id: "AKID" }, secrets: { key: "k" } },
    );
    assert.match(made.headers["Authorization"] ?? "", /Credential=AKID\/20260225\/eu-west-1\/kinesis\/aws4_request/);
    assert.match(
      made.headers["Authorization"] ?? "",
      /SignedHeaders=content-encoding;content-type;host;x-amz-date;x-amz-target/,
    );
    assert.equal(made.headers["Host"], undefined);
  });
});
