/** Whether the ports can be had, or who has them. */
import type { LockHolder } from "../../data-folder/lock.ts";
import { LISTEN_FAILURES, listenFailure } from "../../listen-failure.ts";
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
  const isHost = failure !== "EADDRINUSE" && failure !== "EACCES";
  const cure = isHost
    ? "Set HOST to an address of this machine, or to 0.0.0.0 for all of them."
    : `Stop what holds it, or set ${variable} to another port; 0 takes any free one.`;
  return fault("ports", `${host}:${port} ${LISTEN_FAILURES[failure] ?? `cannot be listened on (${failure})`}.`, cure);
}
