import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { eventsOf, momentOf } from "./input.ts";
import { UsageError } from "./usage.ts";

const folder = mkdtempSync(join(tmpdir(), "signal-input-"));
after(() => rmSync(folder, { recursive: true }));

test("a moment is one that can be written with four digits of the year", () => {
  assert.equal(momentOf("1772029800000"), 1_772_029_800_000);
  assert.equal(momentOf("2026-02-25T14:30:00Z"), 1_772_029_800_000);
  for (const text of ["99999999999999999", "+010000-01-01T00:00:00Z", "-000001-01-01T00:00:00Z", "", "soon"])
    assert.throws(() => momentOf(text), UsageError, text);
});

test("a file of JSON may begin with a byte order mark", () => {
  const file = join(folder, "events.json");
  writeFileSync(file, '\uFEFF[{"event":"purchase"}]');
  assert.deepEqual(eventsOf(file), [{ event: "purchase" }]);
});
