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

for (const {
  name,
  summary,
  behaviour,
  examples,
  args: schema,
  argsRequired,
  takes,
  takesMissing,
  unusable,
} of listTransforms()) {
  test(`${name}: one line of documentation, a schema of its arguments, examples that hold`, () => {
    assert.match(summary, /^[^\n]{8,220}\.$/);
    assert.equal(
      examples.some(({ args }) => args !== undefined),
      schema !== null,
      "arguments are shown by an example",
    );
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
  test(`${name}: null, wrong types and lists are as its description says`, () => {
    const run = compiled(name, args);
    const outcome = (input: JsonValue | undefined): JsonValue | "error" | undefined => {
      try {
        return run(input) ?? undefined;
      } catch (error) {
        assert.ok(error instanceof TransformError, String(error));
        return "error";
      }
    };
    if (takesMissing) {
      assert.deepEqual(outcome(undefined), outcome(null));
      assert.match(behaviour, /null and missing too/);
      return;
    }
    assert.match(behaviour, /^Null and missing stay missing\./);
    assert.equal(outcome(undefined), undefined);
    assert.equal(outcome(null), undefined);
    if (takes === "value") assert.notEqual(outcome([1, { a: "x" }]), undefined);
    if (takes === "list") {
      const single = examples.find(({ input }) => input !== undefined && input !== null)?.input;
      if (single !== undefined && !Array.isArray(single))
        assert.deepEqual(compiled(name, args)([single]), compiled(name, args)(single));
    }
    if (takes !== "text" && takes !== "number") return;
    const wrong = unusable === "missing" ? undefined : "error";
    assert.equal(outcome({ a: 1 }), wrong);
    assert.deepEqual(outcome([null]), []);
    assert.deepEqual(outcome([{ a: 1 }]), unusable === "missing" ? [] : "error");
    assert.deepEqual(outcome([["x"]]), unusable === "missing" ? [] : "error", "lists in a list are no items");
    if (takes === "number") for (const input of ["x", "", true]) assert.equal(outcome(input), "error", String(input));
    for (const { input, args: given, output } of examples) {
      if (input === undefined || input === null || Array.isArray(input) || Array.isArray(output)) continue;
      assert.deepEqual(compiled(name, given)([input]), output === undefined ? [] : [output]);
    }
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
    "normalize_name_google",
    "normalize_city_google",
    "normalize_zip_google",
    "normalize_street",
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

test("all transforms that the product names are there", () => {
  const names = new Set(listTransforms().map(({ name }) => name));
  const named =
    "trim lowercase uppercase capitalize collapse_whitespace sha256 sha1 md5 normalize_email normalize_email_google e164 digits_only " +
    "normalize_name normalize_city normalize_state normalize_zip country_iso2 gender_initial to_string to_number to_integer " +
    "to_boolean round multiply to_cents from_cents to_unix_seconds to_unix_millis to_unix_micros to_iso8601 date_format split join " +
    "first last nth unique compact count sum min max pluck filter flatten wrap_array replace substring truncate prefix suffix " +
    "snake_case template json_encode json_decode base64_encode base64_decode url_encode url_host url_path query_param default " +
    "coalesce lookup";
  assert.deepEqual(
    named.split(" ").filter((name) => !names.has(name)),
    [],
  );
});

test("the short ways to hosts and times find what the long ways find", () => {
  const host = compiled("url_host", undefined);
  const piece = fc.constantFrom(
    "https://",
    "http://",
    "shop",
    "example",
    ".",
    "-",
    "com",
    "a",
    "1",
    "xn--",
    "A",
    ":80",
    "/",
    "?",
    "#",
    "@",
    "é",
    " ",
    "..",
    "0x7f",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.boolean(), (parts, secure) => {
      const text = (secure ? "https://" : "") + parts.join("");
      assert.equal(host(text) ?? undefined, URL.parse(text)?.hostname || undefined, text);
    }),
    { numRuns: 2_000 },
  );
  const micros = compiled("to_unix_micros", undefined);
  fc.assert(
    fc.property(fc.date({ min: new Date("0100-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }), (date) => {
      const text = date.toISOString();
      assert.equal(micros(text), date.getTime() * 1000);
      assert.equal(micros(text.replace("Z", "+00:00")), date.getTime() * 1000);
    }),
  );
  for (const text of [
    "2026-02-30T00:00:00.000Z",
    "2026-13-01T00:00:00.000Z",
    "2026-02-25T24:00:00.000Z",
    "2026-02-2xT00:00:00.000Z",
  ])
    assert.throws(() => micros(text), TransformError, text);
});

test("texts are bounded before they fill the memory", () => {
  const long = "a".repeat(1_000_000);
  const cases: [string, JsonValue, JsonValue][] = [
    ["replace", { find: "a", with: "b".repeat(1000) }, long],
    ["template", "{{value}}".repeat(400), long],
    ["url_encode", "", "é".repeat(500_000)],
    ["join", "-".repeat(100), Array.from({ length: 50_000 }, () => "a")],
    ["prefix", "b".repeat(1000), Array.from({ length: 10_000 }, () => "a")],
    ["json_encode", "", "\u0001".repeat(500_000)],
  ];
  for (const [name, args, input] of cases)
    assert.throws(
      () => compiled(name, args === "" ? undefined : args)(input),
      /makes more than 2000000 characters/,
      name,
    );
  assert.equal(compiled("replace", { find: "a", with: "bb" })("x".repeat(1_000_000)), "x".repeat(1_000_000));
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
