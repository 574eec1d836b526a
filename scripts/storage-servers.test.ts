import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { provideOnce } from "./storage-servers/provide-once.ts";

let cache: string;
const before = process.env["XDG_CACHE_HOME"];
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), "signal-cache-"));
  process.env["XDG_CACHE_HOME"] = cache;
});
afterEach(() => {
  if (before === undefined) delete process.env["XDG_CACHE_HOME"];
  else process.env["XDG_CACHE_HOME"] = before;
  rmSync(cache, { recursive: true });
});

const fill = (text: string) => (folder: string) => writeFileSync(join(folder, "tool"), text);
const content = (folder: string) => readFileSync(join(folder, "tool"), "utf8");

test("makes a folder once", () => {
  const first = provideOnce("tool-1", fill("first"));
  assert.equal(first, join(cache, "datafly-signal/tool-1"));
  assert.equal(content(provideOnce("tool-1", fill("second"))), "first");
  assert.equal(content(provideOnce("tool-2", fill("second"))), "second");
});

test("leaves nothing behind of one that fails, and makes it anew", () => {
  const fail = (folder: string) => {
    fill("half")(folder);
    throw new Error("no compiler");
  };
  assert.throws(() => provideOnce("tool-1", fail), /no compiler/);
  assert.deepEqual(readdirSync(join(cache, "datafly-signal")), []);
  assert.equal(content(provideOnce("tool-1", fill("whole"))), "whole");
});

test("keeps the first one's when two make it at once", () => {
  const folder = provideOnce("tool-1", (working) => {
    fill("slower")(working);
    const other = join(cache, "datafly-signal/tool-1");
    mkdirSync(other);
    fill("faster")(other);
  });
  assert.equal(content(folder), "faster");
  assert.deepEqual(readdirSync(join(cache, "datafly-signal")), ["tool-1"]);
});
