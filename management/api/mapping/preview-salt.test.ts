import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import { openMappingRig } from "./mapping-rig-fixture.ts";

const SALTS = ["a-very-salty-salt", "another-salty-salt"] as const;
const EMAIL = "jane@example.com";
const EVENT = { type: "identify", userId: "u-1", traits: { email: EMAIL, note: `Write to ${EMAIL}` } };

const configured = (salt: string | null): string => `version: 1
pipelines:
  - { id: pip_shop, name: Shop, slug: shop, pipeline_keys: [dk_test_shop_0123456789] }
data_layer:
  pii_rules:
    hash_fields: [traits.email]
    detect: { emails: hash }
${salt === null ? "" : `    salt: ${salt}\n`}`;

test("a preview's hashes are made with another salt than those that are delivered", async (t) => {
  const rig = await openMappingRig();
  t.after(() => rig.close());
  const mapping = "version: 2\ndefaults: { action: pass_through }\n";
  const shown = async (salt: string | null): Promise<{ email: string; note: string }> => {
    await rig.applyFile(configured(salt));
    const body = { mapping, event: EVENT, data_layer: true };
    const answer = await rig.call<{ payload: { traits: { email: string; note: string } } }>(
      "POST",
      "/mapping/preview",
      {
        body,
      },
    );
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    for (const one of SALTS) assert.ok(!JSON.stringify(answer.body).includes(one), "the salt itself");
    return answer.body.payload.traits;
  };
  const plain = createHash("sha256").update(EMAIL).digest("hex");
  const delivered = SALTS.map((salt) => createHmac("sha256", salt).update(EMAIL).digest("hex"));
  const [first, second] = [await shown(SALTS[0]), await shown(SALTS[1])];
  assert.match(first.email, /^[0-9a-f]{64}$/);
  assert.equal(first.note, `Write to ${first.email}`);
  for (const one of [plain, ...delivered]) assert.ok(!JSON.stringify([first, second]).includes(one));
  assert.deepEqual(second, first, "nothing of the real salt is in it");
  assert.equal((await shown(null)).email, plain, "without a salt nothing is secret about it");
});
