import assert from "node:assert/strict";
import { test } from "node:test";
import { compileTextPattern, MAX_STEPS, type TextPattern, withReplaceBudget } from "./pattern.ts";

function pattern(text: string): TextPattern {
  const made = compileTextPattern(text);
  assert.ok(!("fault" in made), JSON.stringify(made));
  return made;
}

function secondsOf(work: () => void): number {
  const started = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(started);
  return (user + system) / 1_000_000;
}

test("a pattern that compiles to too much is a fault", () => {
  for (const text of ["(?:(?:[ab]?){30}){30}", "(a?){500}b", "(a?b?){400}"]) {
    const made = compileTextPattern(text);
    assert.ok("fault" in made && /too large: \d+ instructions, at most 1500/.test(made.fault), text);
  }
  assert.ok(pattern("a".repeat(1_000)).test("a".repeat(990)) === false);
});

test("a text over the bounds does not fit, not even by its beginning", () => {
  assert.equal(pattern("^a+$").test("a".repeat(20_000)), true);
  assert.equal(pattern("^a+").test("a".repeat(20_001)), false);
  assert.equal(pattern("^a{400}").test("a".repeat(2_000)), true);
  assert.equal(pattern("^a{400}").test("a".repeat(3_000)), false);
});

test("the dearest matches that are allowed take little time", () => {
  const ab = Array.from({ length: 20_000 }, (_, at) => ((at * at) % 7 < 3 ? "a" : "b")).join("");
  for (const times of [14, 30, 45, 100, 400, 900]) {
    const made = pattern(`(?i)[ab]*a(\\w{${times}})\\B$`);
    const size = made.steps("");
    const text = ab.slice(0, Math.min(20_000, Math.floor(MAX_STEPS / size) - 1));
    assert.ok(made.steps(text) > MAX_STEPS / 4 && made.steps(text) <= MAX_STEPS);
    assert.ok(secondsOf(() => made.test(text)) < 1.5, String(times));
  }
});

test("replacing that looks at the rest of the text at each match leaves the text as it is", () => {
  const made = pattern("[ab](?:[ab]*[cd])?");
  const long = "ab".repeat(10_000);
  assert.equal(made.replace("abab", "x"), "xxxx");
  assert.ok(secondsOf(() => assert.equal(made.replace(long, "x"), long)) < 1.5);
  assert.equal(pattern("<[^>]+>").replace("<b>a</b> ".repeat(300), ""), "a ".repeat(300));
});

test("all replacing of one evaluation takes from one budget", () => {
  const made = pattern("[ab]*a[ab]{40}[cd]$");
  const text = "ab".repeat(9_000);
  const seconds = secondsOf(() =>
    withReplaceBudget(() => Array.from({ length: 200 }, () => assert.equal(made.replace(text, "x"), text))),
  );
  assert.ok(seconds < 1.5, String(seconds));
  const digits = pattern("[^0-9]");
  const left = withReplaceBudget(() => Array.from({ length: 100 }, () => digits.replace("a1 ".repeat(300), "")));
  assert.equal(left[0], "1".repeat(300));
  assert.equal(left.at(-1), "a1 ".repeat(300));
  assert.equal(digits.replace("a1", ""), "1");
});
