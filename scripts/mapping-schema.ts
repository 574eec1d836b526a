/** Writes `docs/mapping.schema.json` from the schemas in core; `--check` only says whether it is up to date. */
import { readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { publishedMappingSchema } from "@datafly-signal/core";

const file = new URL("../docs/mapping.schema.json", import.meta.url);
const schema = publishedMappingSchema();

if (process.argv.includes("--check")) {
  // By value: the formatter lays the text out its own way.
  if (!isDeepStrictEqual(JSON.parse(readFileSync(file, "utf8")), schema)) {
    console.error("docs/mapping.schema.json is not what the schemas in core make. Run: node scripts/mapping-schema.ts");
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);
}
