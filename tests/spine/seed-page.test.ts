/** The endpoints page's examples, sent with curl as printed: each status and header. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { configuration, KEY } from "../harness/configuration.ts";
import { arrivals, type Receiver, startReceiver } from "../harness/receiver.ts";
import { type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

const EXAMPLES: Record<string, object> = {
  t: {
    type: "track",
    event: "Product Added",
    properties: { product_id: "SKU-1234", name: "Wireless Headphones", price: 79.99, currency: "USD", quantity: 1 },
    context: {
      page: {
        url: "https://shop.example.com/products/headphones",
        title: "Wireless Headphones | Shop",
        referrer: "https://shop.example.com/category/audio",
      },
      userAgent: "Mozilla/5.0 ...",
      locale: "en-US",
      timezone: "America/New_York",
    },
    timestamp: "2026-02-25T14:30:00.000Z",
    messageId: "a1b2c3d4-e5f6-7890-abcd-ef1234567890",
  },
  p: {
    type: "page",
    name: "Product Detail",
    properties: {
      url: "https://shop.example.com/products/headphones",
      title: "Wireless Headphones | Shop",
      referrer: "https://shop.example.com/category/audio",
      path: "/products/headphones",
      search: "?color=black",
    },
    context: { userAgent: "Mozilla/5.0 ...", locale: "en-US" },
    timestamp: "2026-02-25T14:30:00.000Z",
    messageId: "b2c3d4e5-f6a7-8901-bcde-f12345678901",
  },
  i: {
    type: "identify",
    userId: "user_98765",
    traits: { email: "jane@example.com", name: "Jane Smith", plan: "premium", createdAt: "2025-03-15T10:00:00.000Z" },
    context: { userAgent: "Mozilla/5.0 ...", locale: "en-US" },
    timestamp: "2026-02-25T14:30:00.000Z",
    messageId: "c3d4e5f6-a7b8-9012-cdef-123456789012",
  },
  g: {
    type: "group",
    groupId: "org_555",
    traits: { name: "Acme Corp", industry: "Technology", employees: 250, plan: "enterprise" },
    context: { userAgent: "Mozilla/5.0 ...", locale: "en-US" },
    timestamp: "2026-02-25T14:30:00.000Z",
    messageId: "d4e5f6a7-b8c9-0123-defa-234567890123",
  },
};

let work: Awaited<ReturnType<typeof workFolder>>;
let receiver: Receiver;
let server: SignalServer;

before(async () => {
  work = await workFolder();
  receiver = await startReceiver();
  server = await startSignal({ folder: work.folder, config: configuration([{ name: "orders", url: receiver.url }]) });
});

after(async () => {
  await server.stop();
  await receiver.close();
  await work.remove();
});

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

function curl(...args: string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    execFile("curl", ["-sS", "-i", "--max-time", "10", ...args], (error, stdout) => {
      if (error !== null) return reject(error);
      const [head = "", body = ""] = stdout.split("\r\n\r\n").slice(-2);
      const [line = "", ...lines] = head.split("\r\n");
      const colon = (one: string): number => one.indexOf(":");
      return resolve({
        status: Number(line.split(" ")[1]),
        headers: Object.fromEntries(
          lines.map((one) => [one.slice(0, colon(one)).toLowerCase(), one.slice(colon(one) + 1).trim()]),
        ),
        body,
      });
    });
  });
}

function send(path: string, body: object | string, ...more: string[]): Promise<Answer> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return curl("-X", "POST", `${server.gateway}${path}`, "-H", "Content-Type: application/json", "-d", text, ...more);
}

const bearer = ["-H", `Authorization: Bearer ${KEY}`];

for (const [path, example] of Object.entries(EXAMPLES)) {
  test(`POST /v1/${path}: the example as printed`, async () => {
    const answer = await send(`/v1/${path}`, example, ...bearer, "-H", "Origin: https://shop.example.com");
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.body), { success: true });
    assert.equal(answer.headers["content-type"], "application/json");
    assert.equal(answer.headers["access-control-allow-origin"], "https://shop.example.com");
    assert.equal(answer.headers["access-control-allow-methods"], "POST, OPTIONS");
    assert.equal(answer.headers["access-control-allow-headers"], "Content-Type, Authorization");
    assert.equal(answer.headers["access-control-allow-credentials"], "true");
    assert.match(answer.headers["set-cookie"] ?? "", /^_dfid=[0-9a-f-]{36}; .*HttpOnly/);
  });
}

test("all four arrive at the receiver with their messageId, as the canonical event", async () => {
  await until(10_000, () => receiver.requests.length >= 4);
  const ids = Object.values(EXAMPLES).map((example) => (example as { messageId: string }).messageId);
  assert.deepEqual([...arrivals(receiver.requests).keys()].toSorted(), ids.toSorted());
  const track = receiver.requests.map((one) => JSON.parse(one.body)).find((event) => event.type === "track");
  assert.equal(track.event, "Product Added");
  assert.deepEqual(track.properties, (EXAMPLES["t"] as { properties: object }).properties);
});

test("the documented refusals", async () => {
  const wrongKey = await send("/v1/t", EXAMPLES["t"] ?? {}, "-H", "Authorization: Bearer dk_live_unknown");
  assert.equal(wrongKey.status, 401);
  assert.deepEqual(JSON.parse(wrongKey.body), {
    error: "invalid_pipeline_key",
    message: "The supplied pipeline key was not recognised.",
  });
  const cases: [string, number, Promise<Answer>][] = [
    ["no key", 401, send("/v1/t", EXAMPLES["t"] ?? {})],
    ["malformed JSON", 400, send("/v1/t", '{"type":', ...bearer)],
    ["missing event", 400, send("/v1/t", { type: "track" }, ...bearer)],
    ["other origin", 403, send("/v1/t", EXAMPLES["t"] ?? {}, ...bearer, "-H", "Origin: https://other.example.com")],
  ];
  for (const [what, status, sent] of cases) {
    const answer = await sent;
    assert.equal(answer.status, status, what);
    assert.deepEqual(Object.keys(JSON.parse(answer.body)), ["error", "message"], what);
  }
});

test("a preflight is answered with the origin and the documented headers", async () => {
  const answer = await curl("-X", "OPTIONS", `${server.gateway}/v1/t`, "-H", "Origin: https://shop.example.com");
  assert.equal(answer.status, 204);
  assert.equal(answer.headers["access-control-allow-origin"], "https://shop.example.com");
  assert.equal(answer.headers["access-control-allow-headers"], "Content-Type, Authorization");
});
