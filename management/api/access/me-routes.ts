/** The caller's own account. */
import { type UserRow, findUser, revokeSessions, updateUser } from "@datafly-signal/ports/store";
import Type from "typebox";
import { type Call, type Fault, type FaultDetail, type Route, defineRoute, fault, isFault } from "../http/route.ts";
import { REPLACED, changed, writeAudit } from "./access-audit.ts";
import type { AccessServices } from "./access-services.ts";
import { STRICT, User, givenPassword, nameField, newPassword, permission, userOf } from "./access-shapes.ts";
import { tooBusy } from "./check-password.ts";
import { passwordFault } from "./password-rules.ts";

const TAG = "Authentication";

const Me = Type.Object(
  {
    ...User.properties,
    org_id: Type.String(),
    permissions: Type.Array(permission, {
      description: "What this call may do: of an API token, what its scopes leave.",
    }),
  },
  { ...STRICT, title: "Me" },
);

const Change = Type.Object(
  {
    name: Type.Optional(nameField),
    password: Type.Optional(newPassword),
    current_password: Type.Optional(givenPassword),
  },
  { ...STRICT, minProperties: 1 },
);

type MyCall = Pick<Call<unknown, unknown, unknown>, "caller" | "now" | "newId">;

export function meRoutes(services: AccessServices): Route[] {
  const show = (user: UserRow, { caller, now }: MyCall) => ({
    ...userOf(user, now),
    org_id: services.organisationId,
    permissions: [...caller.permissions],
  });
  return [
    defineRoute({
      method: "GET",
      path: "/auth/me",
      operation: "getMe",
      tag: TAG,
      summary: "Tell who calls, and what they may do",
      access: "signed_in",
      answers: { 200: { description: "The account.", schema: Me } },
      errors: [],
      async handle(call) {
        const user = await findUser(call.queries, call.caller.userId ?? "");
        return user === undefined ? fault("INVALID_TOKEN") : { status: 200, body: show(user, call) };
      },
    }),
    defineRoute({
      method: "PATCH",
      path: "/auth/me",
      operation: "updateMe",
      tag: TAG,
      summary: "Change the own name or password",
      description:
        "A new password needs the current one, and ends all other sessions of the account; API tokens stay. Not with an API token.",
      access: "signed_in",
      body: Change,
      answers: { 200: { description: "The account as it is then.", schema: Me } },
      errors: ["FORBIDDEN", "INVALID_CREDENTIALS", "ACCOUNT_LOCKED"],
      async handle(call) {
        if (call.caller.tokenId !== null) return fault("FORBIDDEN", NOT_BY_TOKEN);
        const passwordHash = await checkedHash(services, call);
        if (isFault(passwordHash)) return passwordHash;
        const user = await saveMe(services, { call, passwordHash });
        return isFault(user) ? user : { status: 200, body: show(user, call) };
      },
    }),
  ];
}

const NOT_BY_TOKEN = "An API token cannot change the account it belongs to. Sign in instead.";

/** Nobody else has seen it, and nobody has mistyped it. */
const OWN_PASSWORD = { must_change_password: 0, failed_logins: 0, locked_until: null };

interface Passwords {
  /** As it was when the current password was found right. */
  before: string;
  after: string;
}

type ChangeCall = MyCall & { body: { name?: string; password?: string; current_password?: string } };

/** Null where the password stays. Hashing takes its time before the transaction begins. */
async function checkedHash(
  { passwords, passwordCheck }: AccessServices,
  call: ChangeCall,
): Promise<Passwords | null | Fault> {
  const { email } = call.caller;
  const { password, current_password: current } = call.body;
  if (password === undefined) return null;
  const faults = passwordFaults({ password, current, email });
  if (current === undefined || faults.length > 0) return fault("VALIDATION_FAILED", undefined, faults);
  const user = await passwordCheck.check({ email, password: current, call });
  if (isFault(user)) return user;
  const hash = await passwords.hash(password);
  return hash === "busy" ? tooBusy() : { before: user.password_hash, after: hash };
}

function passwordFaults({
  password,
  current,
  email,
}: {
  password: string;
  current: string | undefined;
  email: string;
}): FaultDetail[] {
  const faults: FaultDetail[] = [];
  if (current === undefined) faults.push({ path: "current_password", message: "is required to change the password" });
  const weakness = passwordFault(password, email);
  if (weakness !== null) faults.push({ path: "password", message: weakness });
  else if (current?.normalize("NFC") === password.normalize("NFC")) {
    faults.push({ path: "password", message: "must be another one than the current password" });
  }
  return faults;
}

function saveMe(
  { database }: AccessServices,
  { call, passwordHash }: { call: ChangeCall; passwordHash: Passwords | null },
): Promise<UserRow | Fault> {
  const { caller, now, body } = call;
  const id = caller.userId ?? "";
  return database.transaction(async (queries) => {
    const before = await findUser(queries, id);
    if (before === undefined || before.status !== "active") return fault("INVALID_TOKEN");
    if (passwordHash !== null && before.password_hash !== passwordHash.before) return fault("INVALID_CREDENTIALS");
    const name = body.name ?? before.name;
    const changes = {
      ...changed({ name: before.name }, { name }),
      ...(passwordHash !== null && { password: REPLACED }),
    };
    if (Object.keys(changes).length === 0) return before;
    if (passwordHash !== null) {
      await revokeSessions(queries, { userId: id, now, except: caller.sessionId ?? null });
    }
    const password = passwordHash === null ? {} : { password_hash: passwordHash.after, ...OWN_PASSWORD };
    await writeAudit(queries, { call }, { action: "user.updated", resourceType: "user", resourceId: id, changes });
    return (await updateUser(queries, { id, now }, { name, ...password })) ?? fault("INVALID_TOKEN");
  });
}
