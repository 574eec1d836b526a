import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryShare } from "./memory-share.ts";

const MIB = 1_048_576;
const cases: [all: number, integrations: number, share: number][] = [
  [128 * MIB, 0, 128 * MIB],
  [128 * MIB, 1, 128 * MIB],
  [128 * MIB, 3, 44_739_242],
  [128 * MIB, 128, MIB],
  [128 * MIB, 1000, MIB],
  [400_000, 1, 400_000],
  [400_000, 4, 400_000],
];
for (const [all, integrations, share] of cases) {
  test(`of ${all} bytes each of ${integrations} integrations gets ${share}`, () => {
    assert.equal(memoryShare(all, integrations), share);
  });
}
