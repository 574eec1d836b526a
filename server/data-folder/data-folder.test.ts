import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { FORMAT_VERSION, folderKey, openDataFolder } from "./data-folder.ts";
import { folderHolder, lockFolder } from "./lock.ts";

let root = "";
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "signal-folder-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function opened(path: string): { release(): void } {
  const result = openDataFolder(path);
  assert.ok("folder" in result, "fault" in result ? result.fault : "");
  return result.folder.lock;
}

test("a new folder is private, marked with its format and locked", () => {
  const path = join(root, "a", "data");
  const lock = opened(path);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  assert.deepEqual(JSON.parse(readFileSync(join(path, "format.json"), "utf8")), { format: FORMAT_VERSION });
  assert.equal(folderHolder(path)?.pid, process.pid);
  lock.release();
  assert.equal(folderHolder(path), null);
});

test("a second one is refused and told who holds it", () => {
  const lock = opened(root);
  const second = openDataFolder(root);
  assert.ok("fault" in second);
  assert.match(second.fault, new RegExp(`in use by process ${process.pid} since`));
  lock.release();
  opened(root).release();
});

test("the lock of a process that died is taken over", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  const lock = lockFolder(root);
  assert.ok("lock" in lock);
  const file = join(root, "lock.json");
  const mine = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...mine, pid: child.pid, processStart: "" }));
  assert.ok("heldBy" in lockFolder(root), "the process lives");
  child.kill("SIGKILL");
  await new Promise((resolve) => child.once("exit", resolve));
  assert.ok("lock" in lockFolder(root), "the process is gone");
});

test("a reused process id does not keep the lock", () => {
  const file = join(root, "lock.json");
  writeFileSync(file, JSON.stringify({ pid: process.pid, processStart: "another boot/1", since: "then" }));
  assert.ok("lock" in lockFolder(root));
});

test("an empty or torn lock file does not keep the folder", () => {
  writeFileSync(join(root, "lock.json"), "");
  assert.ok("lock" in lockFolder(root));
});

test("a newer or unreadable format is refused with the cure", () => {
  writeFileSync(join(root, "format.json"), JSON.stringify({ format: FORMAT_VERSION + 1 }));
  const newer = openDataFolder(root);
  assert.ok("fault" in newer);
  assert.match(newer.fault, /written by a newer version/);
  assert.equal(folderHolder(root), null);
  writeFileSync(join(root, "format.json"), "garbage");
  const garbage = openDataFolder(root);
  assert.ok("fault" in garbage);
  assert.match(garbage.fault, /not readable/);
});

test("a folder key is made once, 32 bytes, for its owner alone", () => {
  const key = folderKey(root, "encryption.key");
  assert.equal(key.length, 32);
  assert.deepEqual(folderKey(root, "encryption.key"), key);
  assert.equal(statSync(join(root, "encryption.key")).mode & 0o777, 0o600);
});
