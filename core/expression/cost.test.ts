import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type JsonObject, type JsonValue } from "../json.ts";
import { listTransforms } from "../mapping/transforms/table.ts";
import { compileMetered } from "./expression.ts";
import { COST_LIMIT } from "./meter.ts";

/** What an expression asks of an event: the answer, and what it cost. */
function asked(text: string, event: JsonValue) {
  const made = compileMetered(text);
  assert.ok("expression" in made, JSON.stringify(made).slice(0, 300));
  const holds = made.expression.test(event);
  return { holds, spent: COST_LIMIT - made.meter.left };
}

const nested = (depth: number, open: string, inner: string): string => open.repeat(depth) + inner + ")".repeat(depth);

test("ordinary expressions cost next to nothing", () => {
  const event: JsonObject = { properties: { value: 5, currency: "EUR", items: [{ id: "a" }, { id: "b" }] } };
  for (const text of [
    "properties.value >= 50 AND properties.currency IN ('EUR', 'GBP')",
    "NOT lowercase(properties.currency) ends_with 'r'",
    "properties.items[].id contains 'b'",
    "count(filter(properties.items, 'id = \"a\"')) > 0",
  ]) {
    assert.ok(asked(text, event).spent < 100, text);
  }
});

/** Each would run for seconds or fill the memory; all of them are cut off, and are then not true. */
const COSTLY: [string, string, JsonValue][] = [
  [
    "a long text searched again and again",
    Array.from({ length: 150 }, () => "t contains 'nothing'").join(" OR "),
    { t: "x".repeat(1_000_000) },
  ],
  ["a long text searched for a long one", "t contains p", { t: "a".repeat(500_000), p: `b${"a".repeat(250_000)}` }],
  [
    "long lists searched again and again",
    Array.from({ length: 200 }, () => "l contains 'no'").join(" OR "),
    { l: Array.from({ length: 200_000 }, () => "x") },
  ],
  [
    "many large patterns",
    Array.from({ length: 100 }, () => "t matches '[ab]*a[ab]{400}[cd]?$'").join(" OR "),
    { t: `b${"ab".repeat(250)}`.padEnd(1_500, "b") + "x" },
  ],
  ["text that is transformed again and again", `${nested(30, "trim(", "t")} exists`, { t: "x".repeat(1_500_000) }],
  [
    "lists gathered again and again",
    Array.from({ length: 150 }, () => "l[].id = 1").join(" OR "),
    { l: Array.from({ length: 100_000 }, () => ({ id: 1 })) },
  ],
  [
    "a costly expression for each item",
    `exists(filter(l, "${Array.from({ length: 60 }, () => "t contains 'no'").join(" OR ")}"))`,
    { l: Array.from({ length: 300 }, () => ({ t: "x".repeat(10_000) })) },
  ],
];

for (const [name, text, event] of COSTLY) {
  test(`cut off: ${name}`, () => {
    const { holds, spent } = asked(text, event);
    assert.equal(holds, false);
    // What is refused is counted too, so that the count says by how much it would have gone on: at most one step.
    assert.ok(spent > COST_LIMIT, `${name}: ${spent}`);
    assert.equal(asked("a = 1", { a: 1 }).holds, true);
  });
}

test("text that grows by itself ends where no payload could hold it", () => {
  const { holds, spent } = asked(`${nested(30, "json_encode(", "t")} exists`, { t: '"'.repeat(50) });
  assert.equal(holds, false);
  assert.ok(spent < COST_LIMIT);
});

/** Texts and patterns that make the engine look at nearly every instruction for nearly every character. */
const near = (size: number): string =>
  Array.from({ length: size }, (_, at) => ((at * at) % 7 < 3 ? "a" : "b")).join("");
const dearPattern = fc
  .record({
    times: fc.integer({ min: 1, max: 900 }),
    form: fc.constantFrom("[ab]*a[ab]{#}[cd]$", "a[ab]{#}[cd]$", "(?i)[ab]*a(\\w{#})\\B$"),
  })
  .map(({ times, form }) => form.replace("#", String(times)));

test("patterns that nearly fit: what is allowed costs what was counted, and little time", () => {
  let ran = 0;
  let refused = 0;
  fc.assert(
    fc.property(dearPattern, fc.integer({ min: 1, max: 20_000 }), (pattern, size) => {
      const text = Array.from({ length: 20 }, () => `t matches '${pattern.replaceAll("\\", "\\\\")}'`).join(" OR ");
      const started = process.threadCpuUsage().user;
      const { holds, spent } = asked(text, { t: `${near(size)}!` });
      assert.ok(process.threadCpuUsage().user - started < 1_500_000, `${pattern} on ${size}`);
      assert.equal(holds, false);
      assert.ok(spent > 0 && spent <= COST_LIMIT + 2_000_001, `${pattern} on ${size}: ${spent}`);
      if (spent > 20) ran += 1;
      if (spent > COST_LIMIT) refused += 1;
    }),
    { numRuns: 40 },
  );
  assert.ok(ran > 5 && refused > 2, `${ran} ran, ${refused} refused`);
});

