import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { loadConnectors } from "@datafly-signal/connectors";
import { readmeOf, withConnector } from "./connectors-doc.ts";

describe("the READMEs of connectors", async () => {
  for (const [key, connector] of await loadConnectors()) {
    it(`${key}: settings and events are up to date`, () => {
      const page = readFileSync(readmeOf(key), "utf8");
      assert.equal(page, withConnector(page, connector), "Run: npm run docs:connectors");
    });
  }
});
