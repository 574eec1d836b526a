import assert from "node:assert/strict";
import { test } from "node:test";
import { commitGap, mayGoAhead } from "./commit-pace.ts";

test("soon after a completion, seldom while a backlog lasts", () => {
  const cases: [name: string, facts: Parameters<typeof commitGap>[0], gap: number][] = [
    ["commits are cheap", { lastMs: 0.2, lasting: false, longestMs: 20 }, 8],
    ["the first one", { lastMs: 0, lasting: false, longestMs: 20 }, 8],
    ["twice as long as the last took", { lastMs: 6, lasting: false, longestMs: 20 }, 12],
    ["commits are dear", { lastMs: 50, lasting: false, longestMs: 20 }, 20],
    ["a backlog lasts", { lastMs: 0.2, lasting: true, longestMs: 20 }, 20],
    ["a backlog lasts, commits are dear", { lastMs: 50, lasting: true, longestMs: 20 }, 20],
    ["a log whose commits are dear", { lastMs: 30, lasting: false, longestMs: 200 }, 60],
    ["the longest is short", { lastMs: 0.2, lasting: false, longestMs: 1 }, 1],
  ];
  for (const [name, facts, gap] of cases) assert.equal(commitGap(facts), gap, name);
});

test("sending waits for the ledger after few completions, after many while a backlog lasts", () => {
  const cases: [uncommitted: number, lasting: boolean, may: boolean][] = [
    [0, false, true],
    [31, false, true],
    [32, false, false],
    [32, true, true],
    [4_095, true, true],
    [4_096, true, false],
  ];
  for (const [uncommitted, lasting, may] of cases)
    assert.equal(mayGoAhead(uncommitted, lasting), may, `${uncommitted}`);
});
