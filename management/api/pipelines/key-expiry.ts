/** Ends the keys that were given an end: marks them as revoked, and lets the data plane know. */
import type { Clock, Logger } from "@datafly-signal/core";
import {
  type Database,
  expiredKeys,
  isAway,
  nextKeyEnd,
  type PipelineKeyRow,
  raiseConfigurationNumber,
  revokeExpiredKeys,
} from "@datafly-signal/ports/store";
import { insertAudit, serverAuthor } from "../audit/audit.ts";
import type { AuditEntry } from "../audit/audit-entry.ts";

interface KeyExpiryParts {
  database: Database;
  clock: Clock;
  logger: Logger;
  newId(prefix: string): string;
  /** After a key's end was committed. */
  onConfigurationChanged(): void;
}

/** Ends that another process has set are seen this soon; until one, it is waited exactly. */
const LOOK_EVERY_MS = 1_000;

/** Runs until it is stopped; any number of processes may run it at once, and each key is ended by one of them. */
export function startKeyExpiry(parts: KeyExpiryParts): { stop(): Promise<void> } {
  const { clock, logger } = parts;
  let isStopped = false;
  let isFailing = false;
  let cancel = (): void => undefined;
  let run = Promise.resolve();

  const look = (): void => {
    run = endKeys(parts)
      .then((waitMs) => {
        isFailing = false;
        return waitMs;
      })
      .catch((error: unknown) => {
        // Said once: a database that is away is away for everybody, and others say so too.
        if (!isFailing) logger.warn({ error: messageOf(error) }, failureOf(error));
        isFailing = true;
        return LOOK_EVERY_MS;
      })
      .then((waitMs) => {
        if (!isStopped) cancel = clock.after(waitMs, look);
      });
  };
  look();
  return {
    async stop() {
      isStopped = true;
      cancel();
      await run;
    },
  };
}

/** @returns how long to wait until the next look, milliseconds */
async function endKeys(parts: KeyExpiryParts): Promise<number> {
  const { database, clock, logger } = parts;
  const now = clock.wall();
  // Looked at first without a transaction, which all writers would wait for.
  if ((await expiredKeys(database.queries, now)).length > 0) {
    const ended = await database.transaction((queries) => endIn(queries, now, parts));
    if (ended.length > 0) {
      parts.onConfigurationChanged();
      for (const { id, pipeline_id: pipeline } of ended)
        logger.info({ key: id, pipeline }, "a pipeline key has expired");
    }
  }
  const next = await nextKeyEnd(database.queries);
  return next === null ? LOOK_EVERY_MS : Math.min(Math.max(next - clock.wall(), 1), LOOK_EVERY_MS);
}

async function endIn(
  queries: Parameters<typeof revokeExpiredKeys>[0],
  now: number,
  { newId }: KeyExpiryParts,
): Promise<PipelineKeyRow[]> {
  const ended = await revokeExpiredKeys(queries, now);
  if (ended.length === 0) return [];
  await raiseConfigurationNumber(queries, now);
  await insertAudit(queries, ended.map(expiryOf), { author: serverAuthor(), now, newId });
  return ended;
}

function expiryOf({ id, key, pipeline_id, expires_at }: PipelineKeyRow): AuditEntry {
  const told = {
    key: `…${key.slice(-4)}`,
    expires_at: expires_at === null ? null : new Date(expires_at).toISOString(),
  };
  const changes = { [`pipeline_keys.${id}`]: { old: { ...told, revoked: false }, new: { ...told, revoked: true } } };
  return { action: "pipeline.key_expired", resourceType: "pipeline", resourceId: pipeline_id, changes };
}

function failureOf(error: unknown): string {
  return isAway(error)
    ? "keys that expire are not ended while the database is away"
    : "keys that expire could not be ended; tried again every second";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
