import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { API_TOKEN_PREFIX, hashOf, isSecret, newOneTimePassword, newSecret, shownPart } from "./secret-tokens.ts";

test("a token is its prefix, 43 digits and 6 that check them, whatever the random bytes", () => {
  for (const byte of [0, 1, 127, 255]) {
    const token = newSecret(API_TOKEN_PREFIX, (size) => new Uint8Array(size).fill(byte));
    assert.match(token, /^dfs_pat_[0-9A-Za-z]{49}$/);
    assert.ok(isSecret(API_TOKEN_PREFIX, token));
    assert.ok(!isSecret("dfs_rt_", token));
  }
  assert.equal(
    newSecret(API_TOKEN_PREFIX, (size) => new Uint8Array(size)),
    "dfs_pat_00000000000000000000000000000000000000000003C1LkG",
  );
});

test("a slip of one digit is seen without asking", () => {
  const token = newSecret(API_TOKEN_PREFIX, randomBytes);
  for (let at = API_TOKEN_PREFIX.length; at < token.length; at += 1) {
    const wrong = token.slice(0, at) + (token[at] === "x" ? "y" : "x") + token.slice(at + 1);
    assert.equal(isSecret(API_TOKEN_PREFIX, wrong), false, String(at));
  }
  for (const wrong of ["", "dfs_pat_", `${token} `, token.slice(1), token.toUpperCase(), "é".repeat(token.length)]) {
    assert.equal(isSecret(API_TOKEN_PREFIX, wrong), false);
  }
});

test("no two are the same, and what is shown tells nothing of use", () => {
  const tokens = Array.from({ length: 1_000 }, () => newSecret(API_TOKEN_PREFIX, randomBytes));
  assert.equal(new Set(tokens).size, 1_000);
  assert.equal(new Set(tokens.map(hashOf)).size, 1_000);
  assert.equal(shownPart(API_TOKEN_PREFIX, tokens[0] ?? "").length, 12);
});

test("a one-time password is 25 letters that are not mistaken for others", () => {
  const seen = new Set<string>();
  for (let count = 0; count < 200; count += 1) {
    const password = newOneTimePassword(randomBytes);
    assert.match(password, /^[2-9A-HJ-NP-Za-hjkmnp-z]{5}(-[2-9A-HJ-NP-Za-hjkmnp-z]{5}){4}$/);
    seen.add(password);
  }
  assert.equal(seen.size, 200);
});
