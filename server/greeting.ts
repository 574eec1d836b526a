/** What a person sees who has just started the server. */
import type { ConfigSnapshot } from "@datafly-signal/core";
import type { Settings } from "./settings.ts";

export function greeting(parts: {
  settings: Settings;
  gateway: string;
  management: string;
  snapshot: ConfigSnapshot;
}): string {
  const { settings, gateway, management, snapshot } = parts;
  const [pipeline] = snapshot.pipelines;
  const key = pipeline?.keys[0] ?? "";
  const lines = [
    "",
    `Datafly Signal is running (${settings.environment}).`,
    "",
    `  Events     ${gateway}/v1/t`,
    `  Management ${management} (/health, /ready, /metrics)`,
    `  Data       ${settings.dataDir}`,
    `  Configured by ${settings.configFile ?? "nothing yet: one pipeline, no integration"}`,
    ...snapshot.pipelines.map((one) => `  Pipeline   ${one.name}   key ${one.keys.join(", ")}`),
    "",
    "Send a first event:",
    "",
    `  curl ${gateway}/v1/t -H 'Authorization: Bearer ${key}' \\`,
    `    -d '{"type":"track","event":"Order Completed","properties":{"revenue":79.99,"currency":"EUR"}}'`,
    "",
    "What became of it: npm run --silent signal -- status",
    "",
  ];
  return `${lines.join("\n")}\n`;
}
