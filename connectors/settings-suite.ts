/** Holds the check of a vendor's settings to the contract. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { JsonObject } from "@datafly-signal/core";
import fastCheck from "fast-check";
import type { Subject } from "./contract-subject-case.ts";

const SECRET = "s3cret-marker:with-colon";

export function settingsSuite({ key, connector }: Subject): void {
  describe(`${key}: settings`, () => {
    it("finds everything wrong at once", () => {
      const fields = connector.config_fields.filter(
        ({ type, required }) => type === "string" || type === "select" || required,
      );
      const parameters: JsonObject = {};
      for (const field of fields) if (field.type !== "secret") parameters[field.key] = ["?"];
      const faults = connector.plan({ parameters, secrets: {}, batch: {}, environment: "production" });
      assert.ok(Array.isArray(faults));
      const named = new Set(faults.map(({ field }) => field));
      for (const field of fields.filter(({ default: usual, type }) => type !== "secret" || usual === undefined))
        assert.ok(named.has(field.key), `no fault names ${field.key}`);
      for (const { message } of faults) assert.match(message, /\.$|\?$/);
    });

    it("asks for what is required and left empty", () => {
      const faults = connector.plan({ parameters: {}, secrets: {}, batch: {}, environment: "production" });
      const named = Array.isArray(faults) ? faults.map(({ field }) => field) : [];
      for (const field of connector.config_fields)
        if (field.required && field.default === undefined) assert.ok(named.includes(field.key), field.key);
    });

    it("never throws and never repeats a secret, whatever it is given", () => {
      const fields = connector.config_fields;
      const value = fastCheck.oneof(
        fastCheck.jsonValue(),
        fastCheck.string(),
        fastCheck.constantFrom("true", "false", "0", "-1", "1e9", ...fields.flatMap(({ options }) => options ?? [])),
      );
      const record = Object.fromEntries(fields.map((field) => [field.key, value]));
      const secrets = Object.fromEntries(
        fields.filter(({ type }) => type === "secret").map((field) => [field.key, SECRET]),
      );
      const settings = fastCheck.record({ parameters: fastCheck.record(record, { requiredKeys: [] }) });
      fastCheck.assert(
        fastCheck.property(settings, ({ parameters }) => {
          const made = connector.plan({
            parameters: parameters as JsonObject,
            secrets,
            batch: {},
            environment: "production",
          });
          if (Array.isArray(made)) {
            assert.ok(made.length > 0);
            assert.ok(!JSON.stringify(made).includes(SECRET));
          }
        }),
        { numRuns: 300 },
      );
    });
  });
}
