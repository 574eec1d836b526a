/** The operator's files of locations: read once, and again when a newer file takes the place of the old one. */
import { readFileSync } from "node:fs";
import { type Clock, type Locate, type Logger, openLocations } from "@datafly-signal/core";
import { fileMark } from "../file-mark.ts";

const LOOK_EVERY_MS = 60_000;

/** @throws when the file cannot be read, or is no MMDB file */
export function locationFiles(clock: Clock, logger: Logger): (path: string, language: string) => Locate {
  const opened = new Map<string, Locate>();
  return (path, language) => {
    const key = `${language} ${path}`;
    const known = opened.get(key);
    if (known !== undefined) return known;
    const made = fileLocations(path, language, { clock, logger });
    opened.set(key, made);
    return made;
  };
}

function fileLocations(path: string, language: string, { clock, logger }: { clock: Clock; logger: Logger }): Locate {
  let locate = openLocations(readFileSync(path), language);
  let mark = fileMark(path);
  let nextLook = clock.monotonic() + LOOK_EVERY_MS;
  return (ip) => {
    const now = clock.monotonic();
    if (now >= nextLook) {
      nextLook = now + LOOK_EVERY_MS;
      renew();
    }
    return locate(ip);
  };

  /** A file that is gone, or half written, leaves the last good one in use. */
  function renew(): void {
    const current = fileMark(path);
    if (current === null || current === mark) return;
    try {
      locate = openLocations(readFileSync(path), language);
      mark = current;
      logger.info({ path }, "a newer file of locations is in use");
    } catch (error) {
      logger.warn(
        { path, error: error instanceof Error ? error.name : "Error" },
        "the new file of locations cannot be read",
      );
    }
  }
}
