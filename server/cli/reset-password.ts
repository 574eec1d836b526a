/** `signal reset-password`: lets somebody in again who is locked out, with the server or without it. */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { accountsOf, resetPassword } from "@datafly-signal/management-api";
import { type Database, StoreError } from "@datafly-signal/ports/store";
import { openPostgres } from "@datafly-signal/ports/store/postgres";
import { openSqlite } from "@datafly-signal/ports/store/sqlite";
import { systemClock } from "../clock.ts";
import { callServer, NoServerError } from "../control/control-client.ts";
import { refusalOf, type ResetResult } from "../control/operator-methods.ts";
import { controlSocketPath } from "../control/socket-path.ts";
import { newId } from "../control-plane.ts";
import { lockFolder } from "../data-folder/lock.ts";
import { DATABASE_FILE } from "../database.ts";
import { dataFolderOf, readSettings } from "../settings.ts";
import type { Output } from "./output.ts";
import { UsageError } from "./usage.ts";

export async function resetPasswordCommand(args: string[], env: NodeJS.ProcessEnv, output: Output): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: { json: { type: "boolean" } } });
  const [email, ...more] = positionals;
  if (email === undefined || email === "" || more.length > 0) {
    throw new UsageError("reset-password takes one e-mail address.");
  }
  const reset = await askServer(email, env).catch((error: unknown) => {
    if (error instanceof NoServerError) return resetAlone(email, env);
    throw error;
  });
  if ("fault" in reset) {
    output.json({ ok: false, fault: reset.fault });
    output.fault(reset.fault);
    return 1;
  }
  output.json({ ok: true, ...reset });
  output.line(`Password of ${reset.email}, shown this once: ${reset.password}`);
  output.line("It is for one sign-in: it has to be changed then. All sessions of the account have ended.");
  return 0;
}

async function askServer(email: string, env: NodeJS.ProcessEnv): Promise<ResetResult | { fault: string }> {
  return (await callServer(controlSocketPath(dataFolderOf(env)), "reset-password", { email })) as ResetResult;
}

/** Opens the database itself, under the folder's lock, where it is in the folder. */
async function resetAlone(email: string, env: NodeJS.ProcessEnv): Promise<ResetResult | { fault: string }> {
  const read = readSettings(env);
  if (!read.ok) return { fault: read.faults.map(({ variable, message }) => `${variable}: ${message}`).join("\n") };
  const { databaseUrl, dataDir } = read.settings;
  const now = (): number => systemClock.wall();
  if (databaseUrl !== null) return resetIn(email, () => openPostgres({ url: databaseUrl, now }));
  const path = join(resolve(dataDir), DATABASE_FILE);
  if (!existsSync(path)) {
    return {
      fault: `There is no server, and no database ${path}. Set SIGNAL_DATA_DIR to the data folder of the server.`,
    };
  }
  const taken = lockFolder(resolve(dataDir));
  if ("heldBy" in taken) {
    return { fault: `Process ${taken.heldBy.pid} holds the data folder and does not answer. Try again when it is up.` };
  }
  try {
    return await resetIn(email, () => openSqlite({ path, now }));
  } finally {
    taken.lock.release();
  }
}

async function resetIn(email: string, open: () => Promise<Database>): Promise<ResetResult | { fault: string }> {
  let database: Database | null = null;
  try {
    database = await open();
    const random = (bytes: number): Uint8Array => randomBytes(bytes);
    const reset = await resetPassword(database, { email, now: systemClock.wall(), newId, random });
    if (reset.ok) return { email: reset.email, password: reset.password };
    return { fault: refusalOf(email, reset.reason, await accountsOf(database)) };
  } catch (error) {
    if (error instanceof StoreError) return { fault: error.message };
    throw error;
  } finally {
    await database?.close();
  }
}
