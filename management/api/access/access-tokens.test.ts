import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";
import { ORGANISATION, SECRET, openAccessRig } from "./access-fixture.ts";
import { WeakSecretError, createAccessTokens } from "./access-tokens.ts";

const NOW = Date.parse("2026-11-21T09:00:00.000Z");
const OTHER_SECRET = Buffer.alloc(32, "b");
const claims = { userId: "usr_1", sessionId: "ses_1", role: "org_admin" };
const tokens = createAccessTokens({ secret: SECRET, organisationId: ORGANISATION, ttl: 900 });

type Part = Record<string, unknown>;
const HEADER = { alg: "HS256", typ: "at+jwt" };
const seconds = NOW / 1_000;
const PAYLOAD = {
  org_id: ORGANISATION,
  role: "org_admin",
  sid: "ses_1",
  iss: "datafly-signal",
  aud: "datafly-signal-management-api",
  sub: "usr_1",
  iat: seconds,
  exp: seconds + 900,
};

function encode(part: Part): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

function forge(header: Part, payload: Part, { hash = "sha256", secret = SECRET as string | Buffer } = {}): string {
  const content = `${encode(header)}.${encode(payload)}`;
  return `${content}.${createHmac(hash, secret).update(content).digest("base64url")}`;
}

async function faultOf(token: string, now = NOW): Promise<string> {
  const reading = await tokens.read(token, now);
  return reading.ok ? "none" : reading.fault;
}

test("what is issued is read, with the documented claims", async () => {
  const token = await tokens.issue(claims, NOW);
  assert.deepEqual(await tokens.read(token, NOW), { ok: true, userId: "usr_1", sessionId: "ses_1" });
  const [header = "", payload = ""] = token.split(".");
  assert.deepEqual(JSON.parse(Buffer.from(header, "base64url").toString()), HEADER);
  assert.deepEqual(JSON.parse(Buffer.from(payload, "base64url").toString()), PAYLOAD);
  assert.equal(await faultOf(forge(HEADER, PAYLOAD)), "none", "the forger below works");
});

test("it expires to the second, and only a genuine one is told so", async () => {
  const token = await tokens.issue(claims, NOW);
  assert.equal(await faultOf(token, NOW + 899_999), "none");
  assert.equal(await faultOf(token, NOW + 900_000), "EXPIRED_TOKEN");
  assert.equal(await faultOf(`${token.slice(0, -4)}AAAA`, NOW + 900_000), "INVALID_TOKEN");
  assert.equal(await faultOf(forge(HEADER, { ...PAYLOAD, aud: "another" }), NOW + 900_000), "INVALID_TOKEN");
});

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const publicPem = publicKey.export({ type: "spki", format: "pem" }).toString();

function signedByRsa(header: Part): string {
  const content = `${encode(header)}.${encode(PAYLOAD)}`;
  return `${content}.${sign("sha256", Buffer.from(content), privateKey).toString("base64url")}`;
}

const without = (name: string): Part => Object.fromEntries(Object.entries(PAYLOAD).filter(([key]) => key !== name));
const unsigned = `${encode({ alg: "none", typ: "at+jwt" })}.${encode(PAYLOAD)}.`;
const [head = "", , signature = ""] = forge(HEADER, PAYLOAD).split(".");

