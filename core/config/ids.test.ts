import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { base32, derivedId, madeId, slugOf } from "./ids.ts";

// RFC 4648 §10, in lower case and without padding.
const VECTORS: [string, string][] = [
  ["", ""],
  ["f", "my"],
  ["fo", "mzxq"],
  ["foo", "mzxw6"],
  ["foob", "mzxw6yq"],
  ["fooba", "mzxw6ytb"],
  ["foobar", "mzxw6ytboi"],
];

test("base32 as in RFC 4648", () => {
  for (const [plain, encoded] of VECTORS) assert.equal(base32(Buffer.from(plain)), encoded);
});

test("derived ids are a prefix and 16 characters of the hash over kind and names", () => {
  const digest = createHash("sha256").update("pipeline\0my-site").digest();
  assert.equal(derivedId("pipeline", "my-site"), `pip_${base32(digest).slice(0, 16)}`);
  assert.match(derivedId("template", "Meta CAPI Production"), /^tmpl_[a-z2-7]{16}$/);
  assert.match(derivedId("assignment", "my-site", "Hook"), /^pi_[a-z2-7]{16}$/);
  assert.notEqual(derivedId("assignment", "a", "bc"), derivedId("assignment", "ab", "c"));
  assert.notEqual(derivedId("pipeline", "x").slice(4), derivedId("template", "x").slice(5));
});

test("made ids are UUID v7 in base32hex", () => {
  const random = new Uint8Array(10).fill(0xff);
  const id = madeId("pip_", 1_700_000_000_000, random);
  assert.match(id, /^pip_[0-9a-v]{26}$/);
  const hex = Buffer.from(decode32(id.slice(4))).toString("hex");
  assert.equal(hex, "018bcfe568007fffbfffffffffffffff");
});

test("property: made ids sort by their time, whatever chance adds", () => {
  const time = fc.integer({ min: 0, max: 2 ** 48 - 1 });
  const random = fc.uint8Array({ minLength: 10, maxLength: 10 });
  fc.assert(
    fc.property(time, random, time, random, (early, one, late, other) => {
      if (early === late) return;
      assert.equal(madeId("pip_", early, one) < madeId("pip_", late, other), early < late);
    }),
  );
});

function decode32(text: string): number[] {
  const bits = [...text]
    .map((letter) => "0123456789abcdefghijklmnopqrstuv".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  return Array.from({ length: 16 }, (_, index) => Number.parseInt(bits.slice(index * 8, index * 8 + 8), 2));
}

const slugs: [name: string, slug: string | RegExp][] = [
  ["Marketing Website", "marketing-website"],
  ["  Café — Söhne (UK)! ", "cafe-sohne-uk"],
  ["a".repeat(100), "a".repeat(64)],
  [`${"a".repeat(63)} b`, "a".repeat(63)],
  ["日本", /^pipeline-[a-z2-7]{8}$/],
  ["--", /^pipeline-[a-z2-7]{8}$/],
];
for (const [name, slug] of slugs) {
  test(`slug of ${name.slice(0, 20)}`, () => {
    if (typeof slug === "string") assert.equal(slugOf(name), slug);
    else assert.match(slugOf(name), slug);
    assert.match(slugOf(name), /^[a-z0-9]+(-[a-z0-9]+)*$/);
  });
}
