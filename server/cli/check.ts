/** `signal check`: every fault of a configuration at once, without a server. */
import { existsSync } from "node:fs";
import { loadConnectors } from "@datafly-signal/connectors";
import type { ConfigFault } from "@datafly-signal/core";
import { faultText, readConfigFiles } from "../configuration/config-files.ts";
import { readSettings, type Settings } from "../settings.ts";
import type { Output } from "./output.ts";
import { UsageError } from "./usage.ts";

export async function checkCommand(args: readonly string[], env: NodeJS.ProcessEnv, output: Output): Promise<number> {
  const [file, ...more] = args.filter((arg) => arg !== "--json");
  if (more.length > 0 || file?.startsWith("-") === true)
    throw new UsageError("check takes one file, or none for SIGNAL_CONFIG.");
  if (file !== undefined && !existsSync(file)) {
    const message = "There is no such file.";
    const cure = "Correct the path, or leave it out to check SIGNAL_CONFIG (./signal.yaml).";
    output.json({ ok: false, faults: [{ file, message, cure }], warnings: [] });
    output.fault(`${file}: ${message} ${cure}`);
    return 1;
  }
  const read = readSettings(file === undefined ? env : { ...env, SIGNAL_CONFIG: file });
  if (!read.ok) {
    output.json({ ok: false, faults: read.faults, warnings: [] });
    for (const fault of read.faults) output.fault(`${fault.variable}: ${fault.message}`);
    return 1;
  }
  const { settings } = read;
  if (settings.configFile === null) {
    output.json({ ok: true, faults: [], warnings: [] });
    output.line(`There is no signal.yaml here: the server would start with ${builtInParts(settings)}.`);
    return 0;
  }
  const checked = await checkedConfiguration(settings, settings.configFile, env);
  if (!checked.ok) {
    output.json({ ok: false, faults: checked.raw, warnings: [] });
    for (const { message, cure } of checked.faults) output.fault(`${message} ${cure}`);
    const { length } = checked.faults;
    output.line(`${length} ${length === 1 ? "fault" : "faults"} in ${settings.configFile}`);
    return 1;
  }
  output.json({ ok: true, faults: [], warnings: checked.raw });
  for (const { message, cure } of checked.warnings) output.fault(`warning: ${message} ${cure}`);
  output.line(checked.summary);
  return 0;
}

/** What runs without a file. */
export function builtInParts({ environment }: Settings): string {
  return environment === "development" ? "one pipeline and the demo" : "one pipeline and no integration";
}

/** A fault with its place, and its cure. */
interface Told {
  message: string;
  cure: string;
}

/** The configuration's faults or warnings; `raw` as they are for machines. */
export async function checkedConfiguration(
  settings: Settings,
  configFile: string,
  env: NodeJS.ProcessEnv,
): Promise<{ raw: ConfigFault[]; warnings: Told[] } & ({ ok: true; summary: string } | { ok: false; faults: Told[] })> {
  const { result } = await readConfigFiles({
    path: configFile,
    env,
    environment: settings.environment,
    connectors: await loadConnectors(),
    rateLimitRps: settings.rateLimitRps,
    allowPrivateAddresses: settings.allowPrivateAddresses,
  });
  if (!result.ok) return { ok: false, raw: result.faults, warnings: [], faults: result.faults.map(told) };
  const { pipelines, integrations } = result.file;
  const summary = `${configFile} is valid: pipelines ${pipelines.length}, integrations ${integrations.length}`;
  return { ok: true, raw: result.warnings, warnings: result.warnings.map(told), summary };
}

function told(fault: ConfigFault): Told {
  const text = faultText(fault);
  return { message: text.slice(0, text.length - fault.cure.length).trimEnd(), cure: fault.cure };
}
