/** The data layer of a real server, from signal.yaml to the vendor, over a kill. */
import assert from "node:assert/strict";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { KEY } from "../harness/configuration.ts";
import { type Receiver, startReceiver } from "../harness/receiver.ts";
import { PROJECT, type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

let receiver: Receiver;
let server: SignalServer;
let folder: string;
let remove: () => Promise<void>;

const env = { PII_SALT: "a-salt-of-enough-length" };

function config(url: string): string {
  return `version: 1
pipelines:
  - name: Shop
    pipeline_key: ${KEY}
    rate_limit_rps: 1000000
    integrations: [{ integration: Hook }]
integrations:
  - name: Hook
    vendor: webhook
    config: { url: "${url}" }
data_layer:
  schemas:
    - { event: purchase, part: properties, schema: { type: object, required: [value] } }
  bot_filtering: {}
  pii_rules: { hash_fields: [traits.email], salt: "\${PII_SALT}", detect: { card_numbers: redact } }
  geo: { database: places.mmdb, ip: mask }
  device: {}
  session: { track_session_start: true }
  identity: {}
  custom_js:
    code: |
      if (event.event === "Unwanted") return null;
      event.context.via = "code";
  routing_rules:
    - { condition: "event == 'Internal Test'", action: drop }
organisation:
  consent: { default_policy: { analytics: true } }
`;
}

before(async () => {
  ({ folder, remove } = await workFolder());
  receiver = await startReceiver();
  await copyFile(join(PROJECT, "core/data-layer/geo/test-locations.mmdb"), join(folder, "places.mmdb"));
  server = await startSignal({ folder, config: config(receiver.url), env });
});
after(async () => {
  await server.stop();
  await receiver.close();
  await remove();
});

function events(): Record<string, unknown>[] {
  return receiver.requests.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
}

async function send(batch: object[]): Promise<void> {
  const answer = await fetch(`${server.gateway}/v1/batch`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}` },
    body: JSON.stringify({ batch }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

function track(messageId: string, fields: object = {}): object {
  const context = { ip: "203.0.113.7", userAgent: CHROME };
  return { type: "track", event: "Product Added", messageId, anonymousId: "visitor-1", context, ...fields };
}

test("every step leaves its mark on what arrives, and what is stopped has its reason", async () => {
  const page = { url: "https://shop.example.com/?gclid=G1" };
  await send([
    track("m1", { context: { ip: "203.0.113.7", userAgent: CHROME, page } }),
    {
      type: "identify",
      messageId: "m2",
      anonymousId: "visitor-1",
      userId: "u1",
      traits: { email: "Jane@example.com" },
    },
    track("m3", { properties: { note: "card 4111 1111 1111 1111" } }),
    track("bot", { context: { userAgent: "Googlebot/2.1" } }),
    track("unwanted", { event: "Unwanted" }),
    track("internal", { event: "Internal Test" }),
    track("bad", { event: "purchase", properties: {} }),
  ]);
  await until(20_000, () => receiver.requests.length >= 4);
  const found = new Map(events().map((event) => [String(event["messageId"]), event]));
  const start = events().find((event) => event["event"] === "session_start");
  assert.ok(start !== undefined);
  const context = found.get("m3")?.["context"] as Record<string, Record<string, unknown>>;
  assert.equal(context["location"]?.["city"], "Munich");
  assert.equal(context["ip"], "203.0.113.0");
  assert.equal(context["browser"]?.["name"], "Chrome");
  assert.equal(context["session"]?.["number"], 1);
  assert.equal(context["consent"]?.["analytics"], true);
  assert.equal(context["via"], "code");
  assert.equal(found.get("m3")?.["userId"], "u1");
  assert.deepEqual(found.get("m3")?.["vendor_ids"], { gclid: "G1" });
  assert.ok(!JSON.stringify(found.get("m3")).includes("4111"));
  const traits = found.get("m2")?.["traits"] as Record<string, unknown>;
  assert.match(String(traits["email"]), /^[0-9a-f]{64}$/);

  const { stdout } = await server.cli("status", "--json");
  const status = JSON.parse(stdout) as {
    events: { unprocessable: Record<string, number> };
    integrations: { accepted: number; delivered: number; filtered: Record<string, number>; in_flight: number }[];
  };
  const [hook] = status.integrations;
  assert.deepEqual(hook?.filtered, { bot: 1, custom_js: 1, routing_rule: 1 });
  assert.deepEqual([hook?.accepted, hook?.delivered, hook?.in_flight], [7, 4, 0]);
  assert.deepEqual(status.events.unprocessable, { schema_validation_failed: 1 });
  assert.ok(!server.output().includes(env.PII_SALT));
});

test("a kill keeps sessions, ids and links", async () => {
  await server.kill();
  server = await startSignal({ folder, env });
  receiver.requests.length = 0;
  await send([track("after")]);
  await until(20_000, () => events().some((event) => event["messageId"] === "after"));
  const event = events().find((one) => one["messageId"] === "after");
  assert.ok(event !== undefined);
  const session = (event["context"] as Record<string, Record<string, unknown>>)["session"];
  assert.deepEqual([session?.["number"], session?.["is_new"]], [1, false]);
  assert.deepEqual([event["userId"], event["vendor_ids"]], ["u1", { gclid: "G1" }]);
});

test("a change of the data layer is taken up while the server runs, and a faulty one is refused with its line", async () => {
  const changed = config(receiver.url).replace('context.via = "code"', 'context.via = "new code"');
  await writeFile(join(folder, "signal.yaml"), changed);
  let tries = 0;
  await until(20_000, async () => {
    tries += 1;
    await send([track(`try-${tries}`)]);
    return events().some((event) => (event["context"] as Record<string, unknown>)["via"] === "new code");
  });
  await writeFile(join(folder, "signal.yaml"), changed.replace("return null;", "return null +;"));
  await until(20_000, () => /custom_js\.code: the code cannot be run/.test(server.output()));
  const checked = await server.cli("check", "--json");
  assert.equal(checked.code, 1);
  const { faults } = JSON.parse(checked.stdout) as { faults: { path: string; line: number }[] };
  assert.deepEqual(
    faults.map(({ path }) => path),
    ["data_layer.custom_js.code"],
  );
});
