/** `signal start`: reads the settings, runs the server until a signal comes, and stops it gracefully. */
import { isLmdbFullRejection } from "@datafly-signal/ports/log/lmdb";
import type { Logger } from "@datafly-signal/core";
import { type EmbeddedServer, startEmbedded } from "./embedded.ts";
import { StartFault } from "./start-fault.ts";
import { systemClock } from "./clock.ts";
import { createLogger } from "./logging.ts";
import { createRedactor, secretVariables } from "./logs/redaction.ts";
import { readSettings } from "./settings.ts";

const STOP_WITHIN_MS = 10_000;
const FORCE_AFTER_MS = 10_000;
const SAME_KEY_PRESS_MS = 1500;

/** Answers the exit code: 0 after a graceful stop, 1 for faults that keep it from starting or running, 2 for wrong usage. */
export async function startCommand(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const unknown = args.find((arg) => arg !== "--discard-waiting");
  if (unknown !== undefined) return refuse([`start does not take ${unknown}.`], 2);
  const read = readSettings(env);
  if (!read.ok)
    return refuse(
      read.faults.map((fault) => `${fault.variable}: ${fault.message}`),
      1,
    );
  const { settings } = read;
  const logger = createLogger({ settings, role: "main", redactor: createRedactor(secretVariables(env)) });
  endOnFaults(logger);
  for (const warning of read.warnings) logger.warn({ variable: warning.variable }, warning.message);
  const stopSignal = firstSignal();
  try {
    const server = await startEmbedded({ settings, env, logger, discardWaiting: args.includes("--discard-waiting") });
    process.stdout.write(server.greeting);
    const cause = await Promise.race([stopSignal, server.failed]);
    if (cause instanceof Error) {
      logger.error({ error: cause.message }, "a part of the server failed; stopping. What was accepted is kept");
      return await stop(server, logger, 1);
    }
    logger.info({ signal: cause }, "stopping");
    return await stop(server, logger, 0);
  } catch (error) {
    if (error instanceof StartFault) return refuse(error.faults, 1);
    throw error;
  }
}

/** A full disk is no fault of the program; anything else nobody caught is, and a supervisor starts the process anew. */
function endOnFaults(logger: Logger): void {
  process.on("unhandledRejection", (reason) => {
    if (!isLmdbFullRejection(reason)) throw reason;
    logger.warn({ error: String(reason) }, "the disk is full; the store refused a write");
  });
  process.on("uncaughtException", (error) => {
    logger.error({ err: error }, "a fault in the program; the process is ended. What was accepted is kept");
    process.exit(1);
  });
}

/** Ends the process also when something in it does not come to its end: a supervisor can then start it anew. */
async function stop(server: EmbeddedServer, logger: Logger, code: number): Promise<number> {
  const forced = setTimeout(() => {
    logger.error({}, "stopping took too long; the process is ended. What was accepted is kept");
    process.exit(1);
  }, STOP_WITHIN_MS + FORCE_AFTER_MS);
  try {
    await server.close(STOP_WITHIN_MS);
    logger.info({}, "stopped");
    return code;
  } catch (error) {
    logger.error({ error: String(error) }, "stopping failed; what was accepted is kept");
    return 1;
  } finally {
    clearTimeout(forced);
  }
}

function refuse(faults: readonly string[], code: number): number {
  process.stderr.write(`The server did not start:\n${faults.map((fault) => `  ${fault}\n`).join("")}`);
  return code;
}

/**
 * The first SIGTERM or SIGINT; a later one ends the process at once. Ctrl-C under npm brings two for one key press: from
 * the terminal and from npm.
 */
function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let first: number | null = null;
    const receive = (signal: NodeJS.Signals): void => {
      first ??= systemClock.monotonic();
      if (systemClock.monotonic() - first > SAME_KEY_PRESS_MS) process.exit(1);
      resolve(signal);
    };
    process.on("SIGTERM", receive);
    process.on("SIGINT", receive);
  });
}
