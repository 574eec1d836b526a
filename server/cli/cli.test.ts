import assert from "node:assert/strict";
import { test } from "node:test";
import type { ShownDeadLetter } from "@datafly-signal/management-api";
import { csvHead, csvLine } from "./dlq-csv.ts";
import { counts, table } from "./output.ts";

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
