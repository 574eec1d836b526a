import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { readGivenFile } from "./config-file.ts";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "signal-given-"));
  mkdirSync(join(folder, "maps"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const ENV = { TOKEN: "t-1", MAP: "maps/orders.yaml", IN_MAP: "m-1", OTHER: "planted", EMPTY: "" };

function read(text: string) {
  const file = join(folder, "signal.yaml");
  writeFileSync(file, text);
  const given = readGivenFile(file, ENV);
  assert.ok("yaml" in given, JSON.stringify(given));
  assert.equal(JSON.stringify(given).includes("planted"), false);
  return given;
}

test("only the variables that the file and its mapping files name are taken along", () => {
  writeFileSync(join(folder, "maps/orders.yaml"), "version: 2 # ${OTHER}\nx: ${IN_MAP}\n");
  const text = [
    "version: 1 # ${OTHER}",
    'pipelines: [{ name: "$${OTHER}" }]',
    "integrations:",
    "  - { name: '${TOKEN}${EMPTY}${UNSET}', mapping_file: '${MAP}' }",
    "  - { name: again, mapping_file: maps/orders.yaml }",
    "  - { name: gone, mapping_file: maps/gone.yaml }",
    "  - { name: above, mapping_file: 7 }",
    "  - word",
  ].join("\n");
  const given = read(text);
  assert.deepEqual(given.variables, { TOKEN: "t-1", MAP: "maps/orders.yaml", IN_MAP: "m-1" });
  assert.deepEqual(Object.keys(given.files), ["maps/orders.yaml"]);
  assert.deepEqual([given.folder, given.yaml], [folder, text]);
});

test("what cannot be read as YAML is left to the server, which says why", () => {
  for (const text of ["a: [", "- 1", "word", "integrations: { a: 1 }", "a: *b", "a: ${TOKEN"]) {
    assert.deepEqual(read(text).files, {});
  }
});

test("no file, a folder and an empty file are said", () => {
  writeFileSync(join(folder, "empty.yaml"), " \n");
  for (const [name, words] of [
    ["nofile.yaml", /no such file/],
    ["maps", /no such file/],
    ["empty.yaml", /is empty/],
  ] as const) {
    const given = readGivenFile(join(folder, name), ENV);
    assert.match("fault" in given ? given.fault : "", words);
  }
});
