import assert from "node:assert/strict";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { after, before, test } from "node:test";
import { emptyConfiguration, fixedTopics, RAW_EVENTS } from "@datafly-signal/core";
import { openLmdbLog } from "@datafly-signal/ports/log/lmdb";
import { type Database, loadConfiguration, saveConfiguration } from "@datafly-signal/ports/store";
import { openSqlite } from "@datafly-signal/ports/store/sqlite";
import { systemClock } from "../clock.ts";
import { writeBackup } from "../control/backup.ts";
import { type Manifest, readManifest } from "../control/backup-manifest.ts";
import { openDataFolder } from "../data-folder/data-folder.ts";
import { createOutput } from "./output.ts";
import { placeInside, restoreCommand } from "./restore.ts";

const opener = { version: "0.1.0", now: () => Date.parse("2026-11-21T09:00:00.000Z"), notice: () => undefined };
let root = "";
let data = "";
let backup = "";
let log: ReturnType<typeof openLmdbLog>;
let database: Database;

before(async () => {
  root = mkdtempSync(join(tmpdir(), "signal-restore-"));
  data = join(root, "data");
  backup = join(root, "backup");
  mkdirSync(join(root, "maps"));
  writeFileSync(join(root, "signal.yaml"), "version: 1\n");
  writeFileSync(join(root, "maps/orders.yaml"), "version: 2\n");
  const opened = openDataFolder(data, opener);
  assert.ok("folder" in opened);
  writeFileSync(join(data, "encryption.key"), "key");
  writeFileSync(join(data, "control.sock"), "");
  log = openLmdbLog({ directory: data, writesIngest: true });
  await log.ensureTopics(fixedTopics(4));
  await log.append([{ topic: RAW_EVENTS, key: "a", value: Buffer.from("event") }]);
  database = await openSqlite({ path: join(data, "signal.db") });
  const organisation = emptyConfiguration({ id: "org_shop", name: "Shop", now: opener.now() });
  await database.transaction((queries) => saveConfiguration(queries, null, organisation, opener.now()));
  assert.ok(existsSync(join(data, "signal.db-wal")), "its last changes stand in its log");
  const result = await writeBackup(parts(), backup);
  assert.deepEqual([result.encryption_key, result.database], ["encryption.key", "signal.db"]);
});

after(async () => {
  await database.close();
  await log.close();
  rmSync(root, { recursive: true, force: true });
});

function parts(reserveBytes = 1): Parameters<typeof writeBackup>[0] {
  const configurationFiles = (): string[] => [join(root, "signal.yaml"), join(root, "maps/orders.yaml")];
  const kept = { database: "signal.db", encryptionKey: "encryption.key" } as const;
  return { dataDir: data, log, clock: systemClock, snapshot: () => 7, configurationFiles, reserveBytes, ...kept };
}

async function restore(from: string, target: string): Promise<{ code: number; said: string; faults: string }> {
  let [said, faults] = ["", ""];
  const out = new Writable({ write: (chunk, _encoding, done) => ((said += String(chunk)), done()) });
  const err = new Writable({ write: (chunk, _encoding, done) => ((faults += String(chunk)), done()) });
  const code = await restoreCommand([from, "--data-dir", target], {}, createOutput(false, { out, err }));
  return { code, said, faults };
}

test("a backup holds what belongs to the folder and nothing of its process, privately", () => {
  const files = readdirSync(backup, { recursive: true, encoding: "utf8" }).toSorted();
  assert.deepEqual(files, [
    "configuration",
    "configuration/maps",
    "configuration/maps/orders.yaml",
    "configuration/signal.yaml",
    "encryption.key",
    "format.json",
    "ingest",
    "ingest/data.mdb",
    "manifest.json",
    "signal.db",
    "work",
    "work/data.mdb",
  ]);
  for (const name of files) {
    const found = statSync(join(backup, name));
    assert.equal(found.mode & 0o777, found.isDirectory() ? 0o700 : 0o600, name);
  }
});

const REFUSED: [target: () => string, words: RegExp][] = [
  [() => backup, /exists; nothing is overwritten/],
  [() => join(data, "inside"), /inside the data folder/],
  [() => join(root, "no/such"), /There is no folder/],
  [() => "relative", /whole path/],
];
test("nothing is overwritten, and a backup that is refused leaves nothing behind", async () => {
  for (const [target, message] of REFUSED) await assert.rejects(writeBackup(parts(), target()), { message });
  const full = writeBackup(parts(2 ** 60), join(root, "full"));
  await assert.rejects(full, { message: /needs about .* beyond twice the reserve/ });
  const broken = { ...parts(), log: { usedBytes: () => 0, backup: () => Promise.reject(new RangeError("no")) } };
  await assert.rejects(writeBackup(broken, join(root, "broken")), { message: /could not be written: no/ });
  assert.deepEqual(readdirSync(root).toSorted(), ["backup", "data", "maps", "signal.yaml"]);
});

function editManifest(copy: string, edit: (manifest: Manifest) => object): void {
  const file = join(copy, "manifest.json");
  writeFileSync(file, JSON.stringify(edit(JSON.parse(readFileSync(file, "utf8")) as Manifest)));
}

function withoutDatabase(manifest: Manifest): Manifest {
  return { ...manifest, files: manifest.files.filter(({ path }) => path !== "signal.db") };
}

