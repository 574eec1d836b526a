/** What the running server knows of itself, for `signal doctor`. */
import { type Clock, RAW_EVENTS } from "@datafly-signal/core";
import type { Management, Status } from "@datafly-signal/management-api";
import type { EventLog } from "@datafly-signal/ports/log";

export interface ServerFacts {
  pid: number;
  /** Wall clock of the server, ISO time. */
  now: string;
  /** When the newest event was accepted, ISO time; null when none is kept. */
  last_event_at: string | null;
  /** Reasons why a role is not ready. */
  not_ready: string[];
  /** What keeps the configuration from being as the database says: the database is away, or topics cannot be made. */
  troubles: string[];
  /** Resident memory in bytes. */
  rss: number;
  status: Status;
}

export async function serverFacts(parts: {
  management: Pick<Management, "status">;
  log: Pick<EventLog, "bounds" | "read">;
  clock: Clock;
  troubles(): string[];
  ready(): Promise<string[]>;
}): Promise<ServerFacts> {
  const last = await newestEvent(parts.log);
  return {
    pid: process.pid,
    now: new Date(parts.clock.wall()).toISOString(),
    last_event_at: last === null ? null : new Date(last).toISOString(),
    not_ready: await parts.ready(),
    troubles: parts.troubles(),
    rss: process.memoryUsage.rss(),
    status: await parts.management.status(),
  };
}

async function newestEvent(log: Pick<EventLog, "bounds" | "read">): Promise<number | null> {
  let newest: number | null = null;
  for (const { partition, first, next } of await log.bounds(RAW_EVENTS)) {
    if (next === first) continue;
    const from = { offset: next - 1 };
    const [record] = await log.read({ topic: RAW_EVENTS, partition, from, maxRecords: 1, maxBytes: 1 });
    if (record !== undefined) newest = Math.max(newest ?? 0, record.timestamp);
  }
  return newest;
}
