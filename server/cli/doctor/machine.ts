/** The machine: Node, memory, clock, disk. Pure: what was measured comes in. */
import { bytesText } from "../../budgets/describe.ts";
import { fault, fine, type Finding, warning } from "./finding.ts";

const NEEDED_NODE = 24;
/** What all roles take at rest, before events are under way. */
const RESIDENT_BYTES = 300 * 1_048_576;
const MEMORY_IN_USE = 0.8;
const STEP_MS = 50;
const FIRST_YEAR = 2026;
const LAST_YEAR = 2100;
const AHEAD_MS = 5000;

/** @param version as in `24.21.0` */
export function nodeFinding(version: string): Finding {
  const major = Number(version.split(".")[0]);
  if (major >= NEEDED_NODE) return fine("node", `Node ${version}.`);
  return fault("node", `Node ${version}, and ${NEEDED_NODE} or newer is needed.`, `Install Node ${NEEDED_NODE}.`);
}

export function memoryFinding(facts: {
  /** Of the machine, or of the container if that is less; bytes. */
  total: number;
  /** `MEMORY_BUDGET` */
  budget: number;
  /** Of the running server, bytes; null when none runs. */
  rss: number | null;
}): Finding {
  const { total, budget, rss } = facts;
  const needed = RESIDENT_BYTES + budget;
  if (needed > total) {
    return warning(
      "memory",
      `${bytesText(total)} of memory, and up to ${bytesText(needed)} may be needed (MEMORY_BUDGET is ${bytesText(budget)}).`,
      "Give it more memory, or lower MEMORY_BUDGET.",
    );
  }
  if (rss !== null && rss > MEMORY_IN_USE * total) {
    return warning(
      "memory",
      `The server takes ${bytesText(rss)} of ${bytesText(total)}.`,
      "Give it more memory, or lower MEMORY_BUDGET.",
    );
  }
  const used = rss === null ? "" : `, the server takes ${bytesText(rss)}`;
  return fine("memory", `${bytesText(total)}${used}.`);
}

interface Moment {
  /** Epoch milliseconds. */
  wall: number;
  monotonic: number;
}

/** Two looks at both clocks, and when the newest event came, if any is known. */
export function clockFindings(first: Moment, second: Moment, lastEventAt: number | null): Finding[] {
  const cure = "Set the clock by NTP (timedatectl set-ntp true); events and retries are stamped with it.";
  const now = new Date(second.wall);
  const year = now.getUTCFullYear();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!(year >= FIRST_YEAR && year <= LAST_YEAR)) return [fault("clock", `The clock says ${now.toISOString()}.`, cure)];
  const drift = second.wall - first.wall - (second.monotonic - first.monotonic);
  if (Math.abs(drift) > STEP_MS) {
    return [warning("clock", `The clock was set while it was looked at, by ${Math.round(drift)} ms.`, cure)];
  }
  if (lastEventAt !== null && lastEventAt - second.wall > AHEAD_MS) {
    const ahead = Math.round((lastEventAt - second.wall) / 1000);
    const message = `The newest event was accepted ${ahead} s in the future: the clock was set back since.`;
    return [fault("clock", message, `${cure} Until it has caught up, stamps of new events stay at that time.`)];
  }
  const last = lastEventAt === null ? "" : `; the newest event came ${agoText(second.wall - lastEventAt)} ago`;
  return [fine("clock", `${now.toISOString()}, time zone ${zone}${last}.`)];
}

export function diskFinding(facts: { path: string; free: number; reserve: number }): Finding {
  const { path, free, reserve } = facts;
  const said = `${bytesText(free)} are free at ${path}, the reserve is ${bytesText(reserve)}`;
  const cure = "Make room on that disk, move the data folder (SIGNAL_DATA_DIR), or raise DISK_BUDGET if one is set.";
  if (free <= reserve) return fault("disk", `${said}: new events are answered with 503.`, cure);
  if (free <= 2 * reserve) return warning("disk", `${said}: below twice the reserve traces and backups stop.`, cure);
  return fine("disk", `${said}.`);
}

function agoText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
