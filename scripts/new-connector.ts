/** Makes the folder of a new connector, which passes the whole contract suite as it is: `npm run new-connector <key> [name]`. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { connectorFiles } from "./connector-template.ts";

const root = join(import.meta.dirname, "..");

/** Why there is no such folder to be made; null where there is. */
function refusal(key: string): string | null {
  if (!/^[a-z][a-z0-9_]{1,39}$/.test(key)) return "The key is 2 to 40 characters in snake_case, as in acme_ads.";
  return existsSync(join(root, "connectors", key)) ? `connectors/${key} is there already.` : null;
}

const nameOf = (key: string): string =>
  key
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");

/** In a folder that the shelf passes over, until it is whole: others load the connectors meanwhile. */
function makeFolder(key: string, name: string): string {
  const folder = join(root, "connectors", key);
  const draft = join(root, "connectors", `.new-${key}`);
  rmSync(draft, { recursive: true, force: true });
  const files = connectorFiles(key, { name, today: new Date().toISOString().slice(0, 10) });
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(draft, path)), { recursive: true });
    writeFileSync(join(draft, path), text);
  }
  renameSync(draft, folder);
  return folder;
}

const [key = "", ...words] = process.argv.slice(2);
const refused = refusal(key);
if (refused !== null) {
  console.error(`${refused}\nUsage: npm run new-connector <key> [name]`);
  process.exitCode = 2;
} else {
  const folder = makeFolder(key, words.join(" ") || nameOf(key));
  const run = (script: string): unknown => execFileSync(process.execPath, [join(root, script), key], { cwd: root });
  run("connectors/golden-case.ts");
  run("scripts/connectors-doc.ts");
  execFileSync(join(root, "node_modules/.bin/oxfmt"), [folder], { cwd: root });
  console.log(`connectors/${key} is there. Next: docs/connectors.md, and VENDOR=${key} npm test -- connectors`);
}
