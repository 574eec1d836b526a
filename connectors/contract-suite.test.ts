import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { USER_AGENT } from "@datafly-signal/core";
import { blueprintsSuite } from "./blueprints-suite.ts";
import { casesSuite, plansSuite } from "./cases-suite.ts";
import { catalogueSuite, readmeSuite } from "./catalogue-suite.ts";
import { readSubject } from "./contract-subject-case.ts";
import { loadConnectors } from "./index.ts";
import { settingsSuite } from "./settings-suite.ts";

const here = import.meta.dirname;
/** One vendor alone, while it is being written. */
const { VENDOR } = process.env;

it("names the product's own version to vendors", async () => {
  const { version } = JSON.parse(await readFile(join(here, "package.json"), "utf8")) as { version: string };
  assert.equal(USER_AGENT, `Datafly-Signal/${version}`);
});

for (const connector of (await loadConnectors(here, VENDOR === undefined ? undefined : [VENDOR])).values()) {
  const subject = await readSubject(here, connector);
  catalogueSuite(subject);
  readmeSuite(subject);
  settingsSuite(subject);
  casesSuite(subject);
  plansSuite(subject);
  blueprintsSuite(subject);
}
