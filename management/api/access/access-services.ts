/** What the routes of access control share. */
import type { Database } from "@datafly-signal/ports/store";
import type { PasswordCheck } from "./check-password.ts";
import type { Passwords } from "./passwords.ts";
import type { Random } from "./secret-tokens.ts";
import type { Sessions } from "./sessions.ts";

export interface AccessServices {
  database: Database;
  passwords: Passwords;
  passwordCheck: PasswordCheck;
  sessions: Sessions;
  random: Random;
  organisationId: string;
  /** Where people reach the console, as in `https://signal.example.com`; null leaves links without a host. */
  publicUrl: string | null;
}
