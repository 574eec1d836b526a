/** Queries of invitations. */
import type { Selectable } from "kysely";
import { containsText } from "./contains-text.ts";
import type { Queries } from "./queries.ts";
import type { InvitationTable } from "./tables.ts";

export type InvitationRow = Selectable<InvitationTable>;

type InvitationStatus = "open" | "expired" | "accepted" | "revoked";

export interface InvitationFilter {
  status?: InvitationStatus | undefined;
  /** Part of the address, in any case. */
  search?: string | undefined;
  now: number;
}

export function findInvitation(queries: Queries, id: string): Promise<InvitationRow | undefined> {
  return queries.selectFrom("invitations").selectAll().where("id", "=", id).executeTakeFirst();
}

export function findInvitationByToken(queries: Queries, tokenHash: string): Promise<InvitationRow | undefined> {
  return queries.selectFrom("invitations").selectAll().where("token_hash", "=", tokenHash).executeTakeFirst();
}

/** The invitation of this address that can still be accepted. */
export function findOpenInvitation(
  queries: Queries,
  { email, now }: { email: string; now: number },
): Promise<InvitationRow | undefined> {
  return queries
    .selectFrom("invitations")
    .selectAll()
    .where("email", "=", email)
    .where("accepted_at", "is", null)
    .where("revoked_at", "is", null)
    .where("expires_at", ">", now)
    .executeTakeFirst();
}

/** Where a page ends. */
interface Position {
  createdAt: number;
  id: string;
}

/** The newest first; `after` is the last one of the page before. */
export function listInvitations(
  queries: Queries,
  { status, search, now, after, limit }: InvitationFilter & { after?: Position | undefined; limit: number },
): Promise<InvitationRow[]> {
  let query = queries.selectFrom("invitations").selectAll();
  if (status === "accepted") query = query.where("accepted_at", "is not", null);
  else if (status === "revoked") query = query.where("revoked_at", "is not", null);
  else if (status !== undefined) {
    query = query
      .where("accepted_at", "is", null)
      .where("revoked_at", "is", null)
      .where("expires_at", status === "open" ? ">" : "<=", now);
  }
  if (search !== undefined) query = query.where(containsText(["email"], search));
  if (after !== undefined) {
    query = query.where(({ or, and, eb }) =>
      or([
        eb("created_at", "<", after.createdAt),
        and([eb("created_at", "=", after.createdAt), eb("id", "<", after.id)]),
      ]),
    );
  }
  return query.orderBy("created_at", "desc").orderBy("id", "desc").limit(limit).execute();
}

export async function insertInvitation(queries: Queries, invitation: InvitationRow): Promise<void> {
  await queries.insertInto("invitations").values(invitation).execute();
}

/** Gives an open or expired invitation another token and more time. @returns it, or undefined when it cannot be used again */
export function renewInvitation(
  queries: Queries,
  { id, tokenHash, expiresAt }: { id: string; tokenHash: string; expiresAt: number },
): Promise<InvitationRow | undefined> {
  return queries
    .updateTable("invitations")
    .set({ token_hash: tokenHash, expires_at: expiresAt })
    .where("id", "=", id)
    .where("accepted_at", "is", null)
    .where("revoked_at", "is", null)
    .returningAll()
    .executeTakeFirst();
}

/** @returns whether it could still be accepted: of several callers one is told true */
export async function acceptInvitation(queries: Queries, { id, now }: { id: string; now: number }): Promise<boolean> {
  const row = await queries
    .updateTable("invitations")
    .set({ accepted_at: now })
    .where("id", "=", id)
    .where("accepted_at", "is", null)
    .where("revoked_at", "is", null)
    .where("expires_at", ">", now)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** @returns false when it was accepted or revoked before */
export async function revokeInvitation(queries: Queries, { id, now }: { id: string; now: number }): Promise<boolean> {
  const row = await queries
    .updateTable("invitations")
    .set({ revoked_at: now })
    .where("id", "=", id)
    .where("accepted_at", "is", null)
    .where("revoked_at", "is", null)
    .returning("id")
    .executeTakeFirst();
  return row !== undefined;
}

/** Those that somebody made who may not any more. @returns their ids */
export async function revokeInvitationsOf(
  queries: Queries,
  { invitedBy, now }: { invitedBy: string; now: number },
): Promise<string[]> {
  const rows = await queries
    .updateTable("invitations")
    .set({ revoked_at: now })
    .where("invited_by", "=", invitedBy)
    .where("accepted_at", "is", null)
    .where("revoked_at", "is", null)
    .returning("id")
    .execute();
  return rows.map(({ id }) => id);
}
