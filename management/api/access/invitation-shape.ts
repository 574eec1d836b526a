/** Invitations as the API shows them. */
import type { InvitationRow } from "@datafly-signal/ports/store";
import Type, { type Static } from "typebox";
import { STRICT, iso, isoOrNull, time, timeOrNull } from "./access-shapes.ts";

const ACCEPT_PATH = "/accept-invitation";
export const invitationStatus = Type.Enum(["open", "expired", "accepted", "revoked"]);

export const Invitation = Type.Object(
  {
    id: Type.String({ description: "inv_…" }),
    email: Type.String(),
    role: Type.String({ description: "The role that the account will have." }),
    status: invitationStatus,
    invited_by: Type.Union([Type.String(), Type.Null()], { description: "A user's id." }),
    created_at: time,
    expires_at: time,
    accepted_at: timeOrNull,
    revoked_at: timeOrNull,
  },
  { ...STRICT, title: "Invitation" },
);

export const NewInvitation = Type.Object(
  {
    ...Invitation.properties,
    token: Type.String({ description: "Shown this once." }),
    accept_url: Type.String({ description: "To be passed on: whoever has it can make the account." }),
  },
  { ...STRICT, title: "NewInvitation" },
);

/** @param publicUrl null leaves the link without a host */
export function withLink(
  publicUrl: string | null,
  { invitation, token, now }: { invitation: InvitationRow; token: string; now: number },
): Static<typeof NewInvitation> {
  // Behind the sign, a token reaches neither a server's log nor a Referer.
  const url = `${(publicUrl ?? "").replace(/\/+$/, "")}${ACCEPT_PATH}#token=${token}`;
  return { ...invitationOf(invitation, now), token, accept_url: url };
}

export function invitationOf(row: InvitationRow, now: number): Static<typeof Invitation> {
  return {
    id: row.id,
    email: row.email,
    role: row.role,
    status: statusOf(row, now),
    invited_by: row.invited_by,
    created_at: iso(row.created_at),
    expires_at: iso(row.expires_at),
    accepted_at: isoOrNull(row.accepted_at),
    revoked_at: isoOrNull(row.revoked_at),
  };
}

export function statusOf(row: InvitationRow, now: number): Static<typeof invitationStatus> {
  if (row.accepted_at !== null) return "accepted";
  if (row.revoked_at !== null) return "revoked";
  return row.expires_at > now ? "open" : "expired";
}
