/** Where the running server listens for the command line: a socket in the data folder, or, when that path is too long for the system, in a private folder under /tmp. */
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** `sun_path` holds 104 bytes on macOS, 108 on Linux, the final zero included. */
const LONGEST = 103;
/** Not TMPDIR: the shell of a command may have another one than the server. */
const SHORT_HOME = "/tmp";
const SHORT_NAME = /^datafly-signal-[0-9a-f]{16}$/;

export function controlSocketPath(dataFolder: string): string {
  const inside = join(resolve(dataFolder), "control.sock");
  if (Buffer.byteLength(inside) <= LONGEST) return inside;
  const name = createHash("sha256").update(resolve(dataFolder)).digest("hex").slice(0, 16);
  return join(SHORT_HOME, `datafly-signal-${name}`, "control.sock");
}

/**
 * Makes the folder of the socket. Under /tmp everybody could have made it first, so there it must be a folder of this
 * user that nobody else may enter; what is wrong with it is answered in words, null when nothing is.
 * @throws what the file system says
 */
export function prepareSocketFolder(socket: string): string | null {
  const folder = dirname(socket);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!isShort(folder)) return null;
  const found = lstatSync(folder);
  const user = process.getuid?.();
  if (found.isDirectory() && (user === undefined || found.uid === user) && (found.mode & 0o777) === 0o700) return null;
  return `The folder ${folder} for the command line's socket is not private to this user (it must be a folder of user ${user ?? "?"} with mode 0700; it has owner ${found.uid} and mode 0${(found.mode & 0o777).toString(8)}). Remove it, or set SIGNAL_DATA_DIR to a shorter path: then the socket stands in the data folder.`;
}

function isShort(folder: string): boolean {
  return dirname(folder) === SHORT_HOME && SHORT_NAME.test(basename(folder));
}
