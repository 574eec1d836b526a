import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "@datafly-signal/core";
import { openDiskReserve } from "./disk-reserve.ts";

const MIB = 1_048_576;

/** A clock whose timers run when told. */
function manualClock(): Clock & { tick(): Promise<void>; waiting(): number } {
  let timers: { ms: number; run: () => void }[] = [];
  return {
    wall: () => 0,
    monotonic: () => 0,
    after(ms, run) {
      const timer = { ms, run };
      timers.push(timer);
      return () => void (timers = timers.filter((other) => other !== timer));
    },
    waiting: () => timers.length,
    async tick() {
      const due = timers;
      timers = [];
      for (const { ms, run } of due) {
        assert.equal(ms, 1000);
        run();
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const cases = [
  { name: "a small disk keeps 512 MiB", totalMiB: 4000, reserve: undefined, limitMiB: 512 },
  { name: "a large disk keeps a twentieth", totalMiB: 100_000, reserve: undefined, limitMiB: 5000 },
  { name: "a given reserve counts alone", totalMiB: 100_000, reserve: 10 * MIB, limitMiB: 10 },
];

for (const { name, totalMiB, reserve, limitMiB } of cases) {
  test(`${name}, and accepting comes back by itself`, async () => {
    const clock = manualClock();
    let freeMiB = limitMiB + 1;
    const statfs = async () => ({ bsize: MIB, blocks: totalMiB, bavail: freeMiB });
    const disk = openDiskReserve({
      path: "/",
      clock,
      statfs,
      ...(reserve === undefined ? {} : { reserveBytes: reserve }),
    });
    await disk.check();
    assert.deepEqual([disk.accepting(), disk.roomy()], [true, false]);
    freeMiB = limitMiB;
    await clock.tick();
    assert.equal(disk.accepting(), false);
    assert.equal(disk.freeBytes(), limitMiB * MIB);
    freeMiB = limitMiB * 2 + 1;
    await clock.tick();
    assert.deepEqual([disk.accepting(), disk.roomy(), disk.reserveBytes()], [true, true, limitMiB * MIB]);
    disk.close();
    assert.equal(clock.waiting(), 0);
  });
}

test("room inside the log's files counts, and is asked for once a look, only when the disk has too little", async () => {
  let [asked, bavail] = [0, 20];
  const reusableBytes = () => ((asked += 1), 7);
  const statfs = async () => ({ bsize: 1, blocks: 100, bavail });
  const disk = openDiskReserve({ path: "/", clock: manualClock(), statfs, reserveBytes: 8, reusableBytes });
  await disk.check();
  assert.deepEqual([disk.accepting(), disk.roomy(), asked], [true, true, 0]);
  bavail = 2;
  await disk.check();
  assert.deepEqual([disk.accepting(), disk.roomy(), asked], [true, false, 1]);
  for (let request = 0; request < 1000; request += 1) disk.accepting();
  assert.equal(asked, 1);
  bavail = 1;
  await disk.check();
  assert.deepEqual([disk.accepting(), asked], [false, 2]);
  disk.close();
});

test("a look that fails changes nothing, and the next one is tried", async () => {
  const clock = manualClock();
  let works = true;
  const statfs = async () => {
    if (works) return { bsize: 1, blocks: 100, bavail: 1 };
    throw new Error("gone");
  };
  const disk = openDiskReserve({ path: "/", clock, statfs, reserveBytes: 5 });
  await disk.check();
  works = false;
  await clock.tick();
  assert.equal(disk.accepting(), false);
  assert.equal(clock.waiting(), 1);
  disk.close();
});
