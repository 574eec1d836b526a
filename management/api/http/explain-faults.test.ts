import assert from "node:assert/strict";
import { test } from "node:test";
import Type, { type TSchema } from "typebox";
import { openSchemaChecks } from "./schema-check.ts";

const closed = { additionalProperties: false };
const compile = openSchemaChecks();
const text = Type.String({ maxLength: 5 });

const shape = Type.Object(
  {
    kind: Type.Literal("get"),
    auth: Type.Union([
      Type.Object({ type: Type.Literal("bearer"), token: text }, closed),
      Type.Object({ type: Type.Literal("basic"), user: text, password: text }, closed),
      Type.Null(),
    ]),
  },
  closed,
);
const item = Type.Union([Type.Integer({ maximum: 9 }), Type.Object({ id: text }, closed)]);

test("a fault is told by its place and by what would be right", () => {
  const table: [TSchema, unknown, Record<string, string>][] = [
    [shape, { kind: "get", auth: null }, {}],
    [shape, { kind: "put", auth: null }, { kind: "must be get" }],
    [shape, { kind: "get", auth: { type: "bearer" } }, { "auth.token": "is required" }],
    [shape, { kind: "get", auth: { type: "bearer", token: 5 } }, { "auth.token": "must be text" }],
    [
      shape,
      { kind: "get", auth: { type: "basic", user: "longer", key: 1 } },
      {
        "auth.password": "is required",
        "auth.key": "is not known here; known are type, user, password",
        "auth.user": "must have at most 5 characters",
      },
    ],
    [shape, { kind: "get", auth: { type: "digest" } }, { auth: "must have bearer or basic as its type" }],
    [shape, { kind: "get", auth: 5 }, { auth: "must be an object or null" }],
    [
      Type.Array(item, { minItems: 1 }),
      Array.from({ length: 12 }, (_, index) => (index === 1 ? 10 : index === 10 ? { id: 1 } : index === 11 ? "x" : 1)),
      { "[1]": "must be at most 9", "[10].id": "must be text", "[11]": "must be a whole number or an object" },
    ],
    [Type.Array(item, { minItems: 1 }), [], { "": "must not be empty" }],
    [Type.Array(text, { minItems: 2, uniqueItems: true }), ["a"], { "": "must have at least 2 items" }],
    [Type.Array(text, { uniqueItems: true }), ["a", "a"], { "": "must not hold the same item twice" }],
    [Type.Array(text, { maxItems: 1 }), ["a", "b"], { "": "must have at most 1 item" }],
    [Type.Enum(["a", 1]), "b", { "": "must be one of a, 1" }],
    [Type.Union([Type.Literal("a"), Type.Literal("b"), Type.Null()]), "c", { "": 'must be "a", "b" or null' }],
    [Type.Tuple([text, Type.Number()]), ["a", "b"], { "[1]": "must be a number" }],
    [
      Type.Record(Type.String({ pattern: "^[a-z]+$" }), text, closed),
      { "a/b~c": "x" },
      { '["a/b~c"]': "is not known here; nothing is taken" },
    ],
    [Type.Record(Type.String(), text), { "a/b~c": 5 }, { '["a/b~c"]': "must be text" }],
    [Type.Object({}, { minProperties: 1 }), {}, { "": "must have at least 1 member" }],
    [Type.Object({}, { maxProperties: 1 }), { a: 1, b: 2 }, { "": "must have at most 1 member" }],
    [
      Type.Object({}, { propertyNames: { maxLength: 2 } }),
      { abc: 1 },
      { "": "must have at most 2 characters", abc: "is a name that is not allowed here" },
    ],
    [
      Type.Number({ exclusiveMinimum: 0, multipleOf: 0.5 }),
      -0.25,
      { "": "must be more than 0; must be a multiple of 0.5" },
    ],
    [Type.Number({ exclusiveMaximum: 1 }), 1, { "": "must be less than 1" }],
    [Type.Number(), Number.POSITIVE_INFINITY, { "": "must be a number" }],
    [Type.String({ pattern: "^a$", minLength: 3 }), "b", { "": "must have at least 3 characters" }],
    [Type.String({ pattern: "^a$" }), "b", { "": "must match ^a$" }],
    [Type.String({ pattern: String.raw`^\S(.*\S)?$` }), " b", { "": "must be one line without space around it" }],
    [Type.String({ format: "email" }), "jane", { "": "must be an e-mail address" }],
  ];
  for (const [schema, value, wanted] of table) {
    const found: Record<string, string> = {};
    for (const { path, message } of compile(schema)(value)) {
      found[path] = [...(found[path] === undefined ? [] : [found[path]]), message].join("; ");
    }
    assert.deepEqual(found, wanted, JSON.stringify(value));
  }
});

test("formats", () => {
  const table: Record<string, { good: string[]; bad: string[] }> = {
    "date-time": {
      good: ["2026-11-21T09:30:00Z", "2024-02-29T23:59:59.123+01:00"],
      bad: [
        "2026-11-21",
        "2026-02-29T00:00:00Z",
        "2026-11-31T00:00:00Z",
        "2026-11-21T24:01:00Z",
        "2026-11-21 09:30:00Z",
        "2026-11-21T09:30:00",
        "now",
        "",
      ],
    },
    date: { good: ["2024-02-29"], bad: ["2026-02-29", "2026-1-1", "2026-11-21T09:30:00Z"] },
    email: {
      good: ["jane@example.com", "jané+x@shop.example.com"],
      bad: ["jane", "@example.com", "jane@", "a b@example.com", "jane@example.com>", "a@b@c"],
    },
    uri: { good: ["https://shop.example.com/a?b#c"], bad: ["shop.example.com", "/a", "https://"] },
    uuid: { good: ["01890A5D-ac96-774b-bcce-b302099a8057"], bad: ["01890a5dac96774bbcceb302099a8057", "x"] },
  };
  for (const [format, { good, bad }] of Object.entries(table)) {
    const check = compile(Type.String({ format }));
    for (const value of good) assert.deepEqual(check(value), [], `${format} ${value}`);
    for (const value of bad) assert.equal(check(value).length, 1, `${format} ${value}`);
  }
});

test("a format or a rule that nobody checks is no schema", () => {
  for (const schema of [Type.String({ format: "e-mail" }), Type.String({ maxLenght: 5 })]) {
    assert.throws(() => compile(schema), /unknown/);
  }
});

test("many faults, and choices among many, are told soon and shortly", () => {
  const values = Array.from({ length: 4_900 }, () => "x");
  const started = performance.now();
  assert.equal(compile(Type.Array(item))(values).length, 100);
  assert.ok(performance.now() - started < 5_000, "in time");
});
