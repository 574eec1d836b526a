/** Whether a port can be listened on, tried before it is needed. */
import { createServer } from "node:net";
import type { Settings } from "./settings.ts";

/** Why a port cannot be had, by the system's code. */
export const LISTEN_FAILURES: Readonly<Record<string, string>> = {
  EADDRINUSE: "is taken by another program",
  EACCES: "may not be opened by this user",
  EADDRNOTAVAIL: "is not one of this machine's addresses",
  ENOTFOUND: "is not a known host name",
  EAI_AGAIN: "is not a known host name",
};

/** The system's code, null when it could be listened on; it is let go at once. */
export function listenFailure(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "unknown"));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

/** All ports of the settings that others have, each with its cure. What is wrong with the host is left to the start itself. */
export async function portFaults(
  settings: Pick<Settings, "host" | "gatewayPort" | "managementPort">,
): Promise<string[]> {
  const { host } = settings;
  const wanted = [
    { variable: "GATEWAY_PORT", port: settings.gatewayPort },
    { variable: "MANAGEMENT_PORT", port: settings.managementPort },
  ];
  const faults: string[] = [];
  for (const { variable, port } of wanted) {
    const failure = port === 0 ? null : await listenFailure(host, port);
    if (failure !== "EADDRINUSE" && failure !== "EACCES") continue;
    const place = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    faults.push(`${place} ${LISTEN_FAILURES[failure]}. Set ${variable} to another; port 0 takes any free one.`);
  }
  return faults;
}
