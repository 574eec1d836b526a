import assert from "node:assert/strict";
import { test } from "node:test";
import { emailFault, normalEmail } from "./email-address.ts";
import { passwordFault } from "./password-rules.ts";

const EMAIL = "jane.smith@example.com";

const REFUSED = [
  "",
  "elevenchars",
  "x".repeat(257),
  "nul\0nul nul nul",
  "aaaaaaaaaaaa",
  "abcabcabcabc",
  "123456789012",
  "098765432109",
  "abcdefghijklm",
  "qwertyuiopas",
  "password1234",
  "Password2026!",
  "P@ssw0rd1234",
  "passwordpassword",
  "1234password1234",
  "administrator",
  "Administrator1!",
  "CorrectHorseBatteryStaple",
  "letmein-letmein-",
  "welcome123456",
  "dataflysignal1",
  EMAIL,
  "Jane.Smith@EXAMPLE.com",
  "jane.smith2026",
];

const TAKEN = [
  "four quiet lamps by a river",
  "k7TQm-x3bHd-9wPqR-t5VnC",
  "twelve chars",
  "пароль из четырёх слов",
  "四つの静かなランプが川辺にある",
  "x".repeat(200) + "y".repeat(56),
  "my password is long enough",
  "🐘🦒🐘🐢🐇🦊🐙🦉🐝🦀🐬🦋",
];

for (const password of REFUSED) {
  test(`refused: ${JSON.stringify(password.slice(0, 30))}`, () => {
    assert.notEqual(passwordFault(password, EMAIL), null);
  });
}

for (const password of TAKEN) {
  test(`taken: ${JSON.stringify(password.slice(0, 30))}`, () => assert.equal(passwordFault(password, EMAIL), null));
}

test("long passwords are looked at in no time", () => {
  const started = performance.now();
  for (let count = 0; count < 100; count += 1) passwordFault(`${"ab".repeat(127)}c`, EMAIL);
  assert.ok(performance.now() - started < 2_000);
});

test("addresses", () => {
  for (const good of ["jane@example.com", "admin@localhost", "o'neil+tag@shop.example.com", "ä@example.com"]) {
    assert.equal(emailFault(good), null, good);
  }
  for (const bad of [
    "",
    "jane",
    "@example.com",
    "jane@",
    "a b@example.com",
    "a@b@c",
    "a\n@example.com",
    "a\0@b",
    `${"a".repeat(65)}@b`,
    `a@${"b".repeat(191)}`,
  ]) {
    assert.notEqual(emailFault(bad), null, bad);
  }
  assert.equal(normalEmail("JANE@Example.COM"), "jane@example.com");
  assert.equal(normalEmail("A\u0308@example.com"), normalEmail("\u00c4@example.com"));
});
