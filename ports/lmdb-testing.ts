/** For tests: everything that the event log and the state of a data folder hold, decompressed, whatever it means. */
import { openEnvironments } from "./lmdb-environments.ts";

export interface StoredEntry {
  environment: "ingest" | "work";
  database: string;
  key: Buffer;
  value: Buffer;
}

/** @param directory a data folder that no server uses */
export async function* storedEntries(directory: string): AsyncGenerator<StoredEntry> {
  const environments = openEnvironments(directory);
  try {
    for (const environment of ["ingest", "work"] as const) {
      const { root, database } = environments[environment];
      // Names are stored with a final zero.
      for (const name of [...root.getKeys()].map((key) => String(key).replace(/\0$/, ""))) {
        for (const { key, value } of database(name).getRange()) {
          yield { environment, database: name, key: Buffer.from(key), value: Buffer.from(value) };
        }
      }
    }
  } finally {
    await environments.release();
  }
}
