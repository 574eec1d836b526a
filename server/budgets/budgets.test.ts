import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readSettings, type Settings } from "../settings.ts";
import { budgetLines, budgetsOf, bytesText } from "./describe.ts";
import { folderBytes, openFolderReserve } from "./disk-space.ts";

const MIB = 1_048_576;

function settingsOf(env: Record<string, string>): Settings {
  const result = readSettings(env, { exists: () => false });
  assert.ok(result.ok, JSON.stringify(result));
  return result.settings;
}

function folder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "signal-budget-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

test("a folder takes the blocks of its files, also of those in folders; a gap in a file takes none", async () => {
  const { path, remove } = folder();
  mkdirSync(join(path, "work"));
  writeFileSync(join(path, "work", "data"), Buffer.alloc(3 * MIB, 1));
  writeFileSync(join(path, "small"), "x");
  const taken = await folderBytes(path);
  assert.ok(taken >= 3 * MIB && taken < 3.2 * MIB, String(taken));
  assert.equal(await folderBytes(join(path, "work")).then((bytes) => bytes >= 3 * MIB), true);
  await assert.rejects(folderBytes(join(path, "missing")), { code: "ENOENT" });
  remove();
});

test("a budget is a disk of its size: events are taken until its reserve is reached, and again when there is room", async () => {
  const { path, remove } = folder();
  const settings = { ...settingsOf({ DISK_BUDGET: "64MiB" }), dataDir: path };
  const reserve = openFolderReserve(settings, { reusableBytes: () => 0 });
  await reserve.check();
  assert.equal(reserve.reserveBytes(), 16 * MIB);
  assert.deepEqual([reserve.accepting(), reserve.roomy(), reserve.freeBytes()], [true, true, 64 * MIB]);
  writeFileSync(join(path, "data"), Buffer.alloc(40 * MIB, 1));
  await reserve.check();
  assert.deepEqual([reserve.accepting(), reserve.roomy(), reserve.freeBytes()], [true, false, 24 * MIB]);
  writeFileSync(join(path, "data"), Buffer.alloc(48 * MIB, 1));
  await reserve.check();
  assert.deepEqual([reserve.accepting(), reserve.roomy()], [false, false]);
  writeFileSync(join(path, "more"), Buffer.alloc(20 * MIB, 1));
  await reserve.check();
  assert.equal(reserve.freeBytes(), 0);
  for (const name of ["data", "more"]) rmSync(join(path, name));
  await reserve.check();
  assert.equal(reserve.accepting(), true);
  reserve.close();
  remove();
});

const reserves: [env: Record<string, string>, MiB: number][] = [
  [{ DISK_BUDGET: "20GiB" }, 1024],
  [{ DISK_BUDGET: "4GiB" }, 512],
  [{ DISK_BUDGET: "1GiB" }, 256],
  [{ DISK_BUDGET: "1GiB", DISK_RESERVE: "100MiB" }, 100],
  [{ DISK_RESERVE: "7MiB" }, 7],
];
for (const [env, expected] of reserves) {
  test(`the reserve with ${JSON.stringify(env)} is ${expected} MiB`, async () => {
    const { path, remove } = folder();
    const reserve = openFolderReserve({ ...settingsOf(env), dataDir: path }, { reusableBytes: () => 0 });
    await reserve.check();
    assert.equal(reserve.reserveBytes(), expected * MIB);
    reserve.close();
    remove();
  });
}

test("the budgets in words", async () => {
  const { path, remove } = folder();
  const settings = { ...settingsOf({ DISK_BUDGET: "1GiB", MEMORY_BUDGET: "512MiB" }), dataDir: path };
  const reserve = openFolderReserve(settings, { reusableBytes: () => 0 });
  const budgets = await budgetsOf(settings, reserve);
  reserve.close();
  assert.deepEqual(budgets.memory, {
    budget: 512 * MIB,
    requests: 128 * MIB,
    processing: 34 * MIB,
    deliveries: 256 * MIB,
  });
  assert.deepEqual(
    { ...budgets.disk, taken: 0 },
    { taken: 0, free: 1024 * MIB, reserve: 256 * MIB, budget: 1024 * MIB },
  );
  const [disk = "", ...memory] = budgetLines({ ...budgets, disk: { ...budgets.disk, taken: 0 } });
  assert.match(disk, /0 B taken, 1 GiB free of DISK_BUDGET 1 GiB; below 256 MiB \(DISK_RESERVE\) events get 503$/);
  assert.match(
    memory.join("\n"),
    /512 MiB .*requests 128 MiB, then 503;\n +processing 34 MiB, deliveries 256 MiB, then/,
  );
  assert.match(budgetLines({ ...budgets, disk: { ...budgets.disk, budget: null } })[0] ?? "", /1 GiB free; below/);
  remove();
});

test("sizes as people say them", () => {
  const sizes: [number, string][] = [
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1 KiB"],
    [1536, "1.5 KiB"],
    [10 * MIB, "10 MiB"],
    [2 ** 50, "1024 TiB"],
  ];
  for (const [bytes, text] of sizes) assert.equal(bytesText(bytes), text);
});
