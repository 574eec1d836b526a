/** For someone who is locked out: a new password that is shown once, by those who have the machine. */
import { type Database, findUserByEmail, revokeSessions, updateUser } from "@datafly-signal/ports/store";
import { REPLACED, writeServerAudit } from "./access-audit.ts";
import { normalEmail } from "./email-address.ts";
import type { ServerMoment } from "./first-administrator.ts";
import { hashAlone } from "./passwords.ts";
import { newOneTimePassword } from "./secret-tokens.ts";

export type PasswordReset =
  | { ok: true; email: string; password: string }
  | { ok: false; reason: "unknown_email" | "disabled" };

/** Ends all sessions and the lock; API tokens stay, but count only once the password was changed. */
export async function resetPassword(
  database: Database,
  { email: wanted, ...moment }: ServerMoment & { email: string },
): Promise<PasswordReset> {
  const email = normalEmail(wanted);
  const password = newOneTimePassword(moment.random);
  const passwordHash = await hashAlone(password, moment.random);
  return database.transaction(async (queries) => {
    const user = await findUserByEmail(queries, email);
    if (user === undefined) return { ok: false, reason: "unknown_email" };
    if (user.status !== "active") return { ok: false, reason: "disabled" };
    const { id } = user;
    const unlocked = { must_change_password: 1, failed_logins: 0, locked_until: null };
    await updateUser(queries, { id, now: moment.now }, { password_hash: passwordHash, ...unlocked });
    await revokeSessions(queries, { userId: id, now: moment.now });
    const entry = { action: "user.password_reset", resourceType: "user", resourceId: id };
    await writeServerAudit(queries, moment, { ...entry, changes: { password: REPLACED } });
    return { ok: true, email, password };
  });
}
