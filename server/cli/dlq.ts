/** `signal dlq list|show|replay|discard|export|events`: what was given up or set aside, and sending it again. */
import { parseArgs } from "node:util";
import { nearest } from "@datafly-signal/core";
import type { DeadLetterPage, ReplayResult, ShownDeadLetter } from "@datafly-signal/management-api";
import { callServer, streamFromServer } from "../control/control-client.ts";
import { dlqEventsCommand } from "./dlq-events.ts";
import { csvHead, csvLine } from "./dlq-csv.ts";
import { counts, type Output, table } from "./output.ts";
import { shownLetter } from "./shown-letter.ts";
import { UsageError } from "./usage.ts";

const FILTERS = {
  json: { type: "boolean" },
  id: { type: "string", multiple: true },
  reason: { type: "string" },
  event: { type: "string" },
  state: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
} as const;

export async function dlqCommand(args: string[], socket: string, output: Output): Promise<number> {
  const [what, ...rest] = args;
  if (what === "list") return listCommand(rest, socket, output);
  if (what === "show") return showCommand(rest, socket, output);
  if (what === "replay" || what === "discard") return changeCommand(what, rest, socket, output);
  if (what === "export") return exportCommand(rest, socket, output);
  if (what === "events") return dlqEventsCommand(rest, socket, output);
  const near = nearest(what ?? "", ["list", "show", "replay", "discard", "export", "events"]);
  const meant = near === undefined ? "" : ` Did you mean ${near}?`;
  throw new UsageError(`dlq takes list, show, replay, discard, export or events.${meant}`);
}

async function listCommand(args: string[], socket: string, output: Output): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...FILTERS, limit: { type: "string" }, cursor: { type: "string" } },
  });
  const limit = values.limit === undefined ? 50 : Number(values.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw new UsageError("--limit takes a number from 1 to 1000.");
  const page = (await callServer(socket, "dlq-list", {
    ...filterArguments(values, positionals),
    limit,
    cursor: values.cursor,
  })) as DeadLetterPage;
  output.json(page);
  if (page.data.length === 0) output.line("No dead letters.");
  else {
    const rows = page.data.map((one) => [
      one.id,
      one.deadLetteredAt,
      one.event,
      one.reason,
      one.lastStatus ?? "-",
      one.tries,
      one.state,
      one.messageId,
    ]);
    output.line(table(["id", "given up at", "event", "reason", "status", "tries", "state", "messageId"], rows));
  }
  if (page.nextCursor !== null) output.line(`More: add --cursor ${page.nextCursor}`);
  return 0;
}

async function showCommand(args: string[], socket: string, output: Output): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true, options: { json: { type: "boolean" } } });
  const [id, ...more] = positionals;
  if (id === undefined || more.length > 0) throw new UsageError("dlq show takes one dead letter's id.");
  const shown = shownLetter((await callServer(socket, "dlq-show", { id })) as ShownDeadLetter);
  output.json(shown);
  output.line(JSON.stringify(shown, null, 2));
  return 0;
}

async function changeCommand(
  what: "replay" | "discard",
  args: string[],
  socket: string,
  output: Output,
): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...FILTERS, remap: { type: "boolean" }, "dry-run": { type: "boolean" } },
  });
  const dryRun = values["dry-run"] === true;
  const result = (await callServer(socket, `dlq-${what}`, {
    state: "open",
    ...filterArguments(values, positionals),
    remap: values.remap === true,
    dryRun,
  })) as ReplayResult;
  output.json({ ...result, dry_run: dryRun });
  const count = what === "replay" ? result.replayed : result.discarded;
  output.line(`${dryRun ? `Would ${what}` : what === "replay" ? "Replayed" : "Discarded"}: ${count}`);
  if (Object.keys(result.skipped).length > 0) output.line(`Left as they are: ${counts(result.skipped)}`);
  return 0;
}

async function exportCommand(args: string[], socket: string, output: Output): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...FILTERS, format: { type: "string" } },
  });
  const format = values.format ?? "ndjson";
  if (format !== "ndjson" && format !== "csv") throw new UsageError("--format takes ndjson or csv.");
  if (format === "csv") await output.raw(csvHead());
  for await (const value of streamFromServer(socket, "dlq-export", filterArguments(values, positionals))) {
    const letter = value as ShownDeadLetter;
    const text = format === "csv" ? csvLine(letter) : `${JSON.stringify(shownLetter(letter))}\n`;
    if (!(await output.raw(text))) break;
  }
  return 0;
}

function filterArguments(
  values: { id?: string[]; reason?: string; event?: string; state?: string; from?: string; to?: string },
  positionals: readonly string[],
): object {
  const [integration, ...more] = positionals;
  if (integration === undefined || more.length > 0) throw new UsageError("Name one integration, by name or id.");
  const { id, reason, event, state, from, to } = values;
  return {
    integration,
    ...(id === undefined ? {} : { ids: id }),
    ...(reason === undefined ? {} : { reason }),
    ...(event === undefined ? {} : { event }),
    ...(state === undefined ? {} : { state }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}
