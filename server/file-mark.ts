import { statSync } from "node:fs";

/** How a file looks: differs when it was changed or another took its place; null when it is not there. */
export function fileMark(path: string): string | null {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs}/${size}/${ino}`;
  } catch {
    return null;
  }
}
