import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { DataFolderFault, FORMAT_VERSION, folderKey, openDataFolder, type Opener } from "./data-folder.ts";
import { folderHolder, type FolderLock, lockFolder } from "./lock.ts";

const OPENER: Opener = { version: "1.2.3", now: () => Date.UTC(2026, 0, 2), notice: () => undefined };

let root = "";
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "signal-folder-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

function opened(path: string): FolderLock {
  const result = openDataFolder(path, OPENER);
  assert.ok("folder" in result, "fault" in result ? result.fault : "");
  return result.folder.lock;
}

test("a new folder is private, marked with its format and locked", () => {
  const path = join(root, "a", "data");
  const lock = opened(path);
  assert.equal(statSync(path).mode & 0o777, 0o700);
  const mark = JSON.parse(readFileSync(join(path, "format.json"), "utf8"));
  assert.match(mark.deployment, /^[0-9a-f-]{36}$/);
  const created = { at: "2026-01-02T00:00:00.000Z", by: "1.2.3" };
  assert.deepEqual(mark, { format: FORMAT_VERSION, deployment: mark.deployment, created, upgrades: [] });
  assert.equal(folderHolder(path)?.pid, process.pid);
  lock.release();
  assert.equal(folderHolder(path), null);
});

test("it stays the deployment that it was", () => {
  const [first, second] = [1, 2].map(() => {
    const result = openDataFolder(root, OPENER);
    assert.ok("folder" in result);
    result.folder.lock.release();
    return result.folder.mark;
  });
  assert.deepEqual(first, second);
});

test("what a process that died had begun to write goes; everything else stays", () => {
  const names = ["format.json.12-0123456789ab", "lock.json.9-0123456789ab", "format.json.bak", "encryption.key"];
  for (const name of names) writeFileSync(join(root, name), "x");
  opened(root).release();
  assert.deepEqual(readdirSync(root).toSorted(), ["encryption.key", "format.json", "format.json.bak"]);
});

test("a second one is refused and told who holds it", () => {
  const lock = opened(root);
  const second = openDataFolder(root, OPENER);
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
  const newer = openDataFolder(root, OPENER);
  assert.ok("fault" in newer);
  assert.match(newer.fault, /written by a newer version/);
  assert.equal(folderHolder(root), null);
  writeFileSync(join(root, "format.json"), "garbage");
  const garbage = openDataFolder(root, OPENER);
  assert.ok("fault" in garbage);
  assert.match(garbage.fault, /not readable/);
});

test("a folder key is made once, 32 bytes, for its owner alone", () => {
  const key = folderKey(root, "encryption.key");
  assert.equal(key.length, 32);
  assert.deepEqual(folderKey(root, "encryption.key"), key);
  assert.equal(statSync(join(root, "encryption.key")).mode & 0o777, 0o600);
});

test("making lock, format and key leaves no drafts behind", () => {
  const lock = opened(root);
  folderKey(root, "encryption.key");
  assert.deepEqual(readdirSync(root).toSorted(), ["encryption.key", "format.json", "lock.json"]);
  lock.announce({ gateway: "http://127.0.0.1:1", management: "http://127.0.0.1:2" });
  assert.equal(folderHolder(root)?.gateway, "http://127.0.0.1:1");
  lock.release();
  assert.deepEqual(readdirSync(root).toSorted(), ["encryption.key", "format.json"]);
});

test("a key of another length is refused with the cure, and kept", () => {
  const file = join(root, "encryption.key");
  for (const text of ["", "short", Buffer.alloc(31).toString("base64"), Buffer.alloc(33).toString("base64")]) {
    writeFileSync(file, text);
    const words = /encryption\.key is damaged.*Restore it from a backup.*remove it together with everything else in/;
    assert.throws(() => folderKey(root, "encryption.key"), { name: DataFolderFault.name, message: words });
    assert.equal(readFileSync(file, "utf8"), text);
  }
  rmSync(file);
  mkdirSync(file);
  assert.throws(() => folderKey(root, "encryption.key"), { name: DataFolderFault.name, message: /cannot be used/ });
});

