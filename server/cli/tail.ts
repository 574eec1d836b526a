/** `signal tail`: events as they come in, with what becomes of them, until Ctrl-C. */
import { parseArgs } from "node:util";
import { CommandRefusedError, NoServerError, streamFromServer } from "../control/control-client.ts";
import type { TailItem } from "../control/tail.ts";
import type { TailEvent, TailLate, TailOutcome, TailRejection } from "../control/tail-window.ts";
import { firstLine, type Output, printable } from "./output.ts";
import { UsageError } from "./usage.ts";

export async function tailCommand(args: string[], socket: string, output: Output): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      json: { type: "boolean" },
      pipeline: { type: "string" },
      integration: { type: "string" },
      event: { type: "string" },
      user: { type: "string" },
      failed: { type: "boolean" },
      limit: { type: "string" },
    },
  });
  const { json = false, limit: limitText, ...filter } = values;
  const limit = limitText === undefined ? Number.POSITIVE_INFINITY : Number(limitText);
  if (limitText !== undefined && !(Number.isInteger(limit) && limit > 0))
    throw new UsageError("--limit takes a number from 1 on.");
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    await follow(streamFromServer(socket, "tail", filter, stopping.signal), { json, limit, output });
    return 0;
  } catch (error) {
    if (error instanceof CommandRefusedError && error.code === "broken_off") throw new NoServerError(socket);
    throw error;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

async function follow(
  items: AsyncIterable<unknown>,
  { json, limit, output }: { json: boolean; limit: number; output: Output },
): Promise<void> {
  let shown = 0;
  for await (const value of items) {
    const item = value as TailItem;
    const text = json ? JSON.stringify(item) : lineOf(item);
    // Waits for a slow reader: the server then waits too, and skips.
    if (!(await output.raw(`${text}\n`))) return;
    if (item.kind === "event" || item.kind === "outcome" || item.kind === "rejected") shown += 1;
    if (shown >= limit) return;
  }
}

function lineOf(item: TailItem): string {
  if (item.kind === "start") {
    const share = item.trace_share;
    if (share >= 1) return "Waiting for events; Ctrl-C ends it.";
    return `Waiting for events; Ctrl-C ends it. Of ${Number((share * 100).toFixed(4))} % of the events the outcome is followed (TRACE_SHARE), of the others only failures.`;
  }
  if (item.kind === "skipped") return `… ${item.count} skipped: they came faster than they could be shown`;
  const head = [timeOf(item.at), item.pipeline, ...nameOf(item), whoOf(item)].join("  ");
  if (item.kind === "outcome") return `${head}  → ${outcomeText(item)}`;
  if (item.kind === "rejected") return `${head}  → ${rejectedText(item)}`;
  if (item.rejected !== undefined) return `${head}  → ${rejectedText(item.rejected)}`;
  if (item.outcomes.length > 0) return `${head}  → ${item.outcomes.map(outcomeText).join(", ")}`;
  return item.traced ? `${head}  → nothing yet` : `${head}  (not followed)`;
}

function nameOf(item: TailEvent | TailLate): string[] {
  if (item.kind !== "event") return ["later", printable(item.event)];
  return [item.type, item.event === item.type ? "" : printable(item.event)].filter((part) => part !== "");
}

function whoOf({ user_id: user, anonymous_id: anonymous }: TailEvent | TailLate): string {
  const parts = [user, anonymous].filter((id) => id !== null).map((id) => shortened(printable(id)));
  return parts.join(" ") || "-";
}

function outcomeText(one: TailOutcome): string {
  const status = one.status === undefined ? "" : ` ${one.status}`;
  const attempt = one.attempt === undefined || one.attempt === 1 ? "" : `, attempt ${one.attempt}`;
  const took = one.duration_ms === undefined ? "" : ` (${one.duration_ms} ms${attempt})`;
  const reason = one.reason === null ? "" : `: ${printable(one.reason)}`;
  return `${one.integration} ${one.outcome}${status}${took}${reason}`;
}

function rejectedText({ error, details }: TailRejection): string {
  const line = firstLine(details);
  return `set aside: ${error}${line === "" ? "" : `: ${line}`}`;
}

/** The time of day in UTC. */
function timeOf(at: string): string {
  return at.slice(11, 23) || at;
}

function shortened(id: string): string {
  return id.length <= 14 ? id : `${id.slice(0, 8)}…${id.slice(-4)}`;
}
