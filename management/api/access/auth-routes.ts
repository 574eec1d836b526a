/** Signing in and out. These routes keep their own transactions: a refused attempt is counted and recorded all the same. */
import { type UserRow, findRefreshToken, findUser, recordLogin, revokeSession } from "@datafly-signal/ports/store";
import Type from "typebox";
import { type Fault, type Route, type Success, defineRoute, fault, isFault } from "../http/route.ts";
import { type AuditedCall, writeAudit } from "./access-audit.ts";
import type { AccessServices } from "./access-services.ts";
import { STRICT, Session, emailField, givenPassword, secretField } from "./access-shapes.ts";
import { accountLocked } from "./check-password.ts";
import { normalEmail } from "./email-address.ts";
import { hashOf } from "./secret-tokens.ts";
import type { OpenSession } from "./sessions.ts";

const TAG = "Authentication";

export function authRoutes(services: AccessServices): Route[] {
  return [loginRoute(services), refreshRoute(services), logoutRoute()];
}

function loginRoute(services: AccessServices): Route {
  return defineRoute({
    method: "POST",
    path: "/auth/login",
    operation: "login",
    tag: TAG,
    summary: "Sign in with e-mail address and password",
    description:
      "Five wrong passwords in a row lock the account for fifteen minutes, for the right one too. An account that does not exist answers like one that does.",
    access: "public",
    body: Type.Object({ email: emailField, password: givenPassword }, STRICT),
    answers: { 200: { description: "A session.", schema: Session } },
    errors: ["INVALID_CREDENTIALS", "ACCOUNT_LOCKED"],
    async handle(call) {
      const { email, password } = call.body;
      const user = await services.passwordCheck.check({ email: normalEmail(email), password, call });
      if (isFault(user)) return user;
      const replacement = await strongerHash(services, user, password);
      const session = await signIn(services, { user, replacement, call });
      return isFault(session) ? session : answerSession(services, session, call.now);
    },
  });
}

/** Undefined where the one that is kept is strong enough, or there is no time for it now. */
async function strongerHash(
  { passwords }: AccessServices,
  user: UserRow,
  password: string,
): Promise<string | undefined> {
  if (!passwords.isOutdated(user.password_hash)) return undefined;
  const hash = await passwords.hash(password);
  return hash === "busy" ? undefined : hash;
}

interface RightPassword {
  /** As it was when its password was found right. */
  user: UserRow;
  replacement: string | undefined;
  call: AuditedCall;
}

function signIn(
  { database, sessions }: AccessServices,
  { user, replacement, call }: RightPassword,
): Promise<OpenSession | Fault> {
  const { now } = call;
  return database.transaction(async (queries) => {
    const current = await recordLogin(queries, { id: user.id, passwordHash: user.password_hash, replacement, now });
    if (current === undefined) return refusalOf(await findUser(queries, user.id), now);
    const entry = { action: "auth.login", resourceType: "user", resourceId: user.id, changes: {} };
    await writeAudit(queries, { call, actor: current }, entry);
    return sessions.open(queries, current, call);
  });
}

/** It was changed between the check and now. */
function refusalOf(user: UserRow | undefined, now: number): Fault {
  const lockedUntil = user?.locked_until ?? null;
  const isLocked = user?.status === "active" && lockedUntil !== null && lockedUntil > now;
  return isLocked ? accountLocked(lockedUntil, now) : fault("INVALID_CREDENTIALS");
}

async function answerSession({ sessions }: AccessServices, session: OpenSession, now: number): Promise<Success> {
  return { status: 200, body: await sessions.answer(session, now) };
}

function refreshRoute(services: AccessServices): Route {
  return defineRoute({
    method: "POST",
    path: "/auth/refresh",
    operation: "refreshSession",
    tag: TAG,
    summary: "Exchange a refresh token for a new pair of tokens",
    description:
      "A refresh token is for one use. One that is used again was copied: all sessions of its user end. A client therefore refreshes once at a time, and keeps the new token before it uses it.",
    access: "public",
    body: Type.Object({ refresh_token: secretField }, STRICT),
    answers: { 200: { description: "The session goes on.", schema: Session } },
    errors: ["INVALID_REFRESH_TOKEN"],
    async handle(call) {
      const rotation = await services.database.transaction(async (queries) => {
        const rotation = await services.sessions.rotate(queries, call.body.refresh_token, call);
        if (rotation.outcome === "reused") {
          const { id } = rotation.user;
          const entry = { action: "auth.refresh_reused", resourceType: "user", resourceId: id, changes: {} };
          await writeAudit(queries, { call, actor: rotation.user }, entry);
        }
        return rotation;
      });
      if (rotation.outcome !== "rotated") return fault("INVALID_REFRESH_TOKEN");
      return answerSession(services, rotation.session, call.now);
    },
  });
}

function logoutRoute(): Route {
  return defineRoute({
    method: "POST",
    path: "/auth/logout",
    operation: "logout",
    tag: TAG,
    summary: "End the session that a refresh token belongs to",
    description:
      "Its access tokens end with it. A token that is not known, or whose session is over, answers the same.",
    access: "public",
    body: Type.Object({ refresh_token: secretField }, STRICT),
    answers: { 204: { description: "The session is over.", schema: null } },
    errors: [],
    changes: true,
    async handle(call) {
      const { queries, now } = call;
      const token = await findRefreshToken(queries, hashOf(call.body.refresh_token));
      const user = token === undefined ? undefined : await findUser(queries, token.user_id);
      if (token === undefined || user === undefined) return { status: 204 };
      if (await revokeSession(queries, { family: token.family, now })) {
        const entry = { action: "auth.logout", resourceType: "user", resourceId: user.id, changes: {} };
        await writeAudit(queries, { call, actor: user }, entry);
      }
      return { status: 204 };
    },
  });
}
