import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { Writable } from "node:stream";
import { test } from "node:test";
import type { ShownDeadLetter } from "@datafly-signal/management-api";
import { csvHead, csvLine } from "./dlq-csv.ts";
import { counts, createOutput, table } from "./output.ts";
import { commandHelp, USAGE } from "./usage.ts";

const letter: ShownDeadLetter = {
  id: "dl_1",
  integrationId: "tmpl_1",
  pipelineIntegrationId: "pi_1",
  messageId: "=cmd()",
  event: 'A "quoted", name',
  reason: "rejected",
  detail: "line\nbreak",
  lastStatus: 400,
  tries: 1,
  firstTriedAt: null,
  lastTriedAt: null,
  deadLetteredAt: "2026-11-21T00:00:00.000Z",
  replayOf: null,
  position: { partition: 0, offset: 1 },
  state: "open",
  record: null,
};

test("CSV quotes what must be quoted and defuses formulas", () => {
  const columns = csvHead().trim().split(",");
  assert.equal(columns.length, 18);
  const line = csvLine(letter);
  assert.ok(line.startsWith("dl_1,tmpl_1,pi_1,'=cmd(),"));
  assert.ok(line.includes('"A ""quoted"", name"'));
  assert.ok(line.includes('"line\nbreak"'));
  assert.ok(line.endsWith(",,\r\n"));
});

test("tables align numbers to the right", () => {
  assert.equal(
    table(
      ["name", "n"],
      [
        ["a", 1],
        ["long", 100],
      ],
    ),
    "name    n\na       1\nlong  100",
  );
});

test("counts in words", () => {
  assert.equal(counts({}), "-");
  assert.equal(counts({ a: 1, b: 2 }), "a 1, b 2");
});

test("an export waits for a slow reader", async () => {
  const written: string[] = [];
  const waiting: (() => void)[] = [];
  const out = new Writable({
    highWaterMark: 4,
    write: (chunk, _encoding, done) => (written.push(String(chunk)), waiting.push(done)),
  });
  const output = createOutput(true, { out, err: out });
  const [small, large] = [output.raw("ab"), output.raw("cdef")];
  assert.equal(await small, true);
  let ready = false;
  void large.then(() => (ready = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([ready, written], [false, ["ab"]]);
  waiting.shift()?.();
  await new Promise((resolve) => setImmediate(resolve));
  waiting.shift()?.();
  assert.deepEqual([await large, written], [true, ["ab", "cdef"]]);
});

test("a reader that leaves ends the output quietly; other errors do not pass", async () => {
  let tries = 0;
  const out = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => (
      (tries += 1),
      done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }))
    ),
  });
  const output = createOutput(false, { out, err: out });
  assert.equal(await output.raw("first"), false);
  await new Promise((resolve) => setImmediate(resolve));
  output.line("second");
  assert.deepEqual([await output.raw("third"), tries], [false, 1]);
  const full = new Writable();
  createOutput(false, { out: full, err: out });
  assert.throws(() => full.emit("error", Object.assign(new Error("full"), { code: "ENOSPC" })), /full/);
});

test("the process of a command outlives its reader and keeps its exit code", async () => {
  const script = `
    import { createOutput } from ${JSON.stringify(new URL("output.ts", import.meta.url).href)};
    const output = createOutput(false);
    while (await output.raw("x".repeat(999) + "\\n"));
    output.line("nobody reads this");
    process.exitCode = 7;`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  child.stdout.once("data", () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.once("exit", resolve));
  assert.deepEqual([code, errors], [7, ""]);
});

test("help: no bracket without its other, and each option once", () => {
  for (const line of USAGE.split("\n")) assert.equal(line.split("[").length, line.split("]").length, line);
  assert.match(USAGE, /^ {2}tail \[options\] +events as they come in/m);
  assert.equal(commandHelp("tail")?.split("--json").length, 2);
  assert.equal(commandHelp("status")?.split("--json").length, 2);
});

test("without a command nothing starts: the help, and exit code 2", async () => {
  const main = new URL("../main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [main], { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk) => (errors += String(chunk)));
  const code = await new Promise((resolve) => child.once("close", resolve));
  assert.equal(code, 2);
  assert.match(errors, /Name a command\.\n\nUsage: .*<command>/);
});
