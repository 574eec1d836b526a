import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { publishedDeliverySpecSchema } from "./published-schema.ts";

it("docs/delivery-spec.schema.json is what core makes, and a schema that validates", () => {
  const schema = publishedDeliverySpecSchema();
  const file = new URL("../../docs/delivery-spec.schema.json", import.meta.url);
  assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), schema, "run npm run docs:delivery-spec");
  const validate = new Ajv2020({ strict: false }).compile(schema);
  assert.ok(validate({ endpoint: { url: "https://api.example.com" }, body: { encoding: "json" } }));
  assert.ok(
    !validate({ endpoint: { url: "https://api.example.com" }, body: { encoding: "json" }, auth: { kind: "x" } }),
  );
});
