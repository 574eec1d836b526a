import assert from "node:assert/strict";
import { test } from "node:test";
import { testOptions } from "../../config/config-fixture.ts";
import { readSignalFile } from "../../config/read-signal-file.ts";
import { compileMapping } from "../compile.ts";

const file = (source: string, target = "client_id") => `version: 1
integrations:
  - name: Hook
    vendor: webhook
    config: { url: "https://hooks.example.com/in" }
    mapping:
      steps:
        - type: map
          mappings:
            events[0].name: "'purchase'"
            ${target}: ${source}
`;

test("signal.yaml takes a mapping in steps", () => {
  const read = readSignalFile(file("event.userId"), testOptions({ compileMapping }));
  assert.ok(read.ok, JSON.stringify(read));
});

test("faults of its steps stand at their lines", () => {
  const read = readSignalFile(file("userId"), testOptions({ compileMapping }));
  assert.ok(!read.ok);
  const [fault, ...others] = read.faults;
  assert.deepEqual(others, []);
  assert.deepEqual([fault?.line, fault?.column], [11, 24]);
  assert.match(fault?.message ?? "", /Did you mean event\.userId\?/);
  const key = readSignalFile(file("event.userId", "events[1000].name"), testOptions({ compileMapping }));
  assert.deepEqual(!key.ok && key.faults.map(({ line, path }) => ({ line, path })), [
    { line: 11, path: 'integrations[0].mapping.steps[0].mappings["events[1000].name"]' },
  ]);
});
