import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type JsonValue } from "../../json.ts";
import { TransformError, type TransformEnvironment } from "./definition.ts";
import { compileTransform, listTransforms } from "./table.ts";

const environment: TransformEnvironment = {
  predicate: () => (item) =>
    typeof item === "object" && item !== null && !Array.isArray(item) && Number(item["price"]) > 10,
};

function compiled(name: string, args: JsonValue | undefined) {
  const made = compileTransform(name, args, environment);
  assert.equal(typeof made, "function", JSON.stringify(made));
  return made as Exclude<typeof made, { fault: string }>;
}

for (const { name, examples, argsRequired, takes, unusable } of listTransforms()) {
  test(`${name}: examples`, () => {
    assert.ok(examples.length > 0);
    for (const { input, args, output } of examples) {
      assert.deepEqual(
        compiled(name, args)(input) ?? undefined,
        output,
        `${name}(${JSON.stringify(input)}, ${JSON.stringify(args)})`,
      );
    }
  });
  const args = examples[0]?.args;
  test(`${name}: missing and wrong types`, () => {
    const run = compiled(name, args);
    if (name !== "default" && name !== "lookup") {
      assert.equal(run(undefined) ?? undefined, undefined);
      assert.equal(run(null) ?? undefined, undefined);
    }
    if (takes !== "text" && takes !== "number") return;
    if (unusable === "missing") assert.equal(run({ a: 1 }), undefined);
    else assert.throws(() => run({ a: 1 }), TransformError);
  });
  test(`${name}: arguments`, () => {
    if (argsRequired) assert.ok("fault" in compileTransform(name, undefined, environment));
    else assert.equal(typeof compileTransform(name, undefined, environment), "function");
    if (name !== "default") assert.ok("fault" in compileTransform(name, [[]], environment));
  });
}

test("no transform throws anything but TransformError, nor changes its input", () => {
  const runs = listTransforms().map(({ name, examples }) => compiled(name, examples[0]?.args));
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      const input = value as JsonValue;
      const before = JSON.stringify(input);
      for (const run of runs) {
        try {
          const output = run(input);
          if (output !== undefined) assert.notEqual(JSON.stringify(output), undefined);
        } catch (error) {
          assert.ok(error instanceof TransformError, String(error));
        }
      }
      assert.equal(JSON.stringify(input), before);
    }),
    { numRuns: 300 },
  );
});

test("hashes and normalisers are idempotent", () => {
  for (const name of [
    "sha256",
    "sha1",
    "md5",
    "normalize_email",
    "normalize_email_google",
    "e164",
    "digits_only",
    "normalize_name",
    "normalize_city",
    "normalize_state",
    "normalize_zip",
    "country_iso2",
    "gender_initial",
  ]) {
    const run = compiled(name, undefined);
    fc.assert(
      fc.property(fc.string(), (text) => {
        const once = run(text);
        assert.deepEqual(run(once), once, name);
      }),
      { numRuns: 100 },
    );
  }
});

const FAULTS: [string, JsonValue | undefined, RegExp][] = [
  ["lowercas", undefined, /No transform lowercas\. Did you mean lowercase\?/],
  ["sha265", undefined, /Did you mean sha256\?/],
  ["date_format", "YYYY-MM-DD", /has no field YYYY\. Use yyyy\./],
  ["date_format", "epoch_second", /no format epoch_second/],
  ["date_format", "yyyy 'open", /not closed/],
  ["e164", "XX", /no country XX/],
  ["e164", "de", /does not have the form/],
  ["truncate", -1, /at least 0/],
  ["truncate", "3", /Must be a whole number, not a string/],
  ["replace", { find: "a" }, /with is missing/],
  ["replace", { find: "a", with: "b", regexp: true }, /Unknown key regexp\. Did you mean regex\?/],
  ["replace", { find: "(", with: "", regex: true }, /the pattern is not valid/],
  ["pluck", "a.__proto__", /__proto__ is not allowed/],
  ["template", "{{name}}", /placeholders start with value/],
  ["trim", true, /takes no argument/],
];

for (const [name, args, message] of FAULTS) {
  test(`fault of ${name} ${JSON.stringify(args)}`, () => {
    const made = compileTransform(name, args, environment);
    assert.ok("fault" in made);
    assert.match(made.fault, message);
  });
}
