/** Audit records of access control: by routes that keep their own transactions, since a fault must not undo that it was tried, and by the server itself. */
import type { Queries } from "@datafly-signal/ports/store";
import { insertAudit, serverAuthor } from "../audit/audit.ts";
import type { AuditEntry } from "../audit/audit-entry.ts";
import type { Call } from "../http/route.ts";

export type AuditedCall = Pick<Call<unknown, unknown, unknown>, "caller" | "now" | "newId">;

/** Who it was, where the call itself does not say. */
interface Actor {
  id: string | null;
  email: string;
}

/** @param actor the caller when left out */
export async function writeAudit(
  queries: Queries,
  { call, actor }: { call: AuditedCall; actor?: Actor },
  entry: AuditEntry,
): Promise<void> {
  const { caller, now, newId } = call;
  const author = actor === undefined ? caller : { ...caller, userId: actor.id, email: actor.email };
  await insertAudit(queries, [entry], { author, now, newId });
}

/** What no request asked for. */
export async function writeServerAudit(
  queries: Queries,
  { now, newId }: { now: number; newId(prefix: string): string },
  entry: AuditEntry,
): Promise<void> {
  await insertAudit(queries, [entry], { author: serverAuthor(), now, newId });
}

type Changes = AuditEntry["changes"];
type Value = Changes[string]["old"];

/** Of something new. */
export function made(values: Readonly<Record<string, Value>>): Changes {
  return Object.fromEntries(Object.entries(values).map(([field, value]) => [field, { old: null, new: value }]));
}

/** The fields in which both differ. */
export function changed(before: Readonly<Record<string, Value>>, after: Readonly<Record<string, Value>>): Changes {
  const fields = Object.keys(after).filter((field) => before[field] !== after[field]);
  return Object.fromEntries(fields.map((field) => [field, { old: before[field] ?? null, new: after[field] ?? null }]));
}

/** A secret that became another one. */
export const REPLACED = { old: { set: true }, new: { set: true } } as const;
