/** `signal dlq events [show|replay|export]`: events that were set aside before they became a delivery. */
import { parseArgs } from "node:util";
import { nearest } from "@datafly-signal/core";
import type { SetAsidePage, SetAsideReplay, ShownSetAside } from "@datafly-signal/management-api";
import { callServer, streamFromServer } from "../control/control-client.ts";
import { counts, firstLine, type Output, printable, table } from "./output.ts";
import { UsageError } from "./usage.ts";

const FILTERS = {
  json: { type: "boolean" },
  id: { type: "string" },
  error: { type: "string" },
  event: { type: "string" },
  pipeline: { type: "string" },
  state: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
} as const;

export async function dlqEventsCommand(args: string[], socket: string, output: Output): Promise<number> {
  const [what, ...rest] = args;
  if (what === undefined || what.startsWith("-")) return listCommand(args, socket, output);
  if (what === "list") return listCommand(rest, socket, output);
  if (what === "show") return showCommand(rest, socket, output);
  if (what === "replay") return replayCommand(rest, socket, output);
  if (what === "export") return exportCommand(rest, socket, output);
  const near = nearest(what, ["list", "show", "replay", "export"]);
  const meant = near === undefined ? "" : ` Did you mean ${near}?`;
  throw new UsageError(`dlq events takes list, show, replay or export.${meant}`);
}

async function listCommand(args: string[], socket: string, output: Output): Promise<number> {
  const options = { ...FILTERS, limit: { type: "string" }, cursor: { type: "string" } } as const;
  const { json: _, limit: limitText, ...filter } = parseArgs({ args, options }).values;
  const limit = limitText === undefined ? 50 : Number(limitText);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw new UsageError("--limit takes a number from 1 to 1000.");
  const page = (await callServer(socket, "events-list", { ...filter, limit })) as SetAsidePage;
  output.json(page);
  if (page.data.length === 0) output.line("No event is set aside.");
  else {
    const rows = page.data.map((one) => [
      String(one.position),
      one.setAsideAt,
      one.error,
      printable(one.event ?? "-"),
      printable(one.pipeline ?? one.pipelineId ?? "-"),
      one.state,
      printable(one.messageId ?? "-"),
      firstLine(one.details) || "-",
    ]);
    output.line(
      table(["position", "set aside at", "error", "event", "pipeline", "state", "messageId", "details"], rows),
    );
  }
  if (page.nextCursor !== null) output.line(`More: add --cursor ${page.nextCursor}`);
  return 0;
}

async function showCommand(args: string[], socket: string, output: Output): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: { json: { type: "boolean" } } });
  const [wanted, ...more] = positionals;
  if (wanted === undefined || more.length > 0)
    throw new UsageError("dlq events show takes one event's position or messageId.");
  const shown = (await callServer(socket, "events-show", { wanted })) as ShownSetAside;
  output.json(shown);
  output.line(JSON.stringify(shown, null, 2));
  return 0;
}

async function replayCommand(args: string[], socket: string, output: Output): Promise<number> {
  const { values } = parseArgs({ args, options: { ...FILTERS, "dry-run": { type: "boolean" } } });
  const { json: _, "dry-run": dryRun = false, ...filter } = values;
  const sent = { ...filter, dryRun };
  const result = (await callServer(socket, "events-replay", sent)) as SetAsideReplay;
  output.json({ ...result, dry_run: dryRun });
  output.line(`${dryRun ? "Would replay" : "Replayed"}: ${result.replayed}`);
  if (Object.keys(result.skipped).length > 0) output.line(`Left as they are: ${counts(result.skipped)}`);
  if (result.stopped === null) return 0;
  output.fault(`It ended early: ${result.stopped} What was not replayed is as it was; give the command again.`);
  return 1;
}

async function exportCommand(args: string[], socket: string, output: Output): Promise<number> {
  const { json: _, ...filter } = parseArgs({ args, options: FILTERS }).values;
  for await (const value of streamFromServer(socket, "events-export", filter)) {
    if (!(await output.raw(`${JSON.stringify(value)}\n`))) break;
  }
  return 0;
}
