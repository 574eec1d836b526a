/** Invitations: how further people get an account. There is no mail: the one who invites passes the link on. */
import {
  type InvitationRow,
  findInvitation,
  findOpenInvitation,
  findUserByEmail,
  insertInvitation,
  listInvitations,
  renewInvitation,
  revokeInvitation,
} from "@datafly-signal/ports/store";
import Type from "typebox";
import { limitOf, mapPage, page, pageOf, pagingQuery, readCursor } from "../http/paging.ts";
import { type Fault, type Route, defineRoute, fault, isFault } from "../http/route.ts";
import { REPLACED, changed, made } from "./access-audit.ts";
import type { AccessServices } from "./access-services.ts";
import { STRICT, emailField, idParams, iso, role, searchField } from "./access-shapes.ts";
import { normalEmail } from "./email-address.ts";
import { Invitation, NewInvitation, invitationOf, invitationStatus, statusOf, withLink } from "./invitation-shape.ts";
import { mayGrantNamed, TOO_MUCH } from "./permissions.ts";
import { INVITATION_PREFIX, hashOf, newSecret } from "./secret-tokens.ts";

const position = Type.Object({ createdAt: Type.Integer(), id: Type.String() }, STRICT);

const TAG = "Invitations";
const LIFE_MS = 7 * 24 * 3_600_000;

export function invitationRoutes(services: AccessServices): Route[] {
  return [listRoute(), createRoute(services), resendRoute(services), revokeRoute()];
}

function listRoute(): Route {
  return defineRoute({
    method: "GET",
    path: "/invitations",
    operation: "listInvitations",
    tag: TAG,
    summary: "List invitations, the newest first",
    access: "team:read",
    query: Type.Object({ ...pagingQuery, status: Type.Optional(invitationStatus), search: searchField }, STRICT),
    answers: { 200: { description: "A page of invitations.", schema: pageOf(Invitation) } },
    errors: [],
    async handle({ query, queries, now }) {
      const after = readCursor(query, position);
      if (isFault(after)) return after;
      const limit = limitOf(query);
      const { status, search } = query;
      const rows = await listInvitations(queries, { status, search, now, after: after ?? undefined, limit: limit + 1 });
      const invitations = page(rows, limit, ({ created_at: createdAt, id }) => ({ createdAt, id }));
      return { status: 200, body: mapPage(invitations, (row) => invitationOf(row, now)) };
    },
  });
}

function createRoute(services: AccessServices): Route {
  return defineRoute({
    method: "POST",
    path: "/invitations",
    operation: "createInvitation",
    tag: TAG,
    summary: "Invite somebody",
    description: "The answer holds the link, this once. It can be used for seven days, by anyone who has it.",
    access: "team:write",
    body: Type.Object({ email: emailField, role }, STRICT),
    answers: { 201: { description: "The invitation, with its link.", schema: NewInvitation } },
    errors: ["CONFLICT"],
    changes: true,
    showsSecret: true,
    async handle(call) {
      const { body, queries, caller, now } = call;
      if (!mayGrantNamed(caller.permissions, body.role)) return fault("FORBIDDEN", TOO_MUCH);
      const email = normalEmail(body.email);
      if ((await findUserByEmail(queries, email)) !== undefined) return fault("CONFLICT", HAS_ACCOUNT);
      if ((await findOpenInvitation(queries, { email, now })) !== undefined) return fault("CONFLICT", IS_INVITED);
      const token = newSecret(INVITATION_PREFIX, services.random);
      const invitation: InvitationRow = {
        id: call.newId("inv_"),
        email,
        role: body.role,
        token_hash: hashOf(token),
        invited_by: caller.userId,
        created_at: now,
        expires_at: now + LIFE_MS,
        accepted_at: null,
        revoked_at: null,
      };
      await insertInvitation(queries, invitation);
      const changes = made({ email, role: body.role, expires_at: iso(invitation.expires_at) });
      call.audit({ action: "user.invited", resourceType: "invitation", resourceId: invitation.id, changes });
      return { status: 201, body: withLink(services.publicUrl, { invitation, token, now }) };
    },
  });
}

const HAS_ACCOUNT = "There is already a user with this e-mail address.";
const IS_INVITED = "This e-mail address is invited already. Send that invitation again, or revoke it first.";

function resendRoute(services: AccessServices): Route {
  return defineRoute({
    method: "POST",
    path: "/invitations/{id}/resend",
    operation: "resendInvitation",
    tag: TAG,
    summary: "Give an invitation another link and seven more days",
    description: "The link before stops working.",
    access: "team:write",
    params: idParams("inv"),
    answers: { 200: { description: "The invitation, with its new link.", schema: NewInvitation } },
    errors: ["NOT_FOUND", "CONFLICT"],
    changes: true,
    showsSecret: true,
    async handle(call) {
      const { params, queries, now, caller } = call;
      const before = await findInvitation(queries, params.id);
      if (before === undefined) return noSuchInvitation();
      if (!mayGrantNamed(caller.permissions, before.role)) return fault("FORBIDDEN", TOO_MUCH);
      const other = await findOpenInvitation(queries, { email: before.email, now });
      if (other !== undefined && other.id !== before.id) return fault("CONFLICT", IS_INVITED);
      const token = newSecret(INVITATION_PREFIX, services.random);
      const renewal = { id: before.id, tokenHash: hashOf(token), expiresAt: now + LIFE_MS };
      const invitation = await renewInvitation(queries, renewal);
      if (invitation === undefined) return isOver(before, now);
      const times = changed({ expires_at: iso(before.expires_at) }, { expires_at: iso(invitation.expires_at) });
      const entry = { action: "invitation.resent", resourceType: "invitation", resourceId: before.id };
      call.audit({ ...entry, changes: { ...times, token: REPLACED } });
      return { status: 200, body: withLink(services.publicUrl, { invitation, token, now }) };
    },
  });
}

function revokeRoute(): Route {
  return defineRoute({
    method: "DELETE",
    path: "/invitations/{id}",
    operation: "revokeInvitation",
    tag: TAG,
    summary: "Revoke an invitation: its link stops working",
    access: "team:write",
    params: idParams("inv"),
    answers: { 204: { description: "It cannot be accepted any more.", schema: null } },
    errors: ["NOT_FOUND", "CONFLICT"],
    changes: true,
    async handle(call) {
      const { params, queries, now } = call;
      const invitation = await findInvitation(queries, params.id);
      if (invitation === undefined) return noSuchInvitation();
      if (!(await revokeInvitation(queries, { id: invitation.id, now }))) return isOver(invitation, now);
      const changes = changed({ status: statusOf(invitation, now) }, { status: "revoked" });
      call.audit({ action: "invitation.revoked", resourceType: "invitation", resourceId: invitation.id, changes });
      return { status: 204 };
    },
  });
}

function isOver(row: InvitationRow, now: number): Fault {
  return fault("CONFLICT", `This invitation is ${statusOf(row, now)} already. Make a new one where it is needed.`);
}

function noSuchInvitation(): Fault {
  return fault("NOT_FOUND", "There is no such invitation.");
}
