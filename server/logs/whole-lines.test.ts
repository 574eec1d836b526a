import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { cutLine, LONGEST_LINE, writeLine } from "./whole-lines.ts";

const WRITER = new URL("log-writer.ts", import.meta.url).pathname;

async function written(format: string): Promise<string[]> {
  const child = spawn(process.execPath, [WRITER, format], { stdio: ["ignore", "pipe", "inherit"] });
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) chunks.push(chunk);
  const lines = Buffer.concat(chunks).toString("utf8").split("\n");
  assert.equal(lines.pop(), "", "the last line is whole");
  return lines;
}

const PRETTY = /^[\d:.]+ INFO {2}(thread-\d)  said {2}line=(\d+) text=(?:""|é+)…?$/;

for (const format of ["json", "pretty"]) {
  test(`lines of four threads stay whole and in order: ${format}`, async () => {
    const next = new Map<string, number>();
    for (const line of await written(format)) {
      const record = format === "json" ? (JSON.parse(line) as { role: string; line: number }) : null;
      const [, role = record?.role ?? "", number = record?.line] = PRETTY.exec(line) ?? [];
      assert.equal(Number(number), next.get(role) ?? 0, line.slice(0, 100));
      next.set(role, Number(number) + 1);
    }
    assert.deepEqual([...next.values()], [500, 500, 500, 500]);
  });
}

test("a line is cut between characters, to what is written in one piece", () => {
  assert.equal(cutLine("short\n"), "short\n");
  for (let shift = 0; shift < 4; shift += 1) {
    const cut = cutLine(`${"x".repeat(shift)}${"😀".repeat(2000)}\n`);
    const bytes = Buffer.byteLength(cut);
    assert.ok(bytes <= LONGEST_LINE && bytes > LONGEST_LINE - 4, String(bytes));
    assert.ok(cut.endsWith("😀…\n"));
  }
});

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

test("a line waits for a reader that is busy, also when only a part of it was taken", () => {
  const taken: string[] = [];
  let turn = 0;
  writeLine("one two\n", (bytes) => {
    turn += 1;
    if (turn % 2 === 1) throw failure("EAGAIN");
    taken.push(bytes.subarray(0, 4).toString());
    return 4;
  });
  assert.deepEqual(taken, ["one ", "two\n"]);
});

for (const code of ["EPIPE", "ENOSPC", "EIO", "EBADF"]) {
  test(`a line that cannot be written is lost, and nothing else: ${code}`, () => {
    let asked = 0;
    writeLine("lost\n", () => {
      asked += 1;
      throw failure(code);
    });
    assert.equal(asked, 1);
  });
}

test("a reader that stands still holds nobody up for long", () => {
  let asked = 0;
  writeLine("lost\n", () => {
    asked += 1;
    throw failure("EAGAIN");
  });
  assert.ok(asked > 10 && asked < 100, String(asked));
});
