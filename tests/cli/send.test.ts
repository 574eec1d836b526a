/** `send`: a test event that travels as every other does, and what its way is told as. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { openShop, SECRET, type Shop } from "./shop.ts";

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.close());

test("it travels really to the integration that is named alone; the secret is shown nowhere", async () => {
  const sent = await shop.server.cli("send", "orders", "--json");
  assert.equal(sent.code, 0, sent.stdout + sent.stderr);
  const report = JSON.parse(sent.stdout);
  const { ok, outcome, vendor_event_name: name, pipeline } = report;
  assert.deepEqual([ok, outcome, name, pipeline], [true, "delivered", "Purchase", "Shop"]);
  assert.deepEqual([report.payload.name, report.payload.id], ["Purchase", report.message_id]);
  assert.deepEqual([report.attempts.length, report.attempts[0].response.status], [1, 200]);
  assert.equal(sent.stdout.includes(SECRET), false);
  const arrived = shop.vendor.requests.filter(({ body }) => body.includes(report.message_id));
  assert.deepEqual(
    arrived.map(({ path, headers }) => [path, headers.authorization]),
    [["/takes", `Bearer ${SECRET}`]],
  );
  const text = await shop.server.cli("send", "orders");
  assert.match(text.stdout, /Accepted .*Mapped .*Request {3}POST .*Answer {4}200 .*Delivered\.\n$/s);
});

const SENDS: [title: string, args: string[], code: number, expected: Record<string, unknown>][] = [
  ["a refusing vendor", ["refuses"], 1, { outcome: "rejected" }],
  ["a failing vendor", ["fails", "--timeout", "1"], 1, { outcome: "unfinished" }],
  [
    "an event that the mapping drops",
    ["leads", "--event", "purchase"],
    1,
    { outcome: "filtered", reason: "mapping_default_drop" },
  ],
  ["the event that the mapping has a section for", ["leads"], 0, { outcome: "delivered" }],
  ["an integration that asks for consent", ["consent", "--event", "page"], 0, { outcome: "delivered" }],
];
for (const [title, args, code, expected] of SENDS) {
  test(title, async () => {
    const result = await shop.server.cli("send", ...args, "--json");
    const report = JSON.parse(result.stdout);
    assert.equal(result.code, code, result.stdout);
    for (const [name, value] of Object.entries(expected)) assert.equal(report[name], value);
    assert.equal(report.ok, code === 0);
    if (code === 0) assert.equal(report.cure, null);
    else assert.match(report.cure, /\w/);
  });
}

test("an event of a file; what is no event is said with its fault", async () => {
  const file = join(shop.folder, "event.json");
  await writeFile(file, JSON.stringify({ type: "track", event: "Own", messageId: "own", properties: { value: 7 } }));
  const own = JSON.parse((await shop.server.cli("send", "orders", "--event", file, "--json")).stdout);
  assert.deepEqual([own.ok, own.payload.name], [true, "Own"]);
  assert.notEqual(own.message_id, "own", "always a new one, so that it can be sent again");
  await writeFile(file, JSON.stringify({ type: "track" }));
  const nameless = await shop.server.cli("send", "orders", "--event", file);
  assert.deepEqual([nameless.code, nameless.stdout], [2, ""]);
  assert.match(nameless.stderr, /`event` is missing/);
  await writeFile(file, "{");
  assert.match((await shop.server.cli("send", "orders", "--event", file)).stderr, /is not JSON/);
});
