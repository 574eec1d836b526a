import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type JsonObject } from "../../json.ts";
import { compileMapping } from "../compile.ts";

const page = readFileSync(new URL("../../../docs/mapping.md", import.meta.url), "utf8");
const chapter = page.slice(page.indexOf("## Version 1: steps"), page.indexOf("\n## Transforms"));
const examples = [...chapter.matchAll(/```yaml\n([^`]*)```\n\n```json v1\n([^`]*)```/g)];

test("every example of version 1 in the documentation has an event and a payload", () => {
  assert.ok(examples.length >= 4);
  assert.equal(chapter.match(/```yaml\n/g)?.length, examples.length);
});

for (const [index, [, mapping = "", text = ""]] of examples.entries()) {
  test(`docs/mapping.md, version 1, example ${index + 1}`, () => {
    const { event, payload } = JSON.parse(text) as { event: JsonObject; payload: JsonObject };
    const made = compileMapping(mapping);
    assert.ok(!("faults" in made), JSON.stringify(made));
    // What every event has, and the examples leave out.
    const common = { messageId: "m-1", timestamp: "", receivedAt: "", context: {} };
    const result = made.mapping.apply({ ...common, ...event, type: "track" }, {});
    const passedOn = "type" in payload ? common : {};
    assert.deepEqual(result, { kind: "mapped", payload: { ...passedOn, ...payload }, vendorEventName: null });
  });
}
