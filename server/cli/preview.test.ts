import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { previewCommand } from "./preview.ts";

const folder = mkdtempSync(join(tmpdir(), "signal-preview-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const MAPPING = file(
  "m.yaml",
  `version: 2
global:
  mappings:
    - { source: receivedAt, target: at }
    - { source: context.ip, target: ip, default_value: none }
    - { value: "{{pipeline_param.region}}", target: region }
events:
  purchase:
    vendor_event_name: Purchase
    filter: properties.value != 0
    mappings:
      - { source: canonical.value, target: value, transform: to_number, required: true }
`,
);
const EVENT = file(
  "e.json",
  JSON.stringify({
    type: "track",
    event: "Order Completed",
    receivedAt: "2026-02-25T14:30:00.000Z",
    properties: { revenue: "5" },
  }),
);

function preview(
  args: readonly string[],
  input = "",
): { code: number | null; out: Record<string, unknown>; err: string } {
  const main = fileURLToPath(new URL("../main.ts", import.meta.url));
  const run = spawnSync(process.execPath, [main, "preview", ...args], { input, encoding: "utf8", cwd: folder });
  return {
    code: run.status,
    out: run.stdout === "" ? {} : (JSON.parse(run.stdout) as Record<string, unknown>),
    err: run.stderr,
  };
}

test("prints payload, vendor event name and steps as JSON, with parameters", () => {
  const { code, out, err } = preview(["--mapping", MAPPING, "--event", EVENT, "--param", "region=eu=1"]);
  assert.equal(code, 0, err);
  assert.deepEqual(out["payload"], { at: "2026-02-25T14:30:00.000Z", ip: "none", region: "eu=1", value: 5 });
  assert.equal(out["vendor_event_name"], "Purchase");
  assert.equal(out["coverage"], null);
  assert.deepEqual((out["steps"] as unknown[]).at(-1), {
    row: "events.purchase.mappings[0]",
    target: "value",
    steps: [
      { step: "source", value: "5" },
      { step: "to_number", value: 5 },
      { step: "target", value: 5 },
    ],
  });
});

test("says why nothing is sent, takes standard input, and samples by their names in the catalogue", () => {
  const zero = JSON.stringify({ type: "track", event: "purchase", properties: { value: 0 } });
  const stopped = preview(["--mapping", MAPPING, "--event", "-", "--json"], zero);
  assert.equal(stopped.code, 0, stopped.err);
  assert.deepEqual(stopped.out["stopped"], { reason: "mapping_filter", by: "events.purchase.filter" });
  const dropped = preview(["--mapping", MAPPING, "--event", "Product Added"]);
  assert.deepEqual(dropped.out["stopped"], { reason: "mapping_default_drop", by: "defaults" });
  const piped = preview(
    ["--mapping", "-", "--event", "Order Completed", "--vendor", "webhook"],
    "version: 2\ndefaults: { action: pass_through }\n",
  );
  assert.equal(piped.code, 0, piped.err);
  assert.equal((piped.out["payload"] as Record<string, unknown>)["event"], "Order Completed");
});

test("a wrong mapping: its faults as JSON and on standard error, exit code 1", () => {
  const wrong = file("wrong.yaml", "version: 2\nevnts: {}\nglobal:\n  mappings:\n    - { source: a, taget: b }\n");
  const { code, out, err } = preview(["--mapping", wrong, "--event", "purchase"]);
  assert.equal(code, 1);
  assert.deepEqual(out["faults"], [
    { path: "evnts", message: "Unknown key evnts. Did you mean events?", line: 2, column: 1 },
    { path: "global.mappings[0]", message: "target is missing.", line: 5, column: 7 },
    { path: "global.mappings[0].taget", message: "Unknown key taget. Did you mean target?", line: 5, column: 20 },
  ]);
  assert.match(err, /wrong\.yaml:2:1 evnts: Unknown key evnts\. Did you mean events\?/);
});

test("wrong usage is said with what to do", async () => {
  const silent = { line() {}, json() {}, fault() {}, raw: async () => Promise.resolve(true) };
  const cases: [string[], RegExp][] = [
    [[], /Name the mapping's file/],
    [["--mapping", "nope.yaml"], /There is no file nope\.yaml/],
    [["--mapping", MAPPING, "--event", "nope.json"], /There is no file nope\.json/],
    [["--mapping", MAPPING, "--param", "region"], /--param takes KEY=value/],
    [["--mapping", MAPPING, "--vendor", "webhok"], /There is no vendor webhok\. Did you mean webhook\?/],
    [["--mapping", "-", "--event", "-"], /Only one of/],
    [["--maping", MAPPING], /Unknown option '--maping'/],
    [["--mapping", MAPPING, "--event", file("bad.json", "{")], /is not JSON/],
    [["--mapping", MAPPING, "--event", file("list.json", "[]")], /must hold one JSON object/],
    [["--mapping", MAPPING, "--event", file("untyped.json", "{}")], /`type` is missing/],
  ];
  for (const [args, message] of cases) await assert.rejects(previewCommand(args, silent), { message });
  const { code, err } = preview(["--mapping", "nope.yaml"]);
  assert.equal(code, 2);
  assert.equal(err, "There is no file nope.yaml.\n", "what the command is given is told without how it is called");
  assert.match(preview([]).err, /Name the mapping's file[^]*Usage:[^]*--mapping/);
});
