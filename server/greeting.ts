/** What a person sees who has just started the server. */
import type { ConfigSnapshot } from "@datafly-signal/core";
import { type Budgets, budgetLines } from "./budgets/describe.ts";
import type { Settings } from "./settings.ts";

const ALL_INTERFACES = new Set(["0.0.0.0", "[::]"]);
const OWN_MACHINE = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

export function greeting(parts: {
  settings: Settings;
  gateway: string;
  management: string;
  snapshot: ConfigSnapshot;
  budgets: Budgets;
  /** Made at this start. */
  administrator: Administrator | null;
}): string {
  const { settings, snapshot } = parts;
  const gateway = reachable(parts.gateway);
  const management = reachable(parts.management);
  const key = snapshot.pipelines[0]?.keys[0] ?? "";
  const lines = [
    "",
    `Datafly Signal is running (${settings.environment}).`,
    "",
    ...demo(parts),
    `  Events     ${gateway.url}/v1/t${gateway.note}`,
    `  Management ${management.url}${management.note} (API: /docs; /health, /ready, /metrics)`,
    `  Data       ${settings.dataDir}`,
    ...budgetLines(parts.budgets),
    ...configuredBy(parts),
    ...snapshot.pipelines.map((one) => `  Pipeline   ${one.name}   key ${one.keys.join(", ")}`),
    ...remarks(parts),
    ...(parts.administrator === null ? [] : administratorLines(parts.administrator)),
    "",
    "Send a first event:",
    "",
    `  curl ${gateway.url}/v1/t -H 'Authorization: Bearer ${key}' \\`,
    `    -d '{"type":"track","event":"Order Completed","properties":{"revenue":79.99,"currency":"EUR"}}'`,
    "",
    "What became of it: npm run --silent signal -- status",
    "",
  ];
  return `${lines.join("\n")}\n`;
}

interface Administrator {
  email: string;
  /** Null where it was given. */
  password: string | null;
}

/** Shown once: only its hash is kept. */
export function administratorLines({ email, password }: Administrator): string[] {
  if (password === null) return [`  Account    ${email} (administrator)`];
  return [`  Account    ${email}   one-time password ${password}   (shown once; change it after signing in)`];
}

/** The addresses that stand for all interfaces lead nowhere on some systems. */
function reachable(address: string): { url: string; note: string } {
  const { hostname, port } = new URL(address);
  if (!ALL_INTERFACES.has(hostname)) return { url: address, note: "" };
  return { url: `http://localhost:${port || "80"}`, note: " on all interfaces" };
}

/** What to look at first. The browser is not opened: nobody asked for it. */
function demo({ management, snapshot }: { management: string; snapshot: ConfigSnapshot }): string[] {
  if (snapshot.demo === undefined) return [];
  const { url, note } = reachable(management);
  const machine = note === "" ? "" : " (on this machine only)";
  return [
    `  Shop       ${url}/demo/shop       buy something${machine}`,
    `  Receiver   ${url}/demo/receiver   watch it arrive; side by side: ${url}/demo`,
    "",
  ];
}

function configuredBy({ settings, snapshot }: { settings: Settings; snapshot: ConfigSnapshot }): string[] {
  if (settings.configFile !== null) return [`  Configured by ${settings.configFile}`];
  const now = snapshot.demo === undefined ? "one pipeline, no integration" : "one pipeline, and the demo";
  return [
    `  Configured by nothing yet: ${now}.`,
    "             Make ./signal.yaml: it is taken up within a second, without a restart.",
  ];
}

function remarks(parts: { settings: Settings; management: string; snapshot: ConfigSnapshot }): string[] {
  const remarks: string[] = [];
  const { hostname, port } = new URL(parts.management);
  if (!OWN_MACHINE.test(hostname)) {
    remarks.push(
      `Warning: /metrics and /health on the management port ${port || "80"} are open to the network without a password.`,
    );
  }
  if (parts.settings.environment === "production") {
    const closed = parts.snapshot.pipelines.filter((one) => one.domainAllowlist.length === 0).map((one) => one.name);
    if (closed.length > 0) {
      remarks.push(`No domain_allowlist: pages of no origin may send to ${closed.join(", ")} (servers may).`);
    }
  }
  return remarks.length === 0 ? [] : ["", ...remarks];
}