const DAMAGES: [title: string, words: RegExp, damage: (copy: string) => void][] = [
  ["longer", /ingest\/data\.mdb has \d+ bytes, not/, (copy) => appendFileSync(join(copy, "ingest/data.mdb"), "x")],
  ["a file gone", /encryption\.key is missing/, (copy) => rmSync(join(copy, "encryption.key"))],
  ["no manifest", /is not a backup/, (copy) => rmSync(join(copy, "manifest.json"))],
  ["half a manifest", /manifest\.json is damaged/, (copy) => writeFileSync(join(copy, "manifest.json"), "{")],
  ["a newer format", /newer version \(format 99;/, (copy) => editManifest(copy, (one) => ({ ...one, format: 99 }))],
  ["no database", /manifest\.json is damaged/, (copy) => editManifest(copy, withoutDatabase)],
  ["no files", /manifest\.json is damaged/, (copy) => editManifest(copy, (one) => ({ ...one, files: [] }))],
  ...["../outside", "/etc/x", "a/../../b", "..", "a\\b"].map((path): [string, RegExp, (copy: string) => void] => [
    `a path ${path}`,
    /manifest\.json is damaged/,
    (copy) => editManifest(copy, (one) => ({ ...one, files: [...one.files, { ...one.files[0], path }] })),
  ]),
  [
    "a flipped bit",
    /work\/data\.mdb was changed or is damaged/,
    (copy) => {
      const bytes = readFileSync(join(copy, "work/data.mdb"));
      bytes[5000] = (bytes[5000] ?? 0) ^ 1;
      writeFileSync(join(copy, "work/data.mdb"), bytes);
    },
  ],
];
for (const [title, words, damage] of DAMAGES) {
  test(`a damaged backup is not restored, and nothing is touched: ${title}`, async () => {
    const [copy, target] = [join(root, "copy"), join(root, "never")];
    cpSync(backup, copy, { recursive: true });
    damage(copy);
    const { code, faults } = await restore(copy, target);
    assert.equal(code, 1);
    assert.match(faults, words);
    assert.deepEqual(
      readdirSync(root).filter((name) => name.startsWith("never")),
      [],
    );
    rmSync(copy, { recursive: true });
  });
}

test("a folder in use and one that is not empty are refused; an empty and a missing one become the copy", async () => {
  assert.match((await restore(backup, data)).faults, /in use by process \d+/);
  const filled = join(root, "filled");
  mkdirSync(filled);
  writeFileSync(join(filled, "mine"), "");
  assert.match((await restore(backup, filled)).faults, /not empty \(mine…\); nothing is overwritten/);
  mkdirSync(join(root, "empty"));
  for (const name of ["empty", "deep/down"]) {
    const target = join(root, name);
    const { code, said } = await restore(backup, target);
    assert.equal(code, 0);
    assert.match(said, /Restored to .*configuration of that time is in/s);
    const names = ["encryption.key", "format.json", "ingest", "signal.db", "work"];
    assert.deepEqual(readdirSync(target).toSorted(), names);
    assert.equal(statSync(target).mode & 0o777, 0o700);
    const restored = await openSqlite({ path: join(target, "signal.db") });
    assert.equal((await loadConfiguration(restored.queries))?.organisation.name, "Shop");
    await restored.close();
    const copy = openLmdbLog({ directory: target, writesIngest: true });
    const bounds = await copy.bounds(RAW_EVENTS);
    assert.equal(
      bounds.reduce((sum, { first, next }) => sum + next - first, 0),
      1,
    );
    await copy.close();
  }
});

test("PostgreSQL is not part of a backup, and both say so; nor is a file that is not used", async () => {
  const target = join(root, "elsewhere");
  await writeBackup({ ...parts(), database: "DATABASE_URL", encryptionKey: "ENCRYPTION_KEY" }, target);
  assert.equal(existsSync(join(target, "signal.db")), false);
  const { code, said } = await restore(target, join(root, "from-elsewhere"));
  assert.equal(code, 0);
  assert.match(said, /Start it with the ENCRYPTION_KEY .*PostgreSQL is not part of it: restore its dump/s);
  editManifest(target, ({ database: _database, ...earlier }) => earlier);
  assert.equal((await restore(target, join(root, "from-earlier"))).code, 0);
});

test("a folder that must stay is filled so that no server starts on a part of it", async () => {
  const target = join(root, "mounted");
  mkdirSync(target);
  const manifest = await readManifest(backup);
  assert.ok("files" in manifest);
  const content = manifest.files.filter(({ path }) => !path.startsWith("configuration/"));
  const torn = content.map((file) => (file.path === "work/data.mdb" ? { ...file, sha256: "0".repeat(64) } : file));
  await assert.rejects(placeInside(backup, target, torn), /was changed while it was read/);
  const started = openDataFolder(target, opener);
  assert.ok("fault" in started);
  assert.match(started.fault, /format\.json is not readable\. Restore it from a backup/);
  rmSync(target, { recursive: true });
  mkdirSync(target);
  await placeInside(backup, target, content);
  assert.equal(existsSync(join(target, ".restoring")), false);
  assert.equal(readFileSync(join(target, "format.json"), "utf8"), readFileSync(join(data, "format.json"), "utf8"));
});
