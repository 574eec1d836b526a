/** Appends until it is killed, and says of each append when it was acknowledged. Started by `durability.test.ts`. */
import { writeSync } from "node:fs";
import { RAW_EVENTS } from "@datafly-signal/core";
import { record } from "../suite-support.ts";
import { openLmdbLog } from "./lmdb-log.ts";

const [directory = "", mode = "", count = "Infinity"] = process.argv.slice(2);
const log = openLmdbLog({ directory, writesIngest: mode === RAW_EVENTS });
// Its length makes the record easy to find in a trace of system calls.
const padding = "x".repeat(100);

async function appendOnes(name: string): Promise<void> {
  for (let index = 0; index < Number(count); index += 1) {
    const text = `${name}-${index}`;
    await log.append([record(mode, text, `${text} ${padding}`), record(mode, `${text}'`, `${text}' ${padding}`)]);
    writeSync(1, `acknowledged ${text}\n`);
  }
}

writeSync(1, "started\n");
await Promise.all((count === "Infinity" ? ["a", "b", "c", "d"] : ["a"]).map(appendOnes));
await log.close();