test("the next evaluation has a full meter again", () => {
  const made = compileMetered(COSTLY[0]?.[1] ?? "");
  assert.ok("expression" in made);
  assert.equal(made.expression.test({ t: "x".repeat(1_000_000) }), false);
  assert.equal(made.expression.test({ t: "here is nothing" }), true);
  assert.equal(made.expression.value({ t: "x".repeat(1_000_000) }), undefined);
});

/** Words of the grammar: whole expressions by the grammar, deep enough to nest everything in everything. */
const path = fc.constantFrom(
  "a",
  "a.b",
  "l",
  "l[]",
  "l[].t",
  "l[0].t",
  "t",
  "n",
  "o",
  'o."x y"',
  "none",
  "canonical.value",
);
const literal = fc.constantFrom("'x'", "''", "'a?'", "5", "-1.5e3", "true", "null", '"\\"q\\""');
const call = fc.constantFrom(
  ...listTransforms().flatMap(({ name, args, examples }) => {
    const given = examples.find((example) => example.args !== undefined)?.args;
    if (args === null || given === undefined) return [(inner: string) => `${name}(${inner})`];
    if (typeof given === "object") return [];
    const written = typeof given === "string" ? `'${given.replaceAll(/['\\]/g, "\\$&")}'` : String(given);
    return [(inner: string) => `${name}(${inner}, ${written})`];
  }),
);
const grammar = fc.letrec<{ test: string; operand: string }>((tie) => ({
  operand: fc.oneof(
    { depthSize: "small" },
    path,
    literal,
    fc.tuple(call, tie("operand")).map(([make, inner]) => make(inner)),
    fc.tuple(tie("operand"), tie("operand")).map(([one, other]) => `coalesce(${one}, ${other})`),
    tie("test").map((inner) => `(${inner})`),
  ),
  test: fc
    .oneof(
      { depthSize: "small" },
      fc.tuple(
        tie("operand"),
        fc.constantFrom("=", "!=", "<", ">=", "contains", "starts_with", "ends_with"),
        tie("operand"),
      ),
      fc.tuple(tie("operand"), fc.constantFrom("matches '^(a+)+$'", "matches '(x|xy)*z'", "exists", "NOT exists")),
      fc.tuple(tie("operand"), fc.constantFrom("IN", "NOT IN"), fc.constantFrom("('x', 5)", "(t, a.b)", "l", "l[].t")),
      fc
        .tuple(tie("test"), fc.constantFrom("AND", "OR"), tie("test"))
        .map(([one, word, other]) => [`(${one})`, word, `(${other})`]),
      tie("test").map((inner) => ["NOT", `(${inner})`]),
    )
    .map((words) => words.join(" ")),
}));

const event: fc.Arbitrary<JsonObject> = fc
  .record({
    size: fc.constantFrom(0, 1, 20, 3_000, 200_000),
    letter: fc.constantFrom("a", '"', "%", "\\", "é", "1", " "),
    other: fc.jsonValue({ maxDepth: 2 }),
  })
  .map(({ size, letter, other }) => ({
    t: letter.repeat(size),
    n: size,
    a: { b: letter },
    l: Array.from({ length: Math.min(size, 20_000) }, (_, index) =>
      index % 2 === 0 ? letter : { t: letter, x: [index] },
    ),
    o: other as JsonValue,
    properties: { value: letter.repeat(size % 10_000) },
  }));

test("by the grammar: whatever is asked, the cost stays within the limit and one step", () => {
  let dear = 0;
  let compiled = 0;
  fc.assert(
    fc.property(grammar.test, event, (text, one) => {
      if (text.length > 4_000) return;
      const made = compileMetered(text);
      if ("faults" in made) {
        assert.match(made.faults[0]?.message ?? "", /Nested deeper|is not valid|takes|needs/, text);
        return;
      }
      compiled += 1;
      assert.equal(typeof made.expression.test(one), "boolean");
      const spent = COST_LIMIT - made.meter.left;
      assert.ok(Number.isFinite(spent) && spent >= 0);
      if (spent > 1_000) dear += 1;
      if (spent > COST_LIMIT) assert.equal(made.expression.test(one), false);
      made.expression.value(one);
    }),
    { numRuns: 1_000 },
  );
  assert.ok(compiled > 500 && dear > 20, `${compiled} compiled, ${dear} dear`);
});

test("by chance: any text is a fault with a place, or an expression within the limit", () => {
  const noise = fc.oneof(
    fc.string({ unit: "binary", maxLength: 300 }),
    fc
      .array(
        fc.constantFrom(
          "(",
          ")",
          "[",
          "]",
          "NOT ",
          "'",
          '"',
          "\\",
          ".",
          ",",
          "a",
          " = ",
          "IN",
          "filter(l, ",
          "1e9",
          "{{",
          "\u0000",
        ),
        {
          maxLength: 200,
        },
      )
      .map((words) => words.join("")),
  );
  fc.assert(
    fc.property(noise, (text) => {
      const made = compileMetered(text);
      if ("faults" in made) {
        assert.ok(made.faults.length > 0);
        for (const { offset, line, column } of made.faults)
          assert.ok(offset >= 0 && offset <= text.length && line >= 1 && column >= 1);
        return;
      }
      made.expression.test({ a: "x", l: [{ a: 1 }] });
      assert.ok(COST_LIMIT - made.meter.left < COST_LIMIT);
    }),
    { numRuns: 1_500 },
  );
});
