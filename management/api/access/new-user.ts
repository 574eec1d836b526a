/** An account as it begins. */
import type { UserRow } from "@datafly-signal/ports/store";

interface NewUser {
  id: string;
  /** In lower case. */
  email: string;
  name: string;
  role: string;
  passwordHash: string;
  /** Somebody else has seen the password. */
  mustChangePassword?: boolean;
}

export function newUser({ id, email, name, role, passwordHash, mustChangePassword }: NewUser, now: number): UserRow {
  return {
    id,
    email,
    name,
    role,
    status: "active",
    password_hash: passwordHash,
    must_change_password: mustChangePassword === true ? 1 : 0,
    failed_logins: 0,
    locked_until: null,
    last_login_at: null,
    version: 1,
    created_at: now,
    updated_at: now,
  };
}
