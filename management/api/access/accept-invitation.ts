/** Makes the account that somebody was invited to. It keeps its own transaction: hashing takes its time before it. */
import {
  type UserRow,
  acceptInvitation,
  findInvitationByToken,
  findUserByEmail,
  insertUser,
} from "@datafly-signal/ports/store";
import Type from "typebox";
import { type Fault, type Route, defineRoute, fault, isFault } from "../http/route.ts";
import { type AuditedCall, made, writeAudit } from "./access-audit.ts";
import type { AccessServices } from "./access-services.ts";
import { STRICT, Session, nameField, newPassword, secretField } from "./access-shapes.ts";
import { tooBusy } from "./check-password.ts";
import { statusOf } from "./invitation-shape.ts";
import { newUser } from "./new-user.ts";
import { passwordFault } from "./password-rules.ts";
import { hashOf } from "./secret-tokens.ts";
import type { OpenSession } from "./sessions.ts";

interface Acceptance {
  token: string;
  name: string;
  password: string;
}

export function acceptInvitationRoute(services: AccessServices): Route {
  return defineRoute({
    method: "POST",
    path: "/auth/invitations/accept",
    operation: "acceptInvitation",
    tag: "Authentication",
    summary: "Make the account that one was invited to, and sign in",
    access: "public",
    body: Type.Object({ token: secretField, name: nameField, password: newPassword }, STRICT),
    answers: { 201: { description: "A session of the new account.", schema: Session } },
    errors: ["INVALID_TOKEN", "CONFLICT"],
    async handle(call) {
      const { token, password } = call.body;
      const invitation = await findInvitationByToken(services.database.queries, hashOf(token));
      if (invitation === undefined || statusOf(invitation, call.now) !== "open") return invitationInvalid();
      const weakness = passwordFault(password, invitation.email);
      if (weakness !== null) return fault("VALIDATION_FAILED", undefined, [{ path: "password", message: weakness }]);
      const passwordHash = await services.passwords.hash(password);
      if (passwordHash === "busy") return tooBusy();
      const session = await makeAccount(services, { call, acceptance: call.body, passwordHash });
      return isFault(session) ? session : { status: 201, body: await services.sessions.answer(session, call.now) };
    },
  });
}

function makeAccount(
  { database, sessions }: AccessServices,
  { call, acceptance, passwordHash }: { call: AuditedCall; acceptance: Acceptance; passwordHash: string },
): Promise<OpenSession | Fault> {
  const { now } = call;
  return database.transaction(async (queries) => {
    const invitation = await findInvitationByToken(queries, hashOf(acceptance.token));
    if (invitation === undefined || statusOf(invitation, now) !== "open") return invitationInvalid();
    const isTaken = (await findUserByEmail(queries, invitation.email)) !== undefined;
    if (isTaken) return fault("CONFLICT", "There is already a user with this e-mail address.");
    if (!(await acceptInvitation(queries, { id: invitation.id, now }))) return invitationInvalid();
    const { email, role } = invitation;
    const account = { id: call.newId("usr_"), email, role, name: acceptance.name, passwordHash };
    const user: UserRow = { ...newUser(account, now), last_login_at: now };
    await insertUser(queries, user);
    const changes = made({ email, name: user.name, role, invitation: invitation.id });
    const entry = { resourceType: "user", resourceId: user.id };
    await writeAudit(queries, { call, actor: user }, { ...entry, action: "user.created", changes });
    await writeAudit(queries, { call, actor: user }, { ...entry, action: "auth.login", changes: {} });
    return sessions.open(queries, user, call);
  });
}

function invitationInvalid(): Fault {
  return fault("INVALID_TOKEN", "The invitation is not valid any more. Ask for a new one.");
}
