/** Accepted means durable: under strace, an fsync or fdatasync ends between the last write of an event and its 200. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
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

test("every 200 comes after an fsync that began after the event was written", async () => {
  execFileSync("strace", ["-V"], { stdio: "ignore" });
  const work = await workFolder();
  const trace = join(work.folder, "trace");
  const prefix = ["strace", "-ff", "-y", "-ttt", "-T", "-s", "160", "-o", trace];
  prefix.push("-e", "trace=pwrite64,pwritev,pwritev2,write,writev,fsync,fdatasync,msync,sendto,sendmsg");
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
  const isData = (call: Call): boolean => /\/data\/ingest[^>]*>/.test(call.text);
  const writes = calls.filter((call) => call.name.startsWith("pwrite") && isData(call));
  const syncs = calls.filter((call) => ["fsync", "fdatasync", "msync"].includes(call.name) && isData(call));
  assert.ok(writes.length >= total, `${writes.length} writes of the ingest data file`);
  let before = 0;
  for (const [index, answer] of answers.entries()) {
    const own = writes.filter((write) => write.start > before && write.end < answer.start);
    const last = own.at(-1);
    assert.ok(last !== undefined, `answer ${index} without a write of its event`);
    const synced = syncs.some((sync) => sync.start >= own[0]!.start && sync.end <= answer.start);
    assert.ok(synced, `answer ${index} was sent before its write was synced`);
    before = answer.end;
  }
  await work.remove();
});
