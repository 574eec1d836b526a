/** Accepted means durable: under strace, an fsync or fdatasync ends between the last write of an event and its 200. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { configuration, KEY } from "../harness/configuration.ts";
import { startSignal, workFolder } from "../harness/signal-server.ts";

interface Call {
  start: number;
  end: number;
  name: string;
  text: string;
}

/** Calls of all threads by time; an unfinished call is joined with its resumption. */
function readTrace(prefix: string): Call[] {
  const folder = join(prefix, "..");
  const name = prefix.slice(folder.length + 1);
  const files = readdirSync(folder).filter((file) => file.startsWith(`${name}.`));
  const calls = files.flatMap((file) =>
    readFileSync(join(folder, file), "utf8")
      .split("\n")
      .flatMap((line) => {
        const match = /^(\d+\.\d+) (\w+)\((.*)<(\d+\.\d+)>$/.exec(line);
        if (match === null) return [];
        const [, start, call = "", text = "", took] = match;
        return [{ start: Number(start), end: Number(start) + Number(took), name: call, text }];
      }),
  );
  return calls.toSorted((left, right) => left.start - right.start);
}

// On a laptop without strace this says so; CI installs it, and fails where it is missing.
const missing = spawnSync("strace", ["-V"]).error !== undefined && process.env["CI"] === undefined;
const options = missing ? { skip: "strace is not installed" } : {};

test("every 200 comes after an fsync that began after the event was written", options, async () => {
  const work = await workFolder();
  const trace = join(work.folder, "trace");
  const prefix = ["strace", "-ff", "-y", "-ttt", "-T", "-s", "160", "-o", trace];
  prefix.push("-e", "trace=openat,pwrite64,pwritev,pwritev2,write,writev,fsync,fdatasync");
  const server = await startSignal({ folder: work.folder, config: configuration([]), prefix });
  const total = 40;
  try {
    for (let index = 0; index < total; index += 1) {
      const response = await fetch(`${server.gateway}/v1/t`, {
        method: "POST",
        headers: { authorization: `Bearer ${KEY}` },
        body: JSON.stringify({ type: "track", event: `Durable ${index}`, messageId: `durable-${index}` }),
      });
      assert.equal(response.status, 200);
      await response.text();
    }
  } finally {
    await server.stop();
  }
  const calls = readTrace(trace);
  const answers = calls.filter((call) => call.text.includes("HTTP/1.1 200 OK"));
  assert.equal(answers.length, total);
  const data = calls.filter((call) => /^(\d+)<[^>]*\/data\/ingest\/[^>]*>/.test(call.text));
  const synced = synchronousFiles(calls);
  const pages = data.filter((call) => WRITES.includes(call.name) && !synced.has(fileOf(call)));
  const metas = data.filter((call) => WRITES.includes(call.name) && synced.has(fileOf(call)));
  const syncs = data.filter((call) => SYNCS.includes(call.name));
  let before = 0;
  for (const [index, answer] of answers.entries()) {
    const within = (call: Call): boolean => call.start > before && call.end <= answer.start;
    const last = pages.findLast(within);
    assert.ok(last !== undefined, `answer ${index} without a write of its event`);
    const sync = syncs.find((call) => within(call) && call.start >= last.end);
    assert.ok(sync !== undefined, `answer ${index} was sent before its pages were synced`);
    const meta = metas.find((call) => within(call) && call.start >= sync.end);
    assert.ok(
      meta !== undefined,
      `answer ${index} was sent before the page that makes its commit valid was written through`,
    );
    before = answer.end;
  }
  await work.remove();
});

const WRITES = ["pwrite64", "pwritev", "pwritev2", "write", "writev"];
const SYNCS = ["fsync", "fdatasync"];

function fileOf(call: Call): string {
  return call.text.slice(0, call.text.indexOf("<"));
}

/** Descriptors opened so that each write returns only when it is on the disk. */
function synchronousFiles(calls: readonly Call[]): Set<string> {
  const opened = calls.filter((call) => call.name === "openat" && /O_DSYNC|O_SYNC/.test(call.text));
  return new Set(opened.map((call) => /= (\d+)<[^>]*>\s*$/.exec(call.text)?.[1] ?? ""));
}