const FORGED: readonly (readonly [what: string, token: string])[] = [
  ["alg none", unsigned],
  ["alg none with a signature", `${unsigned}${signature}`],
  ["alg nOnE", `${encode({ alg: "nOnE", typ: "at+jwt" })}.${encode(PAYLOAD)}.`],
  ["our header without a signature", `${head}.${encode(PAYLOAD)}.`],
  ["HS512 with our secret", forge({ alg: "HS512", typ: "at+jwt" }, PAYLOAD, { hash: "sha512" })],
  ["HS384 with our secret", forge({ alg: "HS384", typ: "at+jwt" }, PAYLOAD, { hash: "sha384" })],
  ["RS256", signedByRsa({ alg: "RS256", typ: "at+jwt" })],
  [
    "RS256 with its key in the header",
    signedByRsa({ alg: "RS256", typ: "at+jwt", jwk: publicKey.export({ format: "jwk" }) }),
  ],
  ["HS256 with a public key as secret", forge(HEADER, PAYLOAD, { secret: publicPem })],
  ["HS256 with an empty secret", forge(HEADER, PAYLOAD, { secret: "" })],
  ["another secret", forge(HEADER, PAYLOAD, { secret: OTHER_SECRET })],
  ["a kid that is a path", forge({ ...HEADER, kid: "../../dev/null" }, PAYLOAD)],
  ["a kid that is SQL", forge({ ...HEADER, kid: "' union select 'a' --" }, PAYLOAD)],
  ["a jku", forge({ ...HEADER, jku: "https://keys.example.com" }, PAYLOAD)],
  ["a crit", forge({ ...HEADER, crit: ["exp"] }, PAYLOAD)],
  ["b64 false", forge({ ...HEADER, crit: ["b64"], b64: false }, PAYLOAD)],
  ["typ JWT", forge({ ...HEADER, typ: "JWT" }, PAYLOAD)],
  ["no typ", forge({ alg: "HS256" }, PAYLOAD)],
  ["a changed payload", `${head}.${encode({ ...PAYLOAD, sub: "usr_2" })}.${signature}`],
  ["another audience", forge(HEADER, { ...PAYLOAD, aud: "gateway" })],
  ["another issuer", forge(HEADER, { ...PAYLOAD, iss: "example.com" })],
  ["another organisation", forge(HEADER, { ...PAYLOAD, org_id: "org_other" })],
  ["a sub that is no text", forge(HEADER, { ...PAYLOAD, sub: ["usr_1"] })],
  ["a sid that is no text", forge(HEADER, { ...PAYLOAD, sid: { $ne: "" } })],
  ["exp as text", forge(HEADER, { ...PAYLOAD, exp: "9999999999" })],
  ["not valid yet", forge(HEADER, { ...PAYLOAD, nbf: seconds + 60 })],
  ...["sub", "org_id", "sid", "iat", "exp", "iss", "aud"].map(
    (name) => [`no ${name}`, forge(HEADER, without(name))] as const,
  ),
  ["a refresh token's type", forge(HEADER, { ...without("sid"), type: "refresh" })],
  ["four parts", `${forge(HEADER, PAYLOAD)}.x`],
  ["a very long one", `${head}.${"A".repeat(5_000)}.${signature}`],
  ["nothing", ""],
  ["dots", ".."],
];

for (const [what, token] of FORGED) {
  test(`refused: ${what}`, async () => {
    assert.equal(await faultOf(token), "INVALID_TOKEN");
  });
}

test("another organisation's own tokens are refused, with the same secret", async () => {
  const theirs = createAccessTokens({ secret: SECRET, organisationId: "org_other", ttl: 900 });
  assert.equal(await faultOf(await theirs.issue(claims, NOW)), "INVALID_TOKEN");
});

test("after a rotation, what the previous secret signed counts until it expires, and it signs nothing", async () => {
  const options = { secret: OTHER_SECRET, previousSecrets: [SECRET], organisationId: ORGANISATION, ttl: 900 };
  const rotated = createAccessTokens(options);
  const old = await tokens.issue(claims, NOW);
  assert.equal((await rotated.read(old, NOW)).ok, true);
  assert.deepEqual(await rotated.read(old, NOW + 900_000), { ok: false, fault: "EXPIRED_TOKEN" });
  assert.equal(await faultOf(await rotated.issue(claims, NOW)), "INVALID_TOKEN");
});

test("a secret that is too short is refused", () => {
  const short = { secret: Buffer.alloc(31), organisationId: ORGANISATION, ttl: 900 };
  assert.throws(() => createAccessTokens(short), WeakSecretError);
  assert.throws(
    () => createAccessTokens({ ...short, secret: SECRET, previousSecrets: [Buffer.alloc(0)] }),
    WeakSecretError,
  );
});

test("a genuine signature does not help without a session that is open", async () => {
  const rig = await openAccessRig();
  const id = await rig.addUser("jane", "org_admin");
  const other = await rig.addUser("john");
  const { access_token: token } = await rig.session("jane");
  const sid = String((JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as Part)["sid"]);
  assert.equal((await rig.call("GET", "/auth/me", { token: forge(HEADER, { ...PAYLOAD, sub: id, sid }) })).status, 200);
  for (const [sub, session] of [
    [id, "ses_unknown"],
    [other, sid],
    ["usr_unknown", sid],
    [id, ""],
  ] as const) {
    assert.equal(
      await rig.refused("GET", "/auth/me", { token: forge(HEADER, { ...PAYLOAD, sub, sid: session }) }),
      "INVALID_TOKEN",
    );
  }
  await rig.close();
});
