/** What a person sees who has just started the server. */
import type { ConfigSnapshot } from "@datafly-signal/core";
import type { Settings } from "./settings.ts";

const ALL_INTERFACES = new Set(["0.0.0.0", "[::]"]);
const OWN_MACHINE = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

export function greeting(parts: {
  settings: Settings;
  gateway: string;
  management: string;
  snapshot: ConfigSnapshot;
}): string {
  const { settings, snapshot } = parts;
  const gateway = reachable(parts.gateway);
  const management = reachable(parts.management);
  const key = snapshot.pipelines[0]?.keys[0] ?? "";
  const lines = [
    "",
    `Datafly Signal is running (${settings.environment}).`,
    "",
    `  Events     ${gateway.url}/v1/t${gateway.note}`,
    `  Management ${management.url}${management.note} (/health, /ready, /metrics)`,
    `  Data       ${settings.dataDir}`,
    ...configuredBy(settings.configFile),
    ...snapshot.pipelines.map((one) => `  Pipeline   ${one.name}   key ${one.keys.join(", ")}`),
    ...remarks(parts),
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

/** The addresses that stand for all interfaces lead nowhere on some systems. */
function reachable(address: string): { url: string; note: string } {
  const { hostname, port } = new URL(address);
  if (!ALL_INTERFACES.has(hostname)) return { url: address, note: "" };
  return { url: `http://localhost:${port || "80"}`, note: " on all interfaces" };
}

function configuredBy(file: string | null): string[] {
  if (file !== null) return [`  Configured by ${file}`];
  return [
    "  Configured by nothing yet: one pipeline, no integration.",
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
