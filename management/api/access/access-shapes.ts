/** Users and sessions as the API shows them, and what requests about them hold. */
import type { UserRow } from "@datafly-signal/ports/store";
import Type, { type Static } from "typebox";
import { PASSWORD_LENGTH } from "./password-rules.ts";
import { PERMISSIONS, ROLES } from "./permissions.ts";

export const STRICT = { additionalProperties: false } as const;

export const time = Type.String({ description: "ISO 8601, UTC." });
export const timeOrNull = Type.Union([Type.String(), Type.Null()], { description: "ISO 8601, UTC." });
export const role = Type.Enum([...ROLES], { description: "What the person may do." });
export const permission = Type.Enum([...PERMISSIONS]);

export const emailField = Type.String({
  format: "email",
  maxLength: 254,
  description: "In any case; kept in lower case.",
});
export const nameField = Type.String({ minLength: 1, maxLength: 200 });
/** What is compared with a hash may be anything; its length is bounded because hashing takes time. */
export const givenPassword = Type.String({ minLength: 1, maxLength: 1024 });
export const newPassword = Type.String({
  minLength: PASSWORD_LENGTH.least,
  maxLength: PASSWORD_LENGTH.most,
  description: "Not the e-mail address, not one of those that are tried first.",
});
export const secretField = Type.String({ minLength: 1, maxLength: 512 });
export const searchField = Type.Optional(
  Type.String({ minLength: 1, maxLength: 200, description: "Part of the name or the address, in any case." }),
);

export function idParams(prefix: string) {
  return Type.Object({ id: Type.String({ minLength: 1, maxLength: 64, description: `${prefix}_…` }) }, STRICT);
}

export const User = Type.Object(
  {
    id: Type.String({ description: "usr_…" }),
    email: Type.String(),
    name: Type.String(),
    role: Type.String({ description: "One of the five roles." }),
    status: Type.Enum(["active", "disabled"]),
    must_change_password: Type.Boolean({ description: "Until the password is changed, nothing else is allowed." }),
    locked_until: timeOrNull,
    last_login_at: timeOrNull,
    version: Type.Integer(),
    created_at: time,
    updated_at: time,
  },
  { ...STRICT, title: "User" },
);

/** @param now a lock that has run out is none */
export function userOf(row: UserRow, now: number): Static<typeof User> {
  const locked = row.locked_until !== null && row.locked_until > now;
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    role: row.role,
    status: row.status,
    must_change_password: row.must_change_password === 1,
    locked_until: locked ? isoOrNull(row.locked_until) : null,
    last_login_at: isoOrNull(row.last_login_at),
    version: row.version,
    created_at: iso(row.created_at),
    updated_at: iso(row.updated_at),
  };
}

export const Session = Type.Object(
  {
    access_token: Type.String({ description: "A JWT, sent as `Authorization: Bearer …`." }),
    refresh_token: Type.String({ description: "For one use." }),
    token_type: Type.Literal("Bearer"),
    expires_in: Type.Integer({ description: "Seconds that the access token lives." }),
    user: User,
  },
  { ...STRICT, title: "Session" },
);

export function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

export function isoOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : iso(milliseconds);
}
