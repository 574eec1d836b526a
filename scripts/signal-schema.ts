/** Writes `docs/signal.schema.json` from the schema in core; `--check` only says whether it is up to date. */
import { readFileSync, writeFileSync } from "node:fs";
import { signalSchema } from "@datafly-signal/core";

const file = new URL("../docs/signal.schema.json", import.meta.url);
const text = `${JSON.stringify(signalSchema(), null, 2)}\n`;

if (process.argv.includes("--check")) {
  if (readFileSync(file, "utf8") !== text) {
    console.error("docs/signal.schema.json is not what the schema in core makes. Run: node scripts/signal-schema.ts");
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, text);
}
