import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { blockCount, blockTimestamp, cutBlocks, decodeBlock, decodeRecord, encodeBlock } from "./block-format.ts";

const text = fc.string({ unit: "binary", maxLength: 40 });
const record = fc.record({
  key: text,
  value: fc.uint8Array({ maxLength: 3000 }),
  headers: fc.option(fc.dictionary(text, text, { maxKeys: 4 }), { nil: undefined }),
});

test("blocks give back what was put in, as a whole and record by record", () => {
  const property = fc.property(fc.array(record, { minLength: 1, maxLength: 30 }), fc.nat(), (records, timestamp) => {
    const place = { topic: "t", partition: 3, offset: 1000 };
    const block = encodeBlock(
      records.map(({ headers, ...rest }) => (headers === undefined ? rest : { ...rest, headers })),
      timestamp,
    );
    const decoded = decodeBlock(block, place);
    assert.equal(blockCount(block), records.length);
    assert.equal(blockTimestamp(block), timestamp);
    records.forEach(({ key, value, headers }, index) => {
      const found = decoded[index];
      assert.deepEqual([found?.key, found?.offset, found?.timestamp], [key, 1000 + index, timestamp]);
      assert.deepEqual([...(found?.value ?? [])], [...value]);
      assert.deepEqual(Object.entries(found?.headers ?? {}).toSorted(), Object.entries(headers ?? {}).toSorted());
      assert.deepEqual(decodeRecord(block, place, index), found);
    });
    assert.equal(decodeRecord(block, place, records.length), undefined);
    assert.equal(decodeRecord(block, place, -1), undefined);
  });
  fc.assert(property, { numRuns: 100 });
});

test("records are cut into blocks in their order, a large one alone", () => {
  const sizes = [10_000, 6000, 1, 100_000, 5, 16_384, 1];
  const blocks = cutBlocks(sizes.map((size) => ({ key: "", value: new Uint8Array(size) })));
  const cut = blocks.map((block) => block.map(({ value }) => value?.byteLength));
  assert.deepEqual(cut, [[10_000, 6000, 1], [100_000], [5], [16_384], [1]]);
});
