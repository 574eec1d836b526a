/** Sessions: a family of refresh tokens, each for one use, and the access tokens that are given with them. */
import {
  type Queries,
  type RefreshTokenRow,
  type UserRow,
  findRefreshToken,
  findUser,
  insertRefreshToken,
  removeExpiredRefreshTokens,
  revokeSessions,
  useRefreshToken,
} from "@datafly-signal/ports/store";
import type { Static } from "typebox";
import { type Session, userOf } from "./access-shapes.ts";
import type { AccessTokens } from "./access-tokens.ts";
import { REFRESH_TOKEN_PREFIX, type Random, hashOf, newSecret } from "./secret-tokens.ts";

export interface Sessions {
  /** Begins one, in the caller's transaction. */
  open(queries: Queries, user: UserRow, moment: Moment): Promise<OpenSession>;
  /** Exchanges a refresh token, in the caller's transaction. */
  rotate(queries: Queries, token: string, moment: Moment): Promise<Rotation>;
  /** What is answered: signs the access token. */
  answer(session: OpenSession, now: number): Promise<Static<typeof Session>>;
}

interface Moment {
  now: number;
  newId(prefix: string): string;
}

export interface OpenSession {
  id: string;
  user: UserRow;
  refreshToken: string;
}

/** `reused`: it had been used before, so somebody else has it too; all sessions of `user` were ended. */
type Rotation =
  | { outcome: "rotated"; session: OpenSession }
  | { outcome: "invalid" }
  | { outcome: "reused"; user: UserRow };

/** @param ttl seconds that a refresh token lives */
export function createSessions({
  accessTokens,
  random,
  ttl,
}: {
  accessTokens: AccessTokens;
  random: Random;
  ttl: number;
}): Sessions {
  async function give(
    queries: Queries,
    user: UserRow,
    { id, now, newId }: Moment & { id: string },
  ): Promise<OpenSession> {
    const refreshToken = newSecret(REFRESH_TOKEN_PREFIX, random);
    await insertRefreshToken(queries, {
      id: newId("rft_"),
      family: id,
      user_id: user.id,
      token_hash: hashOf(refreshToken),
      created_at: now,
      expires_at: now + ttl * 1_000,
      used_at: null,
      revoked_at: null,
    });
    return { id, user, refreshToken };
  }

  return {
    async open(queries, user, moment) {
      await removeExpiredRefreshTokens(queries, moment.now);
      return give(queries, user, { ...moment, id: moment.newId("ses_") });
    },
    async rotate(queries, token, moment) {
      const row = await findRefreshToken(queries, hashOf(token));
      if (row === undefined || row.revoked_at !== null || row.expires_at <= moment.now) return INVALID;
      const user = await findUser(queries, row.user_id);
      if (user === undefined || user.status !== "active") return INVALID;
      if (!(await isFirstUse(queries, row, moment.now))) {
        await revokeSessions(queries, { userId: user.id, now: moment.now });
        return { outcome: "reused", user };
      }
      return { outcome: "rotated", session: await give(queries, user, { ...moment, id: row.family }) };
    },
    async answer({ id, user, refreshToken }, now) {
      return {
        access_token: await accessTokens.issue({ userId: user.id, sessionId: id, role: user.role }, now),
        refresh_token: refreshToken,
        token_type: "Bearer",
        expires_in: accessTokens.ttl,
        user: userOf(user, now),
      };
    },
  };
}

const INVALID: Rotation = { outcome: "invalid" };

async function isFirstUse(queries: Queries, { id, used_at: usedAt }: RefreshTokenRow, now: number): Promise<boolean> {
  return usedAt === null && (await useRefreshToken(queries, { id, now }));
}
