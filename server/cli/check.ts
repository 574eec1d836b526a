/** `signal check`: every fault of a configuration at once, without a server. */
import { loadConnectors } from "@datafly-signal/connectors";
import { faultText, readConfigFiles } from "../configuration/config-files.ts";
import { readSettings } from "../settings.ts";
import type { Output } from "./output.ts";
import { UsageError } from "./usage.ts";

export async function checkCommand(args: readonly string[], env: NodeJS.ProcessEnv, output: Output): Promise<number> {
  const [file, ...more] = args.filter((arg) => arg !== "--json");
  if (more.length > 0 || file?.startsWith("-") === true)
    throw new UsageError("check takes one file, or none for SIGNAL_CONFIG.");
  const read = readSettings(file === undefined ? env : { ...env, SIGNAL_CONFIG: file });
  if (!read.ok) {
    output.json({ ok: false, faults: read.faults, warnings: [] });
    for (const fault of read.faults) output.fault(`${fault.variable}: ${fault.message}`);
    return 1;
  }
  const { settings } = read;
  if (settings.configFile === null) {
    output.json({ ok: true, faults: [], warnings: [] });
    output.line("There is no signal.yaml here: the server would start with one pipeline and no integration.");
    return 0;
  }
  const { result } = readConfigFiles({
    path: settings.configFile,
    env,
    environment: settings.environment,
    connectors: await loadConnectors(),
    rateLimitRps: settings.rateLimitRps,
  });
  if (!result.ok) {
    output.json({ ok: false, faults: result.faults, warnings: [] });
    for (const fault of result.faults) output.fault(faultText(fault));
    output.line(`${result.faults.length} ${result.faults.length === 1 ? "fault" : "faults"} in ${settings.configFile}`);
    return 1;
  }
  output.json({ ok: true, faults: [], warnings: result.warnings });
  for (const warning of result.warnings) output.fault(`warning: ${faultText(warning)}`);
  const { pipelines, integrations } = result.file;
  output.line(`${settings.configFile} is valid: pipelines ${pipelines.length}, integrations ${integrations.length}`);
  return 0;
}
