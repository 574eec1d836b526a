/** Whether the ports can be had, or who has them. */
import { createServer } from "node:net";
import type { LockHolder } from "../../data-folder/lock.ts";
import { fault, fine, type Finding } from "./finding.ts";

export interface WantedPort {
  variable: "GATEWAY_PORT" | "MANAGEMENT_PORT";
  host: string;
  port: number;
}

/** @param holder the server that runs on the data folder */
export async function portFinding(wanted: WantedPort, holder: LockHolder | null): Promise<Finding> {
  const { variable, host, port } = wanted;
  const own = variable === "GATEWAY_PORT" ? holder?.gateway : holder?.management;
  if (holder !== null && own !== undefined && (port === 0 || Number(new URL(own).port || "80") === port)) {
    return fine("ports", `${own} is held by this server (process ${holder.pid}).`);
  }
  if (port === 0) return fine("ports", `${variable} is 0: the start takes any free one.`);
  const failure = await listenFailure(host, port);
  if (failure === null) return fine("ports", `${host}:${port} is free (${variable}).`);
  const cure = `Stop what holds it, or set ${variable} to another port; 0 takes any free one.`;
  return fault("ports", `${host}:${port} ${FAILURES[failure] ?? `cannot be listened on (${failure})`}.`, cure);
}

const FAILURES: Readonly<Record<string, string>> = {
  EADDRINUSE: "is taken by another program",
  EACCES: "may not be opened by this user",
  EADDRNOTAVAIL: "is not one of this machine's addresses (HOST)",
  ENOTFOUND: "is not a known host name (HOST)",
};

/** The system's code, null when it could be listened on; it is let go at once. */
function listenFailure(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "unknown"));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
