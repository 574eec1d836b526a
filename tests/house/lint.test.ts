import assert from "node:assert/strict";
import { type TestContext, after, before, describe, test } from "node:test";
import { type Diagnostic, type PlantedHouse, buildHouse } from "./planted-house.ts";
import { allowedFiles, plantedFaults } from "./planted-faults.ts";

const list = (found: readonly Diagnostic[]): string =>
  found.map((one) => `${one.filename} ${one.code} ${one.message}`).join("\n");

describe("a clean house", () => {
  test("passes, with everything in it that the rules allow", (context: TestContext) => {
    const house = buildHouse();
    context.after(() => house.remove());
    for (const [file, text] of Object.entries(allowedFiles)) house.plant(file, text);
    const { status, diagnostics } = house.lint();
    assert.equal(list(diagnostics), "");
    assert.equal(status, 0);
  });
});

describe("a house with planted faults", () => {
  let house: PlantedHouse;
  let status: number | null = null;
  let diagnostics: Diagnostic[] = [];

  before(() => {
    house = buildHouse();
    for (const fault of plantedFaults) house.plant(fault.file, fault.text);
    ({ status, diagnostics } = house.lint());
  });
  after(() => house.remove());

  test("fails", () => assert.equal(status, 1));

  for (const { rule, file, says } of plantedFaults) {
    test(`${rule} names ${file}: ${says}`, () => {
      const found = diagnostics.filter((one) => one.filename === file && one.code === rule);
      assert.ok(
        found.some(({ message }) => message.toLowerCase().includes(says.toLowerCase())),
        `found for this file:\n${list(diagnostics.filter((one) => one.filename === file))}`,
      );
    });
  }

  test("no file is accused of a rule that it keeps", () => {
    const planted = new Set(plantedFaults.map(({ rule, file }) => `${rule} ${file}`));
    const house = diagnostics.filter(({ code }) => code.startsWith("house(") || code.includes("restricted"));
    assert.equal(list(house.filter(({ code, filename }) => !planted.has(`${code} ${filename}`))), "");
  });
});

describe("a manifest", () => {
  test("that grants what the house forbids changes nothing: gateway and worker stay strangers", (context: TestContext) => {
    const house = buildHouse();
    context.after(() => house.remove());
    const manifest = {
      name: "@datafly-signal/worker",
      exports: "./worker.ts",
      dependencies: { "@datafly-signal/gateway": "0.1.0" },
    };
    house.plant("pipeline/worker/package.json", JSON.stringify(manifest));
    house.plant("pipeline/worker/stranger.ts", `export { face } from "@datafly-signal/gateway";\n`);
    const { status, diagnostics } = house.lint();
    assert.equal(status, 1);
    assert.match(list(diagnostics), /stranger\.ts house\(imports\) pipeline\/worker must not import pipeline\/gateway/);
  });

  test("that takes a name back bans the import with it", (context: TestContext) => {
    const house = buildHouse();
    context.after(() => house.remove());
    const file = "pipeline/worker/sending.ts";
    house.plant(file, `export { face } from "@datafly-signal/core";\n`);
    assert.equal(house.lint().status, 0);
    house.plant(
      "pipeline/worker/package.json",
      JSON.stringify({ name: "@datafly-signal/worker", exports: "./worker.ts" }),
    );
    assert.match(
      list(house.lint().diagnostics),
      /sending\.ts house\(imports\) pipeline\/worker\/package\.json does not name/,
    );
  });

  test("order decides what is above: core moved to the end may not be imported from below", (context: TestContext) => {
    const house = buildHouse();
    context.after(() => house.remove());
    house.plant("package.json", JSON.stringify({ workspaces: ["ports", "core"] }));
    house.plant("ports/log/words.ts", `export { face } from "@datafly-signal/core";\n`);
    assert.match(list(house.lint().diagnostics), /words\.ts house\(imports\) core is above ports/);
  });
});
