/** `signal config export|diff|apply`: the running server's configuration as a file. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { nearest } from "@datafly-signal/core";
import { faultText } from "../configuration/config-files.ts";
import { callServer } from "../control/control-client.ts";
import type { ApplyResult, ExportResult } from "../control/operator-methods.ts";
import { changeCounts, changeLines } from "./config-changes.ts";
import { readGivenFile } from "./config-file.ts";
import type { Output } from "./output.ts";
import { UsageError } from "./usage.ts";

export interface ConfigContext {
  socket: string;
  env: Readonly<Record<string, string | undefined>>;
  output: Output;
}

const APPLYING = {
  json: { type: "boolean" },
  prune: { type: "boolean" },
  "discard-waiting": { type: "boolean" },
} as const;

export async function configCommand(args: string[], context: ConfigContext): Promise<number> {
  const [what, ...rest] = args;
  if (what === "export") return exportCommand(rest, context);
  if (what === "diff") return diffCommand(rest, context);
  if (what === "apply") return applyCommand(rest, context);
  const near = nearest(what ?? "", ["export", "diff", "apply"]);
  throw new UsageError(`config takes export, diff or apply.${near === undefined ? "" : ` Did you mean ${near}?`}`);
}

async function exportCommand(args: string[], { socket, output }: ConfigContext): Promise<number> {
  const { values } = parseArgs({ args, options: { json: { type: "boolean" }, output: { type: "string" } } });
  const exported = (await callServer(socket, "config-export")) as ExportResult;
  const { text, number, variables, counts } = exported;
  const named = variables.map(({ name, object, field }) => ({ name, resource_id: object, field }));
  if (values.output === undefined) {
    output.json({ yaml: text, number, variables: named });
    if (values.json !== true) await output.raw(text);
    return 0;
  }
  const fault = writeExport(values.output, exported);
  if (fault !== null) {
    output.json({ ok: false, fault });
    output.fault(fault);
    return 1;
  }
  output.json({ ok: true, file: resolve(values.output), number, variables: named });
  output.line(`Written to ${values.output}: pipelines ${counts.pipelines}, integrations ${counts.integrations}.`);
  if (variables.length > 0) {
    output.line(`Secrets are variables: ${variables.map(({ name }) => name).join(", ")}.`);
    output.line("Left unset, they keep the secrets that are there where the file is applied.");
  }
  return 0;
}

/** Null when it is written. */
function writeExport(file: string, { text, followed }: ExportResult): string | null {
  if (resolve(file) === followed) {
    return `${file} is the file that the running server follows: it would take over everything at once. Name another, and put it there when it is as you want it.`;
  }
  try {
    writeFileSync(file, text);
    return null;
  } catch (error) {
    return `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}.`;
  }
}

async function diffCommand(args: string[], context: ConfigContext): Promise<number> {
  const options = { ...APPLYING, "exit-code": { type: "boolean" } } as const;
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  const outcome = await sendFile(onlyFile("diff", positionals), { ...values, "dry-run": true }, context);
  if (outcome === "fault") return 1;
  return values["exit-code"] === true && outcome === "changes" ? 1 : 0;
}

async function applyCommand(args: string[], context: ConfigContext): Promise<number> {
  const options = { ...APPLYING, "dry-run": { type: "boolean" } } as const;
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
  const outcome = await sendFile(onlyFile("apply", positionals), values, context);
  return outcome === "fault" ? 1 : 0;
}

function onlyFile(command: string, [file, ...more]: readonly string[]): string {
  if (file !== undefined && file !== "" && more.length === 0) return file;
  throw new UsageError(`config ${command} takes one file, or - for standard input.`);
}

interface ApplyFlags {
  prune?: boolean;
  "discard-waiting"?: boolean;
  "dry-run"?: boolean;
}

async function sendFile(
  file: string,
  flags: ApplyFlags,
  { socket, env, output }: ConfigContext,
): Promise<"fault" | "same" | "changes"> {
  const given = readGivenFile(file, env);
  if ("fault" in given) {
    output.json({ ok: false, faults: [{ file, message: given.fault, cure: given.cure }], warnings: [] });
    output.fault(`${file}: ${given.fault} ${given.cure}`);
    return "fault";
  }
  const dryRun = flags["dry-run"] === true;
  const result = (await callServer(socket, "config-apply", {
    ...given,
    prune: flags.prune === true,
    discardWaiting: flags["discard-waiting"] === true,
    dryRun,
  })) as ApplyResult;
  if (!result.ok) return showFaults(given.fileName, result.faults, output);
  showChanges(result, { dryRun, output });
  return result.changes.length === 0 ? "same" : "changes";
}

function showFaults(fileName: string, faults: Extract<ApplyResult, { ok: false }>["faults"], output: Output): "fault" {
  const shown = faults.map(({ file, line, column, path, message, cure }) => ({
    file,
    line,
    column,
    path,
    message,
    cure,
  }));
  output.json({ ok: false, faults: shown, warnings: [] });
  for (const fault of faults) output.fault(faultText(fault));
  output.line(`${faults.length} ${faults.length === 1 ? "fault" : "faults"} in ${fileName}; nothing was changed`);
  return "fault";
}

function showChanges(
  result: Extract<ApplyResult, { ok: true }>,
  { dryRun, output }: { dryRun: boolean; output: Output },
): void {
  const { changes, objects, warnings } = result;
  const counts = changeCounts(objects);
  output.json({
    ok: true,
    dry_run: dryRun,
    changes,
    objects: objects.map((one) => ({
      action: one.action,
      resource_type: one.resourceType,
      resource_id: one.resourceId,
      name: one.name,
      changes: one.changes,
    })),
    ...counts,
    warnings,
  });
  for (const warning of warnings) output.fault(`warning: ${faultText(warning)}`);
  if (changes.length === 0) return output.line("Nothing to change: everything is as the file says.");
  const lines = changeLines(objects);
  for (const line of lines.length > 0 ? lines : changes.map((text) => `~ ${text}`)) output.line(line);
  const { created, changed, removed } = counts;
  output.line(`${dryRun ? "Would be" : "Applied:"} created ${created}, changed ${changed}, removed ${removed}.`);
}
