/** Whether a file of locations can be used: an MMDB file, and for requests one of the data folder's own. */
import { lstatSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { openLocations } from "@datafly-signal/core";

/** Where files of locations lie that the API may name. */
const FOLDER = "locations";
const LARGEST = 268_435_456;
const NONE_IN_FOLDER = `there is no such MMDB file in the folder "${FOLDER}" of the data folder`;

type Checked = { path: string } | { fault: string };

/** @param path whole */
export function checkLocationFile(path: string): Checked {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    return { fault: isAbsent ? "there is no such file" : `the file cannot be read${reasonOf(error)}` };
  }
  try {
    openLocations(bytes);
    return { path };
  } catch (error) {
    return { fault: `the file is no MMDB file that can be read${reasonOf(error)}` };
  }
}

/** Of the whole machine's files a request may name those of one folder alone, and of these only what is a file of a sensible size. */
export function locationsChecker(dataDir: string): (path: string, options: { anywhere: boolean }) => Checked {
  const folder = resolve(dataDir, FOLDER);
  return (path, { anywhere }) => {
    if (anywhere) return checkLocationFile(resolve(path));
    const whole = resolve(folder, path);
    const isOwn = dirname(whole) === folder && isSensible(whole);
    const checked = isOwn ? checkLocationFile(whole) : { fault: NONE_IN_FOLDER };
    // Not a word of what else the file may be.
    return "fault" in checked ? { fault: NONE_IN_FOLDER } : checked;
  };
}

function isSensible(path: string): boolean {
  try {
    const stat = lstatSync(path);
    return stat.isFile() && stat.size <= LARGEST;
  } catch {
    return false;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? ` (${error.message.slice(0, 100)})` : "";
}
