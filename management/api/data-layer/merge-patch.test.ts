import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject, JsonValue } from "@datafly-signal/core";
import Type from "typebox";
import { Value } from "typebox/value";
import { mergePatch, patchSchemaOf } from "./merge-patch.ts";

/** The examples of RFC 7396, appendix A, whose patch is an object. */
const EXAMPLES: [target: JsonValue, patch: JsonObject, result: JsonObject][] = [
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
];

test("patches merge as RFC 7396 says", () => {
  for (const [target, patch, result] of EXAMPLES) {
    const before = structuredClone(target);
    assert.deepEqual(mergePatch(target, patch), result, JSON.stringify(patch));
    assert.deepEqual(target, before, "what is patched stays as it was");
  }
});

test("a name that objects have by birth is a name like any other", () => {
  const patch = JSON.parse('{"__proto__": {"x": 1}, "constructor": null}') as JsonObject;
  const merged = mergePatch({ toString: "t" }, patch);
  assert.deepEqual(Object.keys(merged), ["toString", "__proto__"]);
  assert.equal(({} as Record<string, unknown>)["x"], undefined);
});

test("a patch's schema takes parts and null, and refuses what the whole would", () => {
  const schema = patchSchemaOf(
    Type.Object(
      {
        name: Type.String({ minLength: 2 }),
        inner: Type.Object({ count: Type.Integer(), map: Type.Record(Type.String(), Type.Boolean()) }),
        list: Type.Array(Type.Object({ id: Type.String() })),
      },
      { additionalProperties: false },
    ),
  );
  const fits = [
    {},
    { name: null },
    { inner: null },
    { inner: {} },
    { inner: { count: null, map: { a: true, b: null } } },
    { list: [{ id: "x" }] },
  ];
  for (const value of fits) assert.ok(Value.Check(schema, value), JSON.stringify(value));
  const misfits = [
    null,
    { name: "x" },
    { other: 1 },
    { inner: { count: "1" } },
    { inner: { map: { a: 1 } } },
    { list: [{}] },
    { list: [null] },
  ];
  for (const value of misfits) assert.ok(!Value.Check(schema, value), JSON.stringify(value));
});
