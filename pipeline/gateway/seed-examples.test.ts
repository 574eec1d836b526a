import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { KEY, startRig, type Reply, type Rig } from "./gateway-rig.ts";

let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig.close());

const TRACK = `{
"type": "track",
"event": "Product Added",
"properties": {
"product_id": "SKU-1234",
"name": "Wireless Headphones",
"price": 79.99,
"currency": "USD",
"quantity": 1
},
"context": {
"page": {
"url": "https://shop.example.com/products/headphones",
"title": "Wireless Headphones | Shop",
"referrer": "https://shop.example.com/category/audio"
},
"userAgent": "Mozilla/5.0 ...",
"locale": "en-US",
"timezone": "America/New_York"
},
"timestamp": "2026-02-25T14:30:00.000Z",
"messageId": "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
}`;

const PAGE = `{
"type": "page",
"name": "Product Detail",
"properties": {
"url": "https://shop.example.com/products/headphones",
"title": "Wireless Headphones | Shop",
"referrer": "https://shop.example.com/category/audio",
"path": "/products/headphones",
"search": "?color=black"
},
"context": {
"userAgent": "Mozilla/5.0 ...",
"locale": "en-US"
},
"timestamp": "2026-02-25T14:30:00.000Z",
"messageId": "b2c3d4e5-f6a7-8901-bcde-f12345678901"
}`;

const IDENTIFY = `{
"type": "identify",
"userId": "user_98765",
"traits": {
"email": "jane@example.com",
"name": "Jane Smith",
"plan": "premium",
"createdAt": "2025-03-15T10:00:00.000Z"
},
"context": {
"userAgent": "Mozilla/5.0 ...",
"locale": "en-US"
},
"timestamp": "2026-02-25T14:30:00.000Z",
"messageId": "c3d4e5f6-a7b8-9012-cdef-123456789012"
}`;

const GROUP = `{
"type": "group",
"groupId": "org_555",
"traits": {
"name": "Acme Corp",
"industry": "Technology",
"employees": 250,
"plan": "enterprise"
},
"context": {
"userAgent": "Mozilla/5.0 ...",
"locale": "en-US"
},
"timestamp": "2026-02-25T14:30:00.000Z",
"messageId": "d4e5f6a7-b8c9-0123-defa-234567890123"
}`;

const EXAMPLES: [path: string, body: string][] = [
  ["/v1/t", TRACK],
  ["/v1/p", PAGE],
  ["/v1/i", IDENTIFY],
  ["/v1/g", GROUP],
];

function assertDocumentedHeaders({ headers }: Reply, origin: string): void {
  assert.equal(headers["content-type"], "application/json");
  assert.equal(headers["access-control-allow-origin"], origin);
  assert.equal(headers["access-control-allow-methods"], "POST, OPTIONS");
  assert.equal(headers["access-control-allow-headers"], "Content-Type, Authorization");
  assert.equal(headers["access-control-allow-credentials"], "true");
  assert.equal(headers["access-control-expose-headers"], "Retry-After");
  assert.equal(headers["vary"], "Origin");
}

test("the four documented requests are accepted, stored as sent, and answered with the documented headers", async () => {
  for (const [path, body] of EXAMPLES) {
    const headers = { authorization: `Bearer ${KEY}`, "content-type": "application/json" };
    const reply = await rig.send({ path, headers, body });
    assert.equal(reply.status, 200, reply.text);
    assert.deepEqual(reply.json, { success: true });
    assertDocumentedHeaders(reply, "https://shop.example.com");
    const stored = rig.log.events().at(-1);
    const sent = JSON.parse(body) as Record<string, unknown>;
    for (const [field, value] of Object.entries(sent)) assert.deepEqual(stored?.[field], value, `${path} ${field}`);
    assert.equal(stored?.["receivedAt"], "2026-02-25T14:30:05.000Z");
    assert.equal(stored?.["pipelineId"], "pip_shop");
  }
});

test("from an allowed page the origin is echoed, and the preflight is answered for it", async () => {
  for (const [path, body] of EXAMPLES) {
    const origin = "https://shop.example.com";
    const preflight = await rig.send({
      method: "OPTIONS",
      path,
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization" },
    });
    assert.equal(preflight.status, 204);
    assertDocumentedHeaders(preflight, origin);
    const reply = await rig.send({ path, headers: { authorization: `Bearer ${KEY}`, origin }, body });
    assert.equal(reply.status, 200, reply.text);
    assertDocumentedHeaders(reply, origin);
  }
});

test("errors have the documented shape and headers", async () => {
  const reply = await rig.send({ path: "/v1/t", headers: { authorization: "Bearer dk_live_unknown" }, body: TRACK });
  assert.equal(reply.status, 401);
  assert.deepEqual(reply.json, {
    error: "invalid_pipeline_key",
    message: "The supplied pipeline key was not recognised.",
  });
  assert.equal(reply.headers["content-type"], "application/json");
  assert.equal(reply.headers["access-control-allow-methods"], "POST, OPTIONS");
});
