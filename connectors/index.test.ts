import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { ConnectorFolderError, loadConnectors } from "./index.ts";

function shelf(context: TestContext, folders: Record<string, string | null>): string {
  const directory = mkdtempSync(join(tmpdir(), "signal-shelf-"));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  writeFileSync(join(directory, "package.json"), '{"type": "module"}');
  for (const [folder, code] of Object.entries(folders)) {
    mkdirSync(join(directory, folder));
    if (code !== null) writeFileSync(join(directory, folder, "index.ts"), code);
  }
  return directory;
}

const connector = (key: string): string => `export default { key: "${key}", plan: () => [] };`;

describe("loadConnectors", () => {
  it("finds the folders beside it by their keys", async () => {
    const connectors = await loadConnectors();
    assert.ok(connectors.has("webhook"));
    for (const [key, { key: own }] of connectors) assert.equal(key, own);
  });

  it("takes a new folder without being told, in order, and passes over what is no vendor", async (context) => {
    const folders = { zeta: connector("zeta"), alpha: connector("alpha"), node_modules: null, ".cache": null };
    assert.deepEqual([...(await loadConnectors(shelf(context, folders))).keys()], ["alpha", "zeta"]);
  });

  const broken: readonly (readonly [string, string | null, RegExp])[] = [
    ["has no index.ts", null, /connectors\/acme: index.ts could not be loaded/],
    ["has code that does not load", "export default {", /could not be loaded/],
    ["exports nothing", "export const a = 1;", /is no connector/],
    ["exports something else", "export default 'acme';", /is no connector/],
    ["exports another key", connector("other"), /key is "other"; it must be the folder's name/],
  ];
  for (const [name, code, message] of broken) {
    it(`names a folder that ${name}`, async (context) => {
      await assert.rejects(loadConnectors(shelf(context, { acme: code })), (error) => {
        assert.ok(error instanceof ConnectorFolderError);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it("loads only the folders that are asked for", async (context) => {
    const directory = shelf(context, { alpha: connector("alpha"), beta: "broken {" });
    assert.deepEqual([...(await loadConnectors(directory, ["alpha"])).keys()], ["alpha"]);
  });
});

const HEAD = "# name: Retail\n# description: For shops.\n# vertical: retail\n";

describe("blueprints", () => {
  const withBlueprints = (context: TestContext, files: Record<string, string>, code = connector("acme")): string => {
    const directory = shelf(context, { acme: code });
    mkdirSync(join(directory, "acme", "blueprints"));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, "acme", "blueprints", file), text);
    return directory;
  };

  it("are the files of the folder, the default one first, each with what its head says", async (context) => {
    const files = {
      "travel.yaml": "# vertical: travel\n# name: Travel\n# description: For trips.\n\nversion: 2\n",
      "retail.yaml": `${HEAD}# A comment that stays.\nversion: 2\n`,
      "default.yaml": "# name: Default\n# description: For all.\n# vertical: default\nversion: 2\n",
    };
    const acme = (await loadConnectors(withBlueprints(context, files))).get("acme");
    assert.deepEqual(acme?.blueprints, [
      { key: "default", name: "Default", description: "For all.", vertical: "default", mapping: "version: 2\n" },
      {
        key: "retail",
        name: "Retail",
        description: "For shops.",
        vertical: "retail",
        mapping: "# A comment that stays.\nversion: 2\n",
      },
      { key: "travel", name: "Travel", description: "For trips.", vertical: "travel", mapping: "version: 2\n" },
    ]);
  });

  const twice = 'export default { key: "acme", plan: () => [], blueprints: [] };';
  const wrong: readonly (readonly [string, Record<string, string>, RegExp, string?])[] = [
    ["no head", { "retail.yaml": "version: 2\n" }, /blueprints\/retail\.yaml: its first lines must be # name/],
    ["no vertical", { "retail.yaml": "# name: A\n# description: B.\nversion: 2\n" }, /first lines/],
    ["a vertical of words", { "retail.yaml": HEAD.replace("retail\n", "Big Shops\n") }, /must be a word in snake_case/],
    ["another name", { "Retail Shop.yml": HEAD }, /a blueprint is a file <key>\.yaml/],
    ["two homes", { "retail.yaml": HEAD }, /stand in index\.ts and in blueprints/, twice],
  ];
  for (const [name, files, message, code] of wrong) {
    it(`are refused with ${name}`, async (context) => {
      await assert.rejects(loadConnectors(withBlueprints(context, files, code)), message);
    });
  }
});
