import assert from "node:assert/strict";
import { test } from "node:test";
import Type, { type Static } from "typebox";
import { limitOf, mapPage, type Page, page, pageOf, readCursor } from "./paging.ts";
import { type Fault, isFault } from "./route.ts";
import { openSchemaChecks } from "./schema-check.ts";

const shape = Type.Object({ name: Type.String(), at: Type.Integer() }, { additionalProperties: false });
type Key = Static<typeof shape>;
const rows: Key[] = ["a", "b", "c", "d", "é\u2028"].map((name, at) => ({ name, at }));
const encoded = (content: unknown): string => Buffer.from(JSON.stringify(content)).toString("base64url");

test("a list is walked in pages, without a gap and without a repetition", () => {
  for (const limit of [1, 2, 3, 5, 6]) {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const key: Key | null | Fault = readCursor(cursor === null ? {} : { cursor }, shape);
      assert.ok(!isFault(key));
      const rest = rows.filter(({ at }) => key === null || at > key.at);
      const one: Page<Key> = page(rest.slice(0, limit + 1), limit, ({ name, at }) => ({ name, at }));
      assert.ok(one.data.length <= limit);
      assert.equal(one.has_more, one.next_cursor !== null);
      seen.push(...mapPage(one, ({ name }) => name).data);
      cursor = one.next_cursor;
    } while (cursor !== null);
    assert.deepEqual(seen, ["a", "b", "c", "d", "é\u2028"], `limit ${limit}`);
  }
  assert.deepEqual(
    page([], 50, () => null),
    { data: [], next_cursor: null, has_more: false },
  );
  assert.equal(limitOf({}), 50);
});

test("a cursor that was not made here is a fault", () => {
  const good = page(rows, 2, ({ name, at }) => ({ name, at })).next_cursor ?? "";
  assert.deepEqual(readCursor({ cursor: good }, shape), { name: "b", at: 1 });
  const bad = {
    "not base64url": "%%%",
    "standard base64": `${good}==`,
    "with a tail": `${good}!`,
    "not JSON": Buffer.from("{").toString("base64url"),
    "another version": encoded([2, { name: "b", at: 1 }]),
    "no version": encoded({ name: "b", at: 1 }),
    "another list's": encoded([1, { id: "b" }]),
    "with more": encoded([1, { name: "b", at: 1, role: "org_admin" }]),
    "text for a number": encoded([1, { name: "b", at: "1" }]),
    "a number no database holds": encoded([1, { name: "b", at: 1e300 }]),
    NUL: encoded([1, { name: "b\0", at: 1 }]),
    "half a surrogate pair": encoded([1, { name: "\ud800", at: 1 }]),
    "cut off": good.slice(0, -3),
  };
  for (const [what, cursor] of Object.entries(bad)) {
    const result = readCursor({ cursor }, shape);
    assert.ok(isFault(result), what);
    assert.equal(result.fault, "VALIDATION_FAILED", what);
    assert.equal(result.details?.[0]?.path, "query.cursor", what);
  }
});

test("the schema of a page takes what page() makes, and nothing else", () => {
  const check = openSchemaChecks()(pageOf(shape));
  assert.deepEqual(check(page(rows, 2, (row) => row)), []);
  assert.notDeepEqual(check({ ...page(rows, 2, (row) => row), total: 5 }), []);
});
