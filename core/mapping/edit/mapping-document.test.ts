import assert from "node:assert/strict";
import { test } from "node:test";
import { difference, open, TEXT } from "./document-fixture.ts";
import { openMappingDocument, type Edited } from "./mapping-document.ts";

test("sections and rows have the ids of faults and previews", () => {
  const sections = open(TEXT).sections();
  assert.deepEqual(
    sections.map(({ id, kind, name, options, mappings }) => ({
      id,
      kind,
      name,
      options,
      rows: mappings.map((row) => row.id),
    })),
    [
      {
        id: "global",
        kind: "global",
        name: null,
        options: {},
        rows: ["global.mappings[0]", "global.mappings[1]", "global.mappings[2]"],
      },
      {
        id: 'events["Order Completed"]',
        kind: "event",
        name: "Order Completed",
        options: { vendor_event_name: "Purchase", filter: "properties.value > 0 AND NOT properties.test" },
        rows: ['events["Order Completed"].mappings[0]', 'events["Order Completed"].mappings[1]'],
      },
      { id: "events.page", kind: "event", name: "page", options: { enabled: false }, rows: [] },
      { id: "defaults", kind: "defaults", name: null, options: { action: "drop" }, rows: [] },
    ],
  );
});

test("what is missing is made in its place", () => {
  const document = open("version: 2 # bare\ndefaults:\n  action: drop\n");
  assert.deepEqual(document.addSection("purchase", { mappings: [{ source: "event", target: "e" }] }), { ok: true });
  assert.deepEqual(document.addRow("global", "mappings", { source: "userId", target: "id" }), { ok: true });
  assert.deepEqual(document.addSection("page"), { ok: true });
  assert.deepEqual(document.addRow("events.page", "mappings", { source: "properties.url", target: "u" }), { ok: true });
  assert.equal(
    document.toString(),
    `version: 2 # bare
global:
  mappings:
    - { source: userId, target: id }
events:
  purchase:
    mappings:
      - { source: event, target: e }
  page:
    mappings:
      - { source: properties.url, target: u }
defaults:
  action: drop
`,
  );
  const bare = open("version: 2");
  assert.deepEqual(bare.addRow("defaults", "mappings", { source: "event", target: "e" }), { ok: true });
  assert.equal(
    bare.toString(),
    "version: 2\ndefaults:\n  action: map\n  mappings:\n    - { source: event, target: e }",
  );
});

test("JSON stays JSON", () => {
  const text = `${JSON.stringify(
    {
      version: 2,
      events: {
        purchase: {
          mappings: [
            { source: "a", target: "b" },
            { value: 1, target: "c" },
          ],
        },
      },
      defaults: { action: "drop" },
    },
    null,
    2,
  )}\n`;
  const document = open(text);
  assert.deepEqual(document.setRow("events.purchase", "mappings", 0, { source: "a", target: "x", required: true }), {
    ok: true,
  });
  assert.deepEqual(document.addRow("events.purchase", "mappings", { source: ["d", "e"], target: "d" }), { ok: true });
  assert.deepEqual(document.addRow("events.purchase", "enrichments", { value: "v", target: "w" }), { ok: true });
  assert.deepEqual(document.addRow("global", "mappings", { source: "g", target: "g" }), { ok: true });
  assert.deepEqual(document.moveRow("events.purchase", "mappings", 2, 0), { ok: true });
  assert.deepEqual(document.removeRow("events.purchase", "mappings", 2), { ok: true });
  assert.deepEqual(document.setOption("events.purchase", "filter", 'a = "1"'), { ok: true });
  assert.deepEqual(JSON.parse(document.toString()), {
    version: 2,
    global: { mappings: [{ source: "g", target: "g" }] },
    events: {
      purchase: {
        filter: 'a = "1"',
        mappings: [
          { source: ["d", "e"], target: "d" },
          { source: "a", target: "x", required: true },
        ],
        enrichments: [{ value: "v", target: "w" }],
      },
    },
    defaults: { action: "drop" },
  });
  assert.ok(document.toString().startsWith('{\n  "version": 2,\n') && document.toString().endsWith("}\n"));
  const compact = open('{"version":2,"global":{"mappings":[{"source":"a","target":"b"}]}}');
  assert.deepEqual(compact.addRow("global", "mappings", { source: "c", target: "d" }), { ok: true });
  assert.equal(
    compact.toString(),
    '{"version":2,"global":{"mappings":[{"source":"a","target":"b"},{"source":"c","target":"d"}]}}',
  );
});

test("anchors and aliases are refused with words, and change nothing", () => {
  const text = `version: 2
events:
  purchase:
    mappings: &rows
      - &first { source: a, target: b }
      - { source: c, target: d }
  refund:
    mappings: *rows
  other:
    mappings:
      - *first
      - { source: e, target: f }
`;
  const document = open(text);
  const refusals: [Edited, RegExp][] = [
    [document.setRow("events.refund", "mappings", 0, { source: "x", target: "y" }), /is an alias \(\*rows\)/],
    [document.setRow("events.other", "mappings", 0, { source: "x", target: "y" }), /is an alias \(\*first\)/],
    [document.setRow("events.purchase", "mappings", 1, { source: "x", target: "y" }), /shared by an anchor/],
    [document.removeRow("events.purchase", "mappings", 0), /shared by an anchor/],
    [document.removeSection("events.purchase"), /shared by an anchor/],
  ];
  for (const [result, message] of refusals) {
    assert.ok(!result.ok);
    assert.match(result.message, message);
  }
  assert.equal(document.toString(), text);
  assert.deepEqual(document.setRow("events.other", "mappings", 1, { source: "e", target: "g" }), { ok: true });
  assert.deepEqual(difference(text, document.toString()), [
    "-      - { source: e, target: f }",
    "+      - { source: e, target: g }",
  ]);
});

test("what is not there is said", () => {
  const document = open(TEXT);
  const row = { source: "a", target: "b" };
  for (const result of [
    document.setRow("events.nope", "mappings", 0, row),
    document.setRow("global", "mappings", 3, row),
    document.setRow("global", "mappings", -1, row),
    document.removeRow("global", "enrichments", 0),
    document.moveRow("global", "mappings", 0, 9),
    document.addRow("events.nope", "mappings", row),
    document.removeSection("events.nope"),
    document.renameSection("global", "x"),
    document.renameSection("events.page", "Order Completed"),
    document.addSection("page"),
    document.addSection(" "),
  ]) {
    assert.ok(!result.ok && result.message.length > 10);
  }
  assert.equal(document.toString(), TEXT);
});

test("texts that are no mapping of version 2 are not opened", () => {
  for (const text of [
    "",
    "# nothing",
    "- 1",
    "version: 3",
    "steps: []",
    "version: 2\nevents: [",
    "version: 2\na: 1\na: 2",
    "&a [*a]",
  ]) {
    const made = openMappingDocument(text);
    assert.ok("faults" in made && made.faults.length > 0, text);
    for (const fault of made.faults) assert.ok((fault.line ?? 0) >= 1);
  }
});
