import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { RAW_EVENTS } from "@datafly-signal/core";
import { everything, texts, topicSpec } from "../suite-support.ts";
import { openLmdbLog } from "./lmdb-log.ts";

const CHILD = fileURLToPath(new URL("./crash-child.ts", import.meta.url));
const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function prepare(topic: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "signal-crash-"));
  folders.push(directory);
  const log = openLmdbLog({ directory });
  await log.ensureTopics([topicSpec(topic)]);
  await log.close();
  return directory;
}

/** Resolves when the child has acknowledged so many appends; gathers what it says. */
async function acknowledged(child: ChildProcess, count: number, said: string[]): Promise<void> {
  let rest = "";
  for await (const chunk of child.stdout ?? []) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    said.push(...lines.filter((line) => line.startsWith("acknowledged ")).map((line) => line.slice(13)));
    if (said.length >= count && !child.killed) child.kill("SIGKILL");
  }
}

for (const topic of [RAW_EVENTS, "work-topic"]) {
  test(`after kill -9 everything acknowledged is there, whole appends only (${topic})`, async () => {
    const directory = await prepare(topic);
    for (const count of [1, 40, 150]) {
      const child = spawn(process.execPath, [CHILD, directory, topic], { stdio: ["ignore", "pipe", "inherit"] });
      const exit = once(child, "exit");
      const said: string[] = [];
      await acknowledged(child, count, said);
      assert.deepEqual((await exit)[1], "SIGKILL");
      const log = openLmdbLog({ directory });
      const kept = new Set(texts(await everything(log, topic)).map((text) => text.split(" ")[0]));
      assert.ok(said.length >= count);
      for (const name of said) assert.ok(kept.has(name) && kept.has(`${name}'`), `${name} was acknowledged`);
      for (const name of kept)
        assert.ok(name?.endsWith("'") ? kept.has(name.slice(0, -1)) : kept.has(`${name}'`), `${name} is whole`);
      await log.close();
    }
  });

  // Where there is no strace, kill -9 alone is what can be shown.
  if (spawnSync("strace", ["-V"]).error !== undefined) continue;
  test(`every answer comes after the flush of what it answers (${topic})`, async () => {
    const directory = await prepare(topic);
    const calls = "trace=openat,pwrite64,pwritev,write,writev,fsync,fdatasync";
    const args = ["-f", "-e", calls, "-s", "64", process.execPath, CHILD, directory, topic, "20"];
    const { stderr, status } = spawnSync("strace", args, { encoding: "utf8", maxBuffer: 64 * 1_048_576 });
    assert.equal(status, 0, stderr.slice(-500));
    assert.equal(durableAnswers(stderr), 20);
  });
}

/**
 * Counts answers, and fails at one that came before its commit was durable: pages are written and flushed, then the
 * page that names the commit is written through a descriptor opened with O_DSYNC.
 */
function durableAnswers(trace: string): number {
  const pages = new Set<string>();
  const direct = new Set<string>();
  let [answers, unflushed, named] = [0, false, false];
  for (const line of trace.split("\n")) {
    const opened = /openat\(.*data\.mdb", (\S+?)[,)].* = (\d+)$/.exec(line);
    if (opened !== null) (opened[1]?.includes("O_DSYNC") === true ? direct : pages).add(opened[2] ?? "");
    const written = /\bp?write(?:v|64)?\((\d+),/.exec(line)?.[1] ?? "";
    if (pages.has(written)) [unflushed, named] = [true, false];
    if (/f(?:data)?sync(?:\(\d+\)| resumed>\)) += 0$/.test(line)) unflushed = false;
    if ((direct.has(written) || line.includes("pwrite64 resumed")) && line.endsWith(" = 128")) named = !unflushed;
    if (!line.includes("acknowledged ")) continue;
    if (!/write\(1/.test(line)) continue;
    assert.ok(named && !unflushed, `not durable: ${line}`);
    answers += 1;
    named = false;
  }
  return answers;
}
