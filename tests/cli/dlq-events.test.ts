/** `dlq events`: what was set aside before it became a delivery is seen, and sent again when its cause is mended. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { configuration, KEY } from "../harness/configuration.ts";
import { type Receiver, startReceiver } from "../harness/receiver.ts";
import { type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

let work: Awaited<ReturnType<typeof workFolder>>;
let vendor: Receiver;
let server: SignalServer;
let base: string;

before(async () => {
  work = await workFolder();
  vendor = await startReceiver();
  base = configuration([{ name: "orders", url: vendor.url }]);
  server = await startSignal({ folder: work.folder, config: withSchema("number") });
});
after(async () => {
  await server.stop();
  await vendor.close();
  await work.remove();
});

function withSchema(type: "number" | "string"): string {
  return `${base}
data_layer:
  schemas:
    - event: Order Completed
      part: properties
      schema: { type: object, required: [value], properties: { value: { type: ${type} } } }
`;
}

async function track(messageId: string, event = "Order Completed"): Promise<void> {
  const body = { type: "track", event, messageId, anonymousId: "a", timestamp: "2026-11-20T10:00:00.000Z" };
  const response = await fetch(`${server.gateway}/v1/t`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}` },
    body: JSON.stringify({ ...body, properties: { value: "12" } }),
  });
  assert.equal(response.status, 200, await response.text());
}

interface Listed {
  data: {
    position: number;
    messageId: string;
    state: string;
    error: string;
    details: string;
    replayOf: string | null;
  }[];
  nextCursor: string | null;
}

async function listed(...args: string[]): Promise<Listed> {
  const result = await server.cli("dlq", "events", ...args, "--json");
  assert.equal(result.code, 0, result.stderr);
  return JSON.parse(result.stdout) as Listed;
}

test("they are listed newest first, in pages and by filter, and shown whole", async () => {
  for (const id of ["m-1", "m-2", "m-3"]) await track(id);
  await until(20_000, async () => (await listed()).data.length === 3);
  const first = await listed("--limit", "2");
  assert.deepEqual(
    first.data.map((one) => one.messageId),
    ["m-3", "m-2"],
  );
  const second = await listed("--limit", "2", "--cursor", first.nextCursor ?? "");
  assert.deepEqual([second.data.map((one) => one.messageId), second.nextCursor], [["m-1"], null]);
  assert.equal(second.data[0]?.error, "schema_validation_failed");
  assert.match(second.data[0]?.details ?? "", /value/);
  assert.equal((await listed("--pipeline", "shop", "--state", "open", "--event", "Order Completed")).data.length, 3);
  for (const wanted of ["m-1", String(second.data[0]?.position)]) {
    const shown = JSON.parse((await server.cli("dlq", "events", "show", wanted)).stdout);
    assert.deepEqual([shown.messageId, shown.original.properties, shown.pipeline], ["m-1", { value: "12" }, "Shop"]);
  }
  const text = await server.cli("dlq", "events");
  assert.match(
    text.stdout,
    /position .*details\n.*schema_validation_failed .*Order Completed .*Shop .*open .*m-3 .*value/,
  );
  const exported = (await server.cli("dlq", "events", "export")).stdout.trim().split("\n");
  assert.deepEqual(
    exported.map((line) => JSON.parse(line).messageId),
    ["m-1", "m-2", "m-3"],
  );
});

test("what is asked for wrongly is said", async () => {
  const wrong: [args: string[], code: number, words: RegExp][] = [
    [["shwo"], 2, /Did you mean show\?/],
    [["show", "m-9"], 1, /No event m-9 was set aside/],
  ];
  for (const [args, code, words] of wrong) {
    const result = await server.cli("dlq", "events", ...args);
    assert.deepEqual([result.code, result.stdout], [code, ""], args.join(" "));
    assert.match(result.stderr, words);
  }
});

test("status, doctor and send say that and why", async () => {
  const status = JSON.parse((await server.cli("status", "--json")).stdout);
  assert.deepEqual(
    [status.events.unprocessable, status.set_aside.newest.message_id, status.set_aside.newest.event],
    [{ schema_validation_failed: 3 }, "m-3", "Order Completed"],
  );
  assert.match((await server.cli("status")).stdout, /Events set aside: schema_validation_failed 3 \(see dlq events\)/);
  const { findings } = JSON.parse((await server.cli("doctor", "--json")).stdout);
  const finding = findings.find(({ check }: { check: string }) => check === "set aside");
  assert.equal(finding.level, "warning");
  assert.match(finding.message, /schema_validation_failed 3\. The newest, at .*Order Completed of Shop, .*value/);
  assert.match(finding.cure, /dlq events show \d+/);
  const file = join(work.folder, "event.json");
  const event = { type: "track", event: "Order Completed", properties: { value: "x" } };
  await writeFile(file, JSON.stringify(event));
  const sent = await server.cli("send", "orders", "--event", file, "--json");
  const report = JSON.parse(sent.stdout);
  assert.deepEqual([sent.code, report.outcome], [1, "set_aside"], sent.stdout);
  assert.match(report.reason, /^schema_validation_failed: .*value/);
  assert.match(report.cure, /dlq events replay/);
});

test("they are sent again once their schema was mended: once each, with their ids and times", async () => {
  const dry = JSON.parse((await server.cli("dlq", "events", "replay", "--id", "m-1", "--dry-run", "--json")).stdout);
  assert.deepEqual(dry, { replayed: 1, skipped: {}, stopped: null, dry_run: true });
  // The cause is there still: it is set aside again, and points back.
  assert.match((await server.cli("dlq", "events", "replay", "--id", "m-1")).stdout, /^Replayed: 1\n$/);
  const again = await until(20_000, async () => {
    const { data } = await listed("--id", "m-1");
    return data.length === 2 ? data : null;
  });
  assert.deepEqual(
    again.map(({ state }) => state),
    ["open", "replayed"],
  );
  assert.match(again[0]?.replayOf ?? "", /^dl_[0-9a-z]{26}$/);
  assert.equal(vendor.requests.length, 0);

  await writeFile(join(work.folder, "signal.yaml"), withSchema("string"));
  await until(20_000, async () => JSON.parse((await server.cli("status", "--json")).stdout).configuration.snapshot > 1);
  const both = await Promise.all(
    [1, 2].map(() => server.cli("dlq", "events", "replay", "--event", "Order Completed", "--json")),
  );
  const results = both.map(({ stdout }) => JSON.parse(stdout));
  // m-1 (its second entry), m-2, m-3, and the test event of `send`.
  assert.equal(results[0].replayed + results[1].replayed, 4);
  assert.equal(results[0].skipped.already_replayed + results[1].skipped.already_replayed, 6);
  const arrived = await until(20_000, () => (vendor.requests.length >= 3 ? vendor.requests : null));
  const events = arrived.map(({ body }) => JSON.parse(body)).filter(({ messageId }) => messageId.startsWith("m-"));
  assert.deepEqual(events.map(({ messageId }) => messageId).toSorted(), ["m-1", "m-2", "m-3"]);
  assert.equal(events[0].timestamp, "2026-11-20T10:00:00.000Z");
  const status = JSON.parse((await server.cli("status", "--json")).stdout);
  assert.deepEqual(status.set_aside, { replayed: { schema_validation_failed: 5 }, newest: null });
  // What the client itself sends once more is a duplicate as ever.
  await track("m-2");
  await until(20_000, async () => {
    const { integrations } = JSON.parse((await server.cli("status", "--json")).stdout);
    return integrations[0].filtered.duplicate === 1;
  });
});
