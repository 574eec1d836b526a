/** Access tokens: short-lived JWT, of one kind, one algorithm and one deployment. */
import { SignJWT, errors, jwtVerify } from "jose";

export interface AccessTokens {
  /** Seconds that one lives. */
  readonly ttl: number;
  issue(claims: AccessClaims, now: number): Promise<string>;
  read(token: string, now: number): Promise<AccessReading>;
}

/** What is acted on; the role that a token also names is for clients to show, never trusted here. */
interface AccessClaims {
  userId: string;
  sessionId: string;
  role: string;
}

type AccessReading =
  | { ok: true; userId: string; sessionId: string }
  | { ok: false; fault: "INVALID_TOKEN" | "EXPIRED_TOKEN" };

/** A secret too short to sign with. */
export class WeakSecretError extends Error {
  constructor() {
    super(
      `A secret of access tokens has less than ${LEAST_SECRET_BYTES} bytes. Give JWT_SECRET at least as many random ones.`,
    );
    this.name = "WeakSecretError";
  }
}

const LEAST_SECRET_BYTES = 32;
const ALGORITHM = "HS256";
const HEADER = { alg: ALGORITHM, typ: "at+jwt" };
const ENCODED_HEADER = Buffer.from(JSON.stringify(HEADER)).toString("base64url");
const ISSUER = "datafly-signal";
const AUDIENCE = "datafly-signal-management-api";
const LONGEST = 2048;

/**
 * @param previousSecrets sign nothing; what they signed counts until it expires
 * @param ttl seconds
 * @throws {WeakSecretError}
 */
export function createAccessTokens({
  secret,
  previousSecrets = [],
  organisationId,
  ttl,
}: {
  secret: Uint8Array;
  previousSecrets?: readonly Uint8Array[];
  organisationId: string;
  ttl: number;
}): AccessTokens {
  const secrets = [secret, ...previousSecrets];
  if (secrets.some(({ length }) => length < LEAST_SECRET_BYTES)) throw new WeakSecretError();

  async function verified(token: string, now: number): Promise<AccessReading> {
    for (const secret of secrets) {
      const reading = await readWith(token, { secret, now, organisationId });
      if (reading !== null) return reading;
    }
    return INVALID;
  }

  return {
    ttl,
    issue({ userId, sessionId, role }, now) {
      const seconds = Math.floor(now / 1_000);
      return new SignJWT({ org_id: organisationId, role, sid: sessionId })
        .setProtectedHeader(HEADER)
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject(userId)
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + ttl)
        .sign(secret);
    },
    // Ours have one header, to the byte: whatever another one asks for is not looked at.
    read: async (token, now) =>
      token.length <= LONGEST && token.startsWith(`${ENCODED_HEADER}.`) ? verified(token, now) : INVALID,
  };
}

const INVALID: AccessReading = { ok: false, fault: "INVALID_TOKEN" };

/** @returns null when another secret signed it */
async function readWith(
  token: string,
  { secret, now, organisationId }: { secret: Uint8Array; now: number; organisationId: string },
): Promise<AccessReading | null> {
  try {
    const { payload } = await jwtVerify(token, secret, {
      algorithms: [ALGORITHM],
      typ: HEADER.typ,
      issuer: ISSUER,
      audience: AUDIENCE,
      requiredClaims: ["sub", "org_id", "sid", "iat", "exp"],
      currentDate: new Date(now),
    });
    const { sub, sid, org_id: organisation } = payload;
    if (organisation !== organisationId || typeof sub !== "string" || typeof sid !== "string") return INVALID;
    return { ok: true, userId: sub, sessionId: sid };
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) return null;
    if (error instanceof errors.JWTExpired) return { ok: false, fault: "EXPIRED_TOKEN" };
    if (error instanceof errors.JOSEError) return INVALID;
    throw error;
  }
}
