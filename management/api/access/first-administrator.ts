/** The first account, which an installation begins with. */
import { type Database, type Queries, hasUsers, insertUser } from "@datafly-signal/ports/store";
import type { FaultDetail } from "../http/route.ts";
import { made, writeServerAudit } from "./access-audit.ts";
import { emailFault, normalEmail } from "./email-address.ts";
import { newUser } from "./new-user.ts";
import { passwordFault } from "./password-rules.ts";
import { hashAlone } from "./passwords.ts";
import { type Random, newOneTimePassword } from "./secret-tokens.ts";

/** Where a change comes from that no request asked for. */
export interface ServerMoment {
  now: number;
  newId(prefix: string): string;
  random: Random;
}

/** To be shown once; `password` null where it was given. */
export interface FirstAdministrator {
  email: string;
  password: string | null;
}

const DEFAULT_EMAIL = "admin@localhost";

/**
 * Makes an administrator where there is no user at all; of several processes that start at once, one does.
 * @param wanted from the environment; without a password one is made that must be changed after the first sign-in
 * @returns null where there are users already; faults, at `email` and `password`, of what was wanted: nothing is made then
 */
export async function ensureAdministrator(
  database: Database,
  {
    email: wantedEmail = DEFAULT_EMAIL,
    password: wanted,
    ...moment
  }: ServerMoment & { email?: string; password?: string },
): Promise<FirstAdministrator | { faults: FaultDetail[] } | null> {
  if (await hasUsers(database.queries)) return null;
  const faults = faultsOf(wantedEmail, wanted);
  if (faults.length > 0) return { faults };
  const email = normalEmail(wantedEmail);
  const password = wanted ?? newOneTimePassword(moment.random);
  const passwordHash = await hashAlone(password, moment.random);
  const isMade = await database.transaction(async (queries) => {
    if (await hasUsers(queries)) return false;
    await insertAdministrator(queries, { email, passwordHash, mustChangePassword: wanted === undefined, moment });
    return true;
  });
  return isMade ? { email, password: wanted === undefined ? password : null } : null;
}

function faultsOf(email: string, password: string | undefined): FaultDetail[] {
  const faults: FaultDetail[] = [];
  const address = emailFault(email);
  if (address !== null) faults.push({ path: "email", message: address });
  const weakness = password === undefined ? null : passwordFault(password, normalEmail(email));
  if (weakness !== null) faults.push({ path: "password", message: weakness });
  return faults;
}

async function insertAdministrator(
  queries: Queries,
  {
    email,
    passwordHash,
    mustChangePassword,
    moment,
  }: { email: string; passwordHash: string; mustChangePassword: boolean; moment: ServerMoment },
): Promise<void> {
  const { now, newId } = moment;
  const account = {
    id: newId("usr_"),
    email,
    name: "Administrator",
    role: "org_admin",
    passwordHash,
    mustChangePassword,
  };
  await insertUser(queries, newUser(account, now));
  const changes = made({ email, name: account.name, role: account.role });
  const entry = { action: "user.created", resourceType: "user", resourceId: account.id, changes };
  await writeServerAudit(queries, moment, entry);
}
