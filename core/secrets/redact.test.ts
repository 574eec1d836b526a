/** The struck-out spellings of secrets. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { redact } from "./redact.ts";

test("secrets are taken out in every spelling, before anything is cut", () => {
  const secret = "p@ss/word+1";
  const cases: [text: string, secrets: string[], limit: number, clean: string][] = [
    [`a ${secret} b`, [secret], 100, "a [redacted] b"],
    [`a ${encodeURIComponent(secret)} b`, [secret], 100, "a [redacted] b"],
    [`a ${Buffer.from(secret).toString("base64")} b`, [secret], 100, "a [redacted] b"],
    [`a ${Buffer.from(secret).toString("base64url")} b`, [secret], 100, "a [redacted] b"],
    [JSON.stringify({ key: 'quo"ted-secret' }), ['quo"ted-secret'], 100, '{"key":"[redacted]"}'],
    ["long-secret and secret", ["secret", "long-secret"], 100, "[redacted] and [redacted]"],
    ["a yes b", ["yes", ""], 100, "a yes b"],
    [`12345${secret}`, [secret], 8, "12345[re"],
    [`a ${encodeURIComponent(secret).toLowerCase()} b`, [secret], 100, "a [redacted] b"],
    [`a ${Buffer.from(secret).toString("hex")} b`, [secret], 100, "a [redacted] b"],
    [`a ${Buffer.from(secret).toString("hex").toUpperCase()} b`, [secret], 100, "a [redacted] b"],
    [`a ${Buffer.from(`${secret}=`).toString("base64")} b`, [secret], 100, "a [redacted]9 b"],
    [`a ${Buffer.from(`k:${secret}`).toString("base64")} b`, [secret], 100, "a azp[redacted]Q== b"],
    [`a ${Buffer.from(`key ${secret}`).toString("base64")} b`, [secret], 100, "a a2V5IH[redacted] b"],
    ["v=p+w%21rd%C3%A9", ["p w!rdé"], 100, "v=[redacted]"],
    ["jane:p4ssw0rd, only p4ssw0rd", ["jane:p4ssw0rd"], 100, "[redacted], only [redacted]"],
    [`cut off: ${secret.slice(0, 9)}`, [secret], 100, "cut off: [redacted]"],
    [`cut off: ${secret.slice(0, 7)}`, [secret], 100, `cut off: ${secret.slice(0, 7)}`],
    [`${"x".repeat(75)}${secret}`, [secret], 10, "x".repeat(10)],
    [`${secret} `.repeat(100), [secret], 50, "[redacted] ".repeat(5).slice(0, 50)],
  ];
  for (const [text, secrets, limit, clean] of cases) assert.equal(redact(text, secrets, limit), clean);
});
