import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { silent, systemClock } from "../mapping-rig-fixture.ts";
import { type MappingWorkbench, openWorkbench, type WorkbenchLimits } from "./workbench.ts";

const CHILD = "mapping-process.ts";

/** The processes of workbenches that this test has started. */
function children(): number[] {
  const pids = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8")
    .split(" ")
    .filter((pid) => pid !== "");
  return pids.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(CHILD)).map(Number);
}

async function withBench(
  limits: Partial<WorkbenchLimits>,
  use: (bench: MappingWorkbench) => Promise<void>,
): Promise<void> {
  const bench = openWorkbench({ clock: systemClock, logger: silent, limits: { timeMs: 20_000, ...limits } });
  try {
    await use(bench);
  } finally {
    await bench.close();
    assert.deepEqual(children(), []);
  }
}

const later = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

const validate = (bench: MappingWorkbench, mapping = "version: 2\n", owner = "usr_1") =>
  bench.work("validate", { mapping }, owner);
const failure = (result: Awaited<ReturnType<typeof validate>>): string => ("failed" in result ? result.failed : "none");

test("a process is started with the first task, serves the next ones, and ends when there is nothing to do", async () => {
  await withBench({ idleMs: 50 }, async (bench) => {
    assert.deepEqual(children(), []);
    assert.equal(failure(await validate(bench)), "none");
    const [first] = children();
    assert.ok(first !== undefined);
    assert.equal(failure(await validate(bench)), "none");
    for (let looks = 0; children().length > 0 && looks < 500; looks += 1) await later(20);
    assert.deepEqual(children(), []);
    assert.equal(failure(await validate(bench)), "none");
    assert.notDeepEqual(children(), [first]);
  });
});

test("answers come in the order of the tasks, each its own", async () => {
  await withBench({ waiting: 100, waitingOfOne: 100 }, async (bench) => {
    const texts = Array.from({ length: 30 }, (_, at) => `version: 2\nk${at}: 1\n`);
    const results = await Promise.all(texts.map((text) => validate(bench, text)));
    for (const [at, result] of results.entries()) {
      assert.ok("output" in result);
      assert.equal(result.output.faults[0]?.path, `k${at}`);
    }
    assert.equal(children().length, 1);
  });
});

test("only so many wait, of one and of all; what is refused costs the others nothing", async () => {
  await withBench({ waiting: 3, waitingOfOne: 2 }, async (bench) => {
    const owners = ["usr_1", "usr_1", "usr_1", "usr_1", "usr_2", "usr_3"];
    const results = await Promise.all(owners.map((owner) => validate(bench, "version: 2\n", owner)));
    // The first is at work at once, and so does not wait.
    assert.deepEqual(results.map(failure), ["none", "none", "none", "busy", "none", "busy"]);
  });
});

test("a process that is killed fails its task only", async () => {
  await withBench({}, async (bench) => {
    await validate(bench);
    const slow = validate(bench, `version: 2\n${Array.from({ length: 90_000 }, (_, at) => `k${at}: 1\n`).join("")}`);
    const next = validate(bench);
    const [pid] = children();
    process.kill(pid ?? 0, "SIGKILL");
    assert.equal(failure(await slow), "memory");
    assert.equal(failure(await next), "none");
  });
});

test("closed while at work: what waits is told, and nothing is left behind", async () => {
  const bench = openWorkbench({ clock: systemClock, logger: silent });
  const open = [validate(bench), validate(bench), validate(bench)];
  await bench.close();
  assert.deepEqual((await Promise.all(open)).map(failure), ["busy", "busy", "busy"]);
  assert.equal(failure(await validate(bench)), "busy");
  assert.deepEqual(children(), []);
});

test("signals of the terminal are not the process's business; it ends with the one who started it", async () => {
  await withBench({}, async (bench) => {
    await validate(bench);
    const [pid = 0] = children();
    process.kill(pid, "SIGINT");
    process.kill(pid, "SIGTERM");
    assert.equal(failure(await validate(bench)), "none");
    assert.deepEqual(children(), [pid]);
  });
  const child = fork(new URL(`./${CHILD}`, import.meta.url), { env: {}, execArgv: [], serialization: "advanced" });
  assert.deepEqual(await once(child, "message"), ["ready", undefined]);
  const exited = once(child, "exit");
  child.disconnect();
  assert.deepEqual(await exited, [0, null]);
});

test("warmed, it has its process before the first task, once, and lets it go when none comes", async () => {
  await withBench({ idleMs: 50 }, async (bench) => {
    bench.warm();
    bench.warm();
    assert.equal(children().length, 1);
    for (let looks = 0; children().length > 0 && looks < 500; looks += 1) await later(20);
    assert.deepEqual(children(), []);
    bench.warm();
    const [warmed] = children();
    assert.equal(failure(await validate(bench)), "none");
    assert.deepEqual([warmed], children());
  });
});
