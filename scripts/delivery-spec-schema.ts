/** Writes `docs/delivery-spec.schema.json` from the schema in core; `--check` only says whether it is up to date. */
import { readFileSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { publishedDeliverySpecSchema } from "@datafly-signal/core";

const file = new URL("../docs/delivery-spec.schema.json", import.meta.url);
const schema = publishedDeliverySpecSchema();

if (process.argv.includes("--check")) {
  // By value: the formatter lays the text out its own way.
  if (!isDeepStrictEqual(JSON.parse(readFileSync(file, "utf8")), schema)) {
    console.error("docs/delivery-spec.schema.json is not what core makes. Run: npm run docs:delivery-spec");
    process.exitCode = 1;
  }
} else {
  writeFileSync(file, `${JSON.stringify(schema, null, 2)}\n`);
}
