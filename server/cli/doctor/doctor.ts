/** `signal doctor`: looks for what is wrong, without a server, and asks the one that runs. */
import { totalmem } from "node:os";
import { resolve } from "node:path";
import { openFolderReserve } from "../../budgets/disk-space.ts";
import { systemClock } from "../../clock.ts";
import { callServer, NoServerError } from "../../control/control-client.ts";
import type { ServerFacts } from "../../control/server-facts.ts";
import { controlSocketPath } from "../../control/socket-path.ts";
import { type LockHolder } from "../../data-folder/lock.ts";
import { readSettings, type Settings, type SettingsResult } from "../../settings.ts";
import { builtInParts, checkedConfiguration } from "../check.ts";
import { type Output, table } from "../output.ts";
import { UsageError } from "../usage.ts";
import { databaseFindings } from "./database.ts";
import { exposureFindings } from "./exposure.ts";
import { fault, fine, type Finding, warning } from "./finding.ts";
import { folderFindings, holderOf, nearestFolder } from "./folder.ts";
import { clockFindings, diskFinding, memoryFinding, nodeFinding } from "./machine.ts";
import { portFinding } from "./ports.ts";
import { runningFindings } from "./running.ts";

const CLOCK_LOOK_MS = 100;
const SIGNS: Readonly<Record<Finding["level"], string>> = { ok: "ok", warning: "WARNING", fault: "FAULT" };

export async function doctorCommand(args: readonly string[], env: NodeJS.ProcessEnv, output: Output): Promise<number> {
  const unknown = args.find((arg) => arg !== "--json");
  if (unknown !== undefined) throw new UsageError(`doctor does not take ${unknown}.`);
  const findings = await examine(env);
  const faults = findings.filter(({ level }) => level === "fault").length;
  const warnings = findings.filter(({ level }) => level === "warning").length;
  output.json({ ok: faults === 0, findings });
  for (const one of findings) {
    output.line(table(["", "", ""], [[SIGNS[one.level].padEnd(7), one.check.padEnd(16), one.message]]).trimStart());
    if (one.cure !== undefined) output.line(`${" ".repeat(9)}${one.cure}`);
  }
  output.line("");
  output.line(faults + warnings === 0 ? "All is well." : `Faults: ${faults}, warnings: ${warnings}.`);
  return faults === 0 ? 0 : 1;
}

async function examine(env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const read = readSettings(env);
  const settings = read.ok ? read.settings : soundSettings(env, read);
  if (settings === null) return environmentFindings(read);
  const holder = holderOf(settings.dataDir);
  const asked = await askServer(settings, holder);
  const facts = "facts" in asked ? asked.facts : null;
  return [
    nodeFinding(process.versions.node),
    ...environmentFindings(read),
    memoryFinding({ total: memoryHere(), budget: settings.memoryBudgetBytes, rss: facts?.rss ?? null }),
    ...(await clocks(facts)),
    ...folderFindings(settings.dataDir),
    ...(await databaseFindings(settings)),
    await disk(settings),
    await portFinding({ variable: "GATEWAY_PORT", host: settings.host, port: settings.gatewayPort }, holder),
    await portFinding({ variable: "MANAGEMENT_PORT", host: settings.host, port: settings.managementPort }, holder),
    ...exposureFindings(settings),
    ...(await configurationFindings(settings, env)),
    ...("facts" in asked ? runningFindings(asked.facts) : [asked.finding]),
  ];
}

/** The settings without those that are at fault, so that the rest can be looked at. */
function soundSettings(env: NodeJS.ProcessEnv, read: Extract<SettingsResult, { ok: false }>): Settings | null {
  const wrong = new Set(read.faults.map(({ variable }) => variable));
  const rest = Object.fromEntries(Object.entries(env).filter(([variable]) => !wrong.has(variable)));
  const again = readSettings(rest);
  return again.ok ? again.settings : null;
}

function environmentFindings(read: SettingsResult): Finding[] {
  if (!read.ok) {
    return read.faults.map(({ variable, message }) =>
      fault("environment", `${variable}: ${message}`, `Correct ${variable}.`),
    );
  }
  if (read.warnings.length === 0)
    return [fine("environment", `${read.settings.environment}; all variables are sound.`)];
  return read.warnings.map(({ variable, message }) =>
    warning("environment", `${variable} ${message}`, `Unset ${variable} if you do not need it.`),
  );
}

/** Of the container, where one has a limit. */
function memoryHere(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

async function clocks(facts: ServerFacts | null): Promise<Finding[]> {
  const look = () => ({ wall: systemClock.wall(), monotonic: systemClock.monotonic() });
  const first = look();
  await new Promise((resolve) => setTimeout(resolve, CLOCK_LOOK_MS));
  const last = facts?.last_event_at ?? null;
  return clockFindings(first, look(), last === null ? null : Date.parse(last));
}

async function disk(settings: Settings): Promise<Finding> {
  const path = nearestFolder(settings.dataDir);
  const isThere = path === resolve(settings.dataDir);
  const diskBudgetBytes = isThere ? settings.diskBudgetBytes : null;
  const reserve = openFolderReserve({ ...settings, dataDir: path, diskBudgetBytes }, { reusableBytes: () => 0 });
  await reserve.check();
  reserve.close();
  return diskFinding({ path, free: reserve.freeBytes(), reserve: reserve.reserveBytes() });
}

async function configurationFindings(settings: Settings, env: NodeJS.ProcessEnv): Promise<Finding[]> {
  const { configFile } = settings;
  if (configFile === null) {
    const message = `There is no signal.yaml: the server runs with ${builtInParts(settings)}.`;
    return [warning("configuration", message, "Make ./signal.yaml, or set SIGNAL_CONFIG; see docs/configuration.md.")];
  }
  const checked = await checkedConfiguration(settings, configFile, env);
  const warnings = checked.warnings.map((text) => warning("configuration", text.message, text.cure));
  if (!checked.ok) return checked.faults.map((text) => fault("configuration", text.message, text.cure));
  return [fine("configuration", checked.summary), ...warnings];
}

async function askServer(
  settings: Settings,
  holder: LockHolder | null,
): Promise<{ facts: ServerFacts } | { finding: Finding }> {
  try {
    return { facts: (await callServer(controlSocketPath(settings.dataDir), "facts")) as ServerFacts };
  } catch (error) {
    if (!(error instanceof NoServerError)) {
      const words = error instanceof Error ? error.message : String(error);
      return {
        finding: fault("server", `It does not answer as it should: ${words}`, "See its log, and start it anew."),
      };
    }
    if (holder === null) return { finding: fine("server", "None runs on this data folder.") };
    const message = `Process ${holder.pid} holds the data folder and does not answer on its socket.`;
    return {
      finding: fault(
        "server",
        message,
        `If it does not come up within a minute, stop it (kill ${holder.pid}) and start it anew.`,
      ),
    };
  }
}