const unusable: [name: string, plant: (path: string) => void, reason: RegExp][] = [
  ["is a file", (path) => writeFileSync(path, ""), /a file where a folder is needed/],
  [
    "has a folder for its lock",
    (path) => mkdirSync(join(path, "lock.json"), { recursive: true }),
    /a folder where a file/,
  ],
  [
    "has a folder for its format",
    (path) => mkdirSync(join(path, "format.json"), { recursive: true }),
    /a folder where a/,
  ],
];
for (const [name, plant, reason] of unusable) {
  test(`a data folder that ${name} is told in words`, () => {
    const path = join(root, "data");
    plant(path);
    const result = openDataFolder(path, OPENER);
    assert.ok("fault" in result);
    assert.match(result.fault, reason);
    assert.equal(folderHolder(path), null);
    assert.match(result.fault, /cannot be used.*Give the user.*or set SIGNAL_DATA_DIR to another folder\.$/);
  });
}

test("a folder that this user may not write to, or whose format it may not read, is told in words", () => {
  const sealed = join(root, "sealed");
  const unreadable = join(root, "unreadable");
  opened(unreadable).release();
  mkdirSync(sealed);
  chmodSync(sealed, 0o555);
  chmodSync(join(unreadable, "format.json"), 0o000);
  const asOther = process.getuid?.() === 0;
  if (asOther) for (const path of [root, unreadable]) chmodSync(path, 0o777);
  if (asOther) process.seteuid?.(65_534);
  try {
    for (const path of [sealed, unreadable]) {
      const result = openDataFolder(path, OPENER);
      assert.ok("fault" in result, path);
      assert.match(result.fault, /cannot be used: this user may not read and write it/);
    }
    assert.throws(() => folderKey(sealed, "encryption.key"), { name: DataFolderFault.name });
  } finally {
    if (asOther) process.seteuid?.(0);
  }
  assert.equal(folderHolder(unreadable), null);
});

test("of many that find the lock of a dead process, one gets it", async () => {
  const lock = lockFolder(root);
  assert.ok("lock" in lock);
  const file = join(root, "lock.json");
  const dead = JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), processStart: "another boot/1" });
  const script = `
    import { lockFolder } from ${JSON.stringify(new URL("lock.ts", import.meta.url).href)};
    process.stdin.once("data", () => {
      const taken = lockFolder(${JSON.stringify(root)});
      process.stdout.write("lock" in taken ? "mine" : "held");
      process.stdin.once("data", () => process.exit());
    });
    process.stdout.write("ready ");`;
  for (let round = 0; round < 3; round += 1) {
    writeFileSync(file, dead);
    const children = Array.from({ length: 5 }, () =>
      spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] }),
    );
    const said = (words: number) =>
      Promise.all(
        children.map(async (child) => {
          let text = "";
          while (text.split(" ").filter(Boolean).length < words) {
            text += await new Promise<string>((resolve) =>
              child.stdout.once("data", (chunk) => resolve(String(chunk))),
            );
          }
          return text.trim();
        }),
      );
    await said(1);
    const answers = said(1);
    for (const child of children) child.stdin.write("go");
    const gone = children.map((child) => new Promise((resolve) => child.once("exit", resolve)));
    assert.deepEqual((await answers).toSorted(), ["held", "held", "held", "held", "mine"]);
    for (const child of children) child.stdin.write("end");
    await Promise.all(gone);
  }
});

test("a process that died while it removed a stale lock is taken over, too", () => {
  const file = join(root, "lock.json");
  const stale = JSON.stringify({ pid: process.pid, processStart: "another boot/1", since: "then", id: "1" });
  writeFileSync(file, stale);
  const right = `${file}.${createHash("sha256").update(stale).digest("hex").slice(0, 16)}`;
  writeFileSync(right, JSON.stringify({ pid: process.pid, processStart: "another boot/2", since: "then", id: "2" }));
  assert.ok("lock" in lockFolder(root));
  assert.deepEqual(readdirSync(root), ["lock.json"]);
});

test("a lock that names no process does not keep the folder", () => {
  for (const text of ['{"pid":0}', '{"pid":-1}', '{"pid":"1"}', "null", "[]", "{"]) {
    writeFileSync(join(root, "lock.json"), text);
    const taken = lockFolder(root);
    assert.ok("lock" in taken, text);
    taken.lock.release();
  }
});
