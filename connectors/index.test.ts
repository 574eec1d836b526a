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
});
