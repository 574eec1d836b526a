import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fastCheck from "fast-check";
import { unifiedDiff } from "./text-diff.ts";

const names = { before: "revision 1", after: "revision 2" };
const lines = (count: number, word = "line"): string =>
  Array.from({ length: count }, (_, index) => `${word} ${index}\n`).join("");

describe("a unified difference", () => {
  it("is empty for equal texts", () => assert.equal(unifiedDiff("a\n", "a\n", names), ""));

  it("shows what differs with three lines around it", () => {
    const before = lines(10);
    const after = before.replace("line 5\n", "line five\nand a half\n");
    const expected = [
      "--- revision 1",
      "+++ revision 2",
      "@@ -3,7 +3,8 @@",
      " line 2",
      " line 3",
      " line 4",
      "-line 5",
      "+line five",
      "+and a half",
      " line 6",
      " line 7",
      " line 8",
      "",
    ].join("\n");
    assert.equal(unifiedDiff(before, after, names), expected);
  });

  it("keeps places apart that are far from each other", () => {
    const before = lines(30);
    const after = before.replace("line 2\n", "").replace("line 25\n", "x\n");
    const hunks = unifiedDiff(before, after, names).match(/^@@.*@@$/gm);
    assert.deepEqual(hunks, ["@@ -1,6 +1,5 @@", "@@ -23,7 +22,7 @@"]);
  });

  it("shows a text that came or went as a whole", () => {
    assert.equal(unifiedDiff("", "a\nb\n", names), "--- revision 1\n+++ revision 2\n@@ -0,0 +1,2 @@\n+a\n+b\n");
    assert.equal(unifiedDiff("a\n", "", names), "--- revision 1\n+++ revision 2\n@@ -1,1 +0,0 @@\n-a\n");
  });

  it("bounds its work: texts that have nothing in common are replaced", () => {
    const found = unifiedDiff(lines(4000, "a"), lines(4000, "b"), names);
    assert.equal(found.split("\n").filter((line) => line.startsWith("-a")).length, 4000);
  });

  it("makes the newer text of the older one", () => {
    const line = fastCheck.constantFrom("a", "b", "c", "- d", "+ e", "");
    const text = fastCheck.array(line, { maxLength: 25 }).map((all) => all.map((one) => `${one}\n`).join(""));
    fastCheck.assert(
      fastCheck.property(text, text, (before, after) => {
        assert.equal(patched(before, unifiedDiff(before, after, names)), after);
      }),
      { numRuns: 300 },
    );
  });
});

/** As `patch` does, but that every place must be where it is said to be. */
function patched(before: string, diff: string): string {
  const old = before.split("\n").slice(0, -1);
  const out: string[] = [];
  let at = 0;
  for (const line of diff.split("\n").slice(2, -1)) {
    const [, start, count] = /^@@ -(\d+),(\d+) \+\d+,\d+ @@$/.exec(line) ?? [];
    if (start !== undefined) {
      const begin = Number(start) - (count === "0" ? 0 : 1);
      out.push(...old.slice(at, begin));
      at = begin;
    } else if (line.startsWith("+")) out.push(line.slice(1));
    else {
      assert.equal(old[at], line.slice(1));
      if (line.startsWith(" ")) out.push(line.slice(1));
      at += 1;
    }
  }
  return [...out, ...old.slice(at)].map((line) => `${line}\n`).join("");
}
