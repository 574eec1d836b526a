import assert from "node:assert/strict";
import type { KeyObject } from "node:crypto";
import { describe, it } from "node:test";
import { Webhook } from "standardwebhooks";
import connector from "./index.ts";
import { signatureHeaders, signatureId, signingKeys } from "./signature.ts";

const SECRET = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const VECTOR = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1614265330, body: '{"test": 2432232314}' };

function keysOf(secret: string): KeyObject[] {
  const keys = signingKeys(secret);
  assert.ok(keys);
  return keys;
}

describe("signatures", () => {
  it("meets the published test vector", () => {
    for (const secret of [SECRET, `whsec_${SECRET}`]) {
      assert.deepEqual(signatureHeaders(keysOf(secret), VECTOR), {
        "webhook-id": VECTOR.id,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
      });
    }
  });

  it("is accepted by the official verifier, in every try, and not once the body has changed", () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    const plan = connector.plan({
      parameters: { url: "https://hooks.example.com/", authentication: "hmac" },
      secrets: { auth_token: secret },
      batch: {},
      environment: "production",
    });
    assert.ok(!Array.isArray(plan));
    const payload = { name: "Zoë ✓ 😀 \ud800", lines: "a\nb" };
    const delivery = { messageId: "a.b.c", deliveryId: "pi_1:a.b.c", payload };
    const ids = [0, 60_000].map((later) => {
      const built = plan.build([delivery as never], { now: Date.now() - later, batchId: "b" });
      const { headers = {}, body } = built.requests[0] ?? {};
      assert.deepEqual(new Webhook(secret).verify(String(body), headers), JSON.parse(JSON.stringify(payload)));
      assert.throws(() => new Webhook(secret).verify(`${String(body)} `, headers));
      return headers["webhook-id"];
    });
    assert.equal(ids[0], ids[1]);
    assert.doesNotMatch(String(ids[0]), /\./);
  });

  it("carries a signature of each secret while one is replaced", () => {
    const old = `whsec_${Buffer.alloc(24, 1).toString("base64")}`;
    const fresh = `whsec_${Buffer.alloc(64, 2).toString("base64")}`;
    const timestamp = Math.floor(Date.now() / 1000);
    const headers = signatureHeaders(keysOf(`${fresh} ${old}`), { ...VECTOR, timestamp });
    assert.equal(headers["webhook-signature"]?.split(" ").length, 2);
    for (const secret of [old, fresh]) new Webhook(secret).verify(VECTOR.body, headers);
  });

  const secrets: readonly (readonly [name: string, secret: string, expected: number | null])[] = [
    ["base64 of 24 bytes", Buffer.alloc(24, 9).toString("base64"), 24],
    ["base64 of 64 bytes with prefix", `whsec_${Buffer.alloc(64, 9).toString("base64")}`, 64],
    ["base64 without padding", Buffer.alloc(32, 9).toString("base64").replace("=", ""), 32],
    ["base64 of too few bytes, as text", Buffer.alloc(23, 9).toString("base64"), 32],
    ["a plain text", "correct horse battery staple", 28],
    ["a prefix and too few bytes", `whsec_${Buffer.alloc(23, 9).toString("base64")}`, null],
    ["a prefix and too many bytes", `whsec_${Buffer.alloc(65, 9).toString("base64")}`, null],
    ["a prefix and no base64", "whsec_correct-horse-battery-staple!", null],
    ["a prefix alone", "whsec_", null],
  ];
  for (const [name, secret, expected] of secrets) {
    it(`takes ${name}`, () => assert.equal(signingKeys(secret)?.[0]?.symmetricKeySize ?? null, expected));
  }

  it("keeps ids that may stand in the header and digests the others, always alike", () => {
    assert.equal(signatureId("a1b2c3d4-e5f6"), "a1b2c3d4-e5f6");
    for (const id of ["a.b", "a b", "ü", "a\r\nX: y", "", "x".repeat(256)]) {
      assert.match(signatureId(id), /^msg_[\w-]{32}$/);
      assert.equal(signatureId(id), signatureId(id));
    }
    assert.notEqual(signatureId("a.b"), signatureId("a.c"));
  });
});
