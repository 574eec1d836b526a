/** Whether a password is an account's: the one place that counts wrong ones, locks, and takes as long for accounts that do not exist. */
import { retryAfterSeconds } from "@datafly-signal/core";
import {
  type Database,
  type Queries,
  type UserRow,
  countFailedLogin,
  findUserByEmail,
} from "@datafly-signal/ports/store";
import type { AuditEntry } from "../audit/audit-entry.ts";
import { type Fault, fault } from "../http/route.ts";
import { type AuditedCall, made, writeAudit } from "./access-audit.ts";
import { iso } from "./access-shapes.ts";
import { turnsByKey } from "./bounded-work.ts";
import type { Passwords } from "./passwords.ts";

export interface PasswordCheck {
  /**
   * @param attempt `email` as accounts have it
   * @returns the account as it was read, if the password is its own and it may sign in; else what to answer, which is
   *   the same for an account that does not exist
   */
  check(attempt: { email: string; password: string; call: AuditedCall }): Promise<UserRow | Fault>;
}

/** So many wrong ones in a row lock the account. */
const MOST_FAILURES = 5;
const LOCK_MS = 15 * 60_000;
/** Those who wait for their turn at one account. */
const MOST_WAITING = 10;
/** Addresses without an account that are remembered; without it, only real accounts would lock. */
const MOST_STRANGERS = 10_000;

export function createPasswordCheck({
  database,
  passwords,
}: {
  database: Database;
  passwords: Passwords;
}): PasswordCheck {
  const turns = turnsByKey({ waiting: MOST_WAITING });
  const strangers = rememberStrangers();

  async function attemptOne({
    email,
    password,
    call,
  }: Parameters<PasswordCheck["check"]>[0]): Promise<UserRow | Fault> {
    const user = await findUserByEmail(database.queries, email);
    const lockedUntil = user === undefined ? strangers.lockedUntil(email) : user.locked_until;
    if (lockedUntil !== null && lockedUntil > call.now) return accountLocked(lockedUntil, call.now);
    const verdict = await passwords.verify(user?.password_hash ?? null, password);
    if (verdict === "busy") return tooBusy();
    if (verdict && user?.status === "active") return user;
    await database.transaction(async (queries) => {
      const lock = user === undefined ? strangers.count(email, call.now) : await countOne(queries, user, call.now);
      const reason = user === undefined ? "unknown_account" : verdict ? "disabled" : "wrong_password";
      const entry = failure({ reason, userId: user?.id ?? "", lock });
      await writeAudit(queries, { call, actor: { id: null, email } }, entry);
    });
    return fault("INVALID_CREDENTIALS");
  }

  return {
    async check(attempt) {
      // One after the other: tried at once, any number would go through before the first failure is counted.
      const result = await turns.run(attempt.email, () => attemptOne(attempt));
      return result === "busy" ? tooBusy() : result;
    },
  };
}

export function accountLocked(until: number, now: number): Fault {
  return { fault: "ACCOUNT_LOCKED", headers: { "retry-after": String(retryAfterSeconds(until - now)) } };
}

/** More sign-ins at once than passwords can be checked. */
export function tooBusy(): Fault {
  const message = "Too many passwords are being checked at this moment. Send it again after the time in Retry-After.";
  return { fault: "RATE_LIMITED", message, headers: { "retry-after": "1" } };
}

async function countOne(queries: Queries, { id }: UserRow, now: number): Promise<number | null> {
  const state = await countFailedLogin(queries, { id, now, most: MOST_FAILURES, lockMs: LOCK_MS });
  return state?.locked_until ?? null;
}

function failure({ reason, userId, lock }: { reason: string; userId: string; lock: number | null }): AuditEntry {
  const changes = made({ reason, ...(lock !== null && { locked_until: iso(lock) }) });
  return { action: "auth.login_failed", resourceType: "user", resourceId: userId, changes };
}

interface Strangers {
  lockedUntil(email: string): number | null;
  /** @returns until when it is locked then */
  count(email: string, now: number): number | null;
}

/** Counts as `countFailedLogin` does. */
function rememberStrangers(): Strangers {
  const known = new Map<string, { failures: number; lockedUntil: number | null }>();
  return {
    lockedUntil: (email) => known.get(email)?.lockedUntil ?? null,
    count(email, now) {
      const before = known.get(email);
      const isOver = before !== undefined && before.lockedUntil !== null && before.lockedUntil <= now;
      const failures = before === undefined || isOver ? 1 : before.failures + 1;
      const lockedUntil = failures >= MOST_FAILURES ? now + LOCK_MS : null;
      known.delete(email);
      known.set(email, { failures, lockedUntil });
      const [oldest] = known.keys();
      if (known.size > MOST_STRANGERS && oldest !== undefined) known.delete(oldest);
      return lockedUntil;
    },
  };
}
