import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { RAW_EVENTS } from "@datafly-signal/core";
import { eventLogSuite } from "../contract-suite.ts";
import { openLmdbLog } from "./lmdb-log.ts";

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function open() {
  const directory = await mkdtemp(join(tmpdir(), "signal-log-"));
  folders.push(directory);
  return openLmdbLog({ directory, writesIngest: true });
}

eventLogSuite("LMDB, topics of work", open);
eventLogSuite("LMDB, raw-events", open, { source: RAW_EVENTS });
