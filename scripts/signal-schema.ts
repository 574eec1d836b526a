/** Writes `docs/signal.schema.json` from the schema in core; `--check` only says whether it is up to date. */
import { readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { signalSchema } from "@datafly-signal/core";

const file = new URL("../docs/signal.schema.json", import.meta.url);
const schema = signalSchema();

if (process.argv.includes("--check")) {
  // By value: the formatter lays the text out its own way.
  if (!isDeepStrictEqual(JSON.parse(readFileSync(file, "utf8")), schema)) {
    console.error("docs/signal.schema.json is not what the schema in core makes. Run: node scripts/signal-schema.ts");
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);
}
