/** Where the running server listens for the command line: a socket in the data folder, or, when that path is too long for the system, in a private temporary folder. */
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** `sun_path` holds 104 bytes on macOS, 108 on Linux, the final zero included. */
const LONGEST = 103;

export function controlSocketPath(dataFolder: string): string {
  const inside = join(resolve(dataFolder), "control.sock");
  if (Buffer.byteLength(inside) <= LONGEST) return inside;
  const name = createHash("sha256").update(resolve(dataFolder)).digest("hex").slice(0, 16);
  return join(tmpdir(), `datafly-signal-${name}`, "control.sock");
}
