import assert from "node:assert/strict";
import { createDecipheriv } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { parseEncryptionKey } from "./encryption-key.ts";
import { createKeyring, KeyringError, SealedSecretError, type SealFailure } from "./sealing.ts";

const key = (letter: string): Uint8Array => new Uint8Array(32).fill(letter.charCodeAt(0));
const nonce = (n: number): Uint8Array => new Uint8Array(12).fill(n);
const address = { organisation: "org_1", object: "tmpl_1", field: "access_token" };

function fails(code: SealFailure, run: () => unknown): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof SealedSecretError);
    assert.equal(error.code, code);
    assert.doesNotMatch(error.message, /planted/);
    return true;
  });
}

test("what is sealed opens at its address, whatever it holds", () => {
  const ring = createKeyring({ current: key("a") });
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.uint8Array({ minLength: 12, maxLength: 12 }), (plain, bytes) => {
      const sealed = ring.seal(plain, address, bytes);
      assert.match(sealed, /^v1\.[\w-]{8}\.[\w-]{16}\.[\w-]+$/);
      assert.equal(ring.open(sealed, address), plain);
    }),
  );
});

test("it is AES-256-GCM under the key itself, with the address as associated data", () => {
  const sealed = createKeyring({ current: key("a") }).seal("planted", address, nonce(7));
  const [, , nonceText = "", text = ""] = sealed.split(".");
  const bytes = Buffer.from(text, "base64url");
  const decipher = createDecipheriv("aes-256-gcm", key("a"), Buffer.from(nonceText, "base64url"));
  decipher.setAAD(Buffer.from('["org_1","tmpl_1","access_token"]'));
  decipher.setAuthTag(bytes.subarray(-16));
  assert.equal(Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString(), "planted");
});

test("another key, another place and any changed byte are told apart", () => {
  const ring = createKeyring({ current: key("a") });
  const sealed = ring.seal("planted", address, nonce(1));
  fails("wrong_key", () => createKeyring({ current: key("b") }).open(sealed, address));
  for (const part of ["organisation", "object", "field"])
    fails("tampered", () => ring.open(sealed, { ...address, [part]: "other" }));
  const [version = "", id = "", nonceText = "", text = ""] = sealed.split(".");
  const bytes = Buffer.from(text, "base64url");
  for (let index = 0; index < bytes.length; index += 1) {
    const changed = Buffer.from(bytes);
    changed[index] = (changed[index] ?? 0) ^ 1;
    fails("tampered", () => ring.open([version, id, nonceText, changed.toString("base64url")].join("."), address));
  }
  for (const bad of [
    "",
    "planted",
    "v2" + sealed.slice(2),
    `${sealed}.x`,
    [version, id, "abcd", text].join("."),
    [version, id, nonceText, "abcd"].join("."),
  ]) {
    fails("malformed", () => ring.open(bad, address));
  }
});

test("a previous key opens and never seals; what it sealed is to be sealed again", () => {
  const old = createKeyring({ current: key("a") });
  const sealed = old.seal("planted", address, nonce(1));
  const ring = createKeyring({ current: key("b"), previous: [key("a")] });
  assert.equal(ring.open(sealed, address), "planted");
  assert.ok(ring.needsResealing(sealed));
  const again = ring.seal("planted", address, nonce(2));
  assert.ok(!ring.needsResealing(again));
  assert.equal(createKeyring({ current: key("b") }).open(again, address), "planted");
  assert.notEqual(old.currentKeyId, ring.currentKeyId);
  assert.deepEqual([old.previousKeyIds, ring.previousKeyIds], [[], [old.currentKeyId]]);
  assert.deepEqual(createKeyring({ current: key("a"), previous: [key("a")] }).previousKeyIds, []);
});

test("fingerprints tell sameness under the key that made them, and only with it", () => {
  const old = createKeyring({ current: key("a") });
  const ring = createKeyring({ current: key("b"), previous: [key("a")] });
  const mark = old.fingerprint("content");
  assert.equal(mark, old.fingerprint("content"));
  assert.notEqual(mark, ring.fingerprint("content"));
  assert.ok(ring.fingerprintMatches(mark, "content"));
  assert.ok(!ring.fingerprintMatches(mark, "other"));
  assert.ok(!createKeyring({ current: key("c") }).fingerprintMatches(mark, "content"));
  for (const bad of ["", "h1", `h1.${old.currentKeyId}.`, `h1.${old.currentKeyId}.é`])
    assert.ok(!old.fingerprintMatches(bad, "content"));
});

test("keys and nonces of another size are mistakes", () => {
  assert.throws(() => createKeyring({ current: new Uint8Array(31) }), KeyringError);
  assert.throws(() => createKeyring({ current: key("a"), previous: [new Uint8Array(0)] }), KeyringError);
  assert.throws(() => createKeyring({ current: key("a") }).seal("x", address, new Uint8Array(16)), KeyringError);
});

const bytes = Uint8Array.from({ length: 32 }, (_, index) => index * 7);
const texts: [text: string, fits: boolean][] = [
  [Buffer.from(bytes).toString("hex"), true],
  [Buffer.from(bytes).toString("hex").toUpperCase(), true],
  [Buffer.from(bytes).toString("base64"), true],
  [Buffer.from(bytes).toString("base64url"), true],
  ["", false],
  ["a".repeat(63), false],
  ["g".repeat(64), false],
  [Buffer.from(bytes.subarray(1)).toString("base64"), false],
  ["a passphrase that somebody thought of", false],
];
for (const [text, fits] of texts) {
  test(`key text of ${text.length} characters, ${fits ? "taken" : "refused"}`, () => {
    const parsed = parseEncryptionKey(text);
    assert.deepEqual(parsed && [...parsed], fits ? [...bytes] : undefined);
  });
}
