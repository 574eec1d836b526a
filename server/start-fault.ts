/** What keeps the server from starting, in words with the cure. */
import { StoreError } from "@datafly-signal/ports/store";
import { ControlError } from "./control/control-server.ts";
import { AdministratorFault } from "./control-plane.ts";
import { DataFolderFault } from "./data-folder/data-folder.ts";
import { LISTEN_FAILURES } from "./listen-failure.ts";

/** What keeps the server from starting, each in words with the cure. */
export class StartFault extends Error {
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join("\n"));
    this.name = "StartFault";
    this.faults = faults;
  }
}

/** A failure to listen as a person would say it; everything else as it is. */
export function startFaultOf(error: unknown): unknown {
  if (error instanceof AdministratorFault) return new StartFault(error.faults);
  if (error instanceof DataFolderFault || error instanceof ControlError || error instanceof StoreError) {
    return new StartFault([error.message]);
  }
  if (!(error instanceof Error)) return error;
  const failed =
    /(listen|getaddrinfo) (EADDRINUSE|EACCES|EADDRNOTAVAIL|ENOTFOUND|EAI_AGAIN)[^]*?([^\s:]*)?(?::(\d+))?$/.exec(
      error.message.trim(),
    );
  if (failed === null) return error;
  const [, , code = "", host = "", port] = failed;
  const place = port === undefined ? host : `${host}:${port}`;
  const cure = "Set GATEWAY_PORT, MANAGEMENT_PORT or HOST to another; port 0 takes any free one.";
  return new StartFault([`${place} ${LISTEN_FAILURES[code] ?? "cannot be listened on"}. ${cure}`]);
}
