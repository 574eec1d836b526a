/** A full run with planted secrets, with vendors that answer with what they were sent: no secret is anywhere afterwards, however it is spelled. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { storedEntries } from "@datafly-signal/ports/lmdb-testing";
import { findPostgresPrograms } from "@datafly-signal/ports/store/testing";
import { cleaning } from "./control-rig.ts";
import { fullRun } from "./full-run.ts";
import { foundIn, type Place } from "./planted.ts";

for (const kind of ["SQLite", "PostgreSQL"] as const) {
  test(`no planted secret is found after a full run on ${kind}`, async (t) => {
    const { clean, close } = cleaning();
    t.after(close);
    const run = await fullRun(kind, clean);
    const places: Place[] = [...run.places];
    if (run.postgres !== null) places.push(await dumpOf(run.postgres.url));
    for (const folder of [join(run.folder, "data"), join(run.folder, "backup")]) {
      places.push(...(await filesIn(folder)), ...(await entriesIn(folder)));
    }
    if (run.postgres !== null) {
      await run.postgres.stop();
      places.push(...(await filesIn(run.postgres.dataFolder)));
    }
    const bytes = places.reduce((sum, place) => sum + place.bytes.length, 0);
    t.diagnostic(`${run.plants.size} secrets in ${places.length} places of ${Math.round(bytes / 1e6)} MB`);
    for (const [text, where] of run.seen) {
      assert.ok(
        places.some((place) => where.test(place.name) && place.bytes.includes(text)),
        `${text}, which is no secret, is found in ${where}`,
      );
    }
    assert.deepEqual(foundIn(places, run.plants), []);
  });
}

async function filesIn(folder: string): Promise<Place[]> {
  const names = await readdir(folder, { recursive: true });
  const places: Place[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if (!(await stat(path)).isFile()) continue;
    places.push({ name: `the file ${relative(join(folder, ".."), path)}`, bytes: await readFile(path) });
  }
  return places;
}

/** Decompressed, with their keys: one place for each database. */
async function entriesIn(folder: string): Promise<Place[]> {
  const parts = new Map<string, Buffer[]>();
  for await (const { environment, database, key, value } of storedEntries(folder)) {
    const name = `${environment}/${database} of ${folder}`;
    parts.set(name, [...(parts.get(name) ?? []), key, value]);
  }
  return [...parts].map(([name, bytes]) => ({ name, bytes: Buffer.concat(bytes) }));
}

/** Every row: what is long is compressed in PostgreSQL's files. */
async function dumpOf(url: string): Promise<Place> {
  const program = join((await findPostgresPrograms()) ?? "", "pg_dump");
  const { stdout } = await promisify(execFile)(program, ["--inserts", url], { maxBuffer: 1 << 28 });
  return { name: "the rows of PostgreSQL", bytes: Buffer.from(stdout) };
}
