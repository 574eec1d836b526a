/** A backup taken under load, restored elsewhere: nothing that was accepted before it began is missing. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { configuration, KEY, SIMPLE_MAPPING } from "../harness/configuration.ts";
import { arrivals, startReceiver } from "../harness/receiver.ts";
import { environmentOf, runCli, type SignalServer, startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

/** Sends batches until it is stopped; `accepted` are the ids that were answered 200. */
function startSending(gateway: string): { accepted: Set<string>; stop(): Promise<void> } {
  const accepted = new Set<string>();
  let next = 0;
  let running = true;
  const one = async (): Promise<void> => {
    while (running) {
      const ids = Array.from({ length: 10 }, () => `backup-${next++}`);
      const batch = ids.map((id) => ({ type: "track", event: "Order Completed", messageId: id, userId: `u-${id}` }));
      const headers = { authorization: `Bearer ${KEY}` };
      const body = JSON.stringify({ batch });
      const status = await fetch(`${gateway}/v1/batch`, { method: "POST", headers, body })
        .then(async (response) => (await response.text(), response.status))
        .catch(() => null);
      // The server was killed.
      if (status === null) return;
      assert.equal(status, 200);
      for (const id of ids) accepted.add(id);
    }
  };
  const senders = Array.from({ length: 3 }, one);
  return {
    accepted,
    async stop() {
      running = false;
      await Promise.all(senders);
    },
  };
}

/** The same messageIds for both: the second vendor refuses those that end in 7, for good. */
async function startVendors() {
  const orders = await startReceiver();
  const picky = await startReceiver((request, response) => {
    response.statusCode = /"id":"backup-\d*7"/.test(request.body) ? 400 : 200;
    response.end();
  });
  return { orders, picky, close: () => Promise.all([orders.close(), picky.close()]) };
}

async function settled(server: SignalServer): Promise<{ name: string; dead_lettered: Record<string, number> }[]> {
  return until(120_000, async () => {
    const { events, integrations } = JSON.parse((await server.cli("status", "--json")).stdout);
    return events.unprocessed === 0 && integrations.every((one: { in_flight: number }) => one.in_flight === 0)
      ? integrations
      : null;
  });
}

test("a backup under load, restored into another folder, delivers everything accepted before it began", async (context) => {
  const work = await workFolder();
  context.after(() => work.remove());
  const vendors = await startVendors();
  context.after(() => vendors.close());
  const config = configuration([
    { name: "orders", url: vendors.orders.url, more: SIMPLE_MAPPING },
    { name: "picky", url: vendors.picky.url, more: SIMPLE_MAPPING },
  ]);
  const first = await startSignal({ folder: work.folder, config });
  const sending = startSending(first.gateway);
  const copies = join(work.folder, "copies");
  await mkdir(copies);
  try {
    await until(120_000, () => vendors.orders.requests.length > 100 && vendors.picky.requests.length > 100);
    const before = new Set(sending.accepted);
    const made = await first.cli("backup", join(copies, "one"), "--json");
    assert.equal(made.code, 0, made.stderr);
    const report = JSON.parse(made.stdout);
    assert.equal(report.encryption_key, "encryption.key");
    const during = sending.accepted.size - before.size;
    assert.ok(during > 0, "events were accepted while it was written");
    const lettersBefore = [...before].filter((id) => /\d*7$/.test(id));
    await first.kill();
    await sending.stop();

    const deliveredBefore = new Set(arrivals(vendors.orders.requests).keys());
    const requestsBefore = vendors.orders.requests.length;
    const other = join(work.folder, "other");
    await mkdir(other);
    const env = environmentOf({ folder: other });
    const restored = await runCli(["restore", join(copies, "one"), "--json"], { env, cwd: work.folder });
    assert.equal(restored.code, 0, restored.stderr);
    assert.equal(JSON.parse(restored.stdout).data_dir, join(other, "data"));
    const folders = JSON.parse(restored.stdout).configuration as string;
    assert.equal(await readFile(join(folders, "signal.yaml"), "utf8"), config);
    const second = await startSignal({ folder: other, config });
    try {
      const integrations = await settled(second);
      const delivered = arrivals(vendors.orders.requests);
      const missing = [...before].filter((id) => !delivered.has(id));
      assert.deepEqual(missing, []);
      const again = vendors.orders.requests.slice(requestsBefore);
      const duplicates = [...arrivals(again).keys()].filter((id) => deliveredBefore.has(id)).length;
      context.diagnostic(
        `accepted before ${before.size}, while it was written ${during}, lost 0, delivered twice ${duplicates}; ` +
          `backup ${report.bytes} bytes in ${report.took_ms} ms`,
      );
      const letters = JSON.parse((await second.cli("dlq", "list", "picky", "--limit", "1000", "--json")).stdout);
      const known = new Set(letters.data.map((one: { messageId: string }) => one.messageId));
      const rejected = integrations.find(({ name }) => name === "picky")?.dead_lettered["rejected"] ?? 0;
      assert.ok(rejected >= lettersBefore.length, `${rejected} dead letters of ${lettersBefore.length}`);
      if (letters.nextCursor === null)
        assert.deepEqual(
          lettersBefore.filter((id) => !known.has(id)),
          [],
        );
    } finally {
      await second.stop();
    }
  } finally {
    await sending.stop();
    await first.stop();
  }
});

test("a backup that finds too little room is refused, and says how much it needs", async () => {
  const work = await workFolder();
  // More than any disk has.
  const server = await startSignal({
    folder: work.folder,
    config: configuration([]),
    env: { DISK_RESERVE: "900000GiB" },
  });
  try {
    const result = await server.cli("backup", join(work.folder, "backup"));
    assert.equal(result.code, 1);
    assert.match(result.stderr, /needs about .* are free at .* beyond twice the reserve/);
    assert.deepEqual(readdirSync(work.folder).toSorted(), ["data", "signal.yaml"]);
  } finally {
    await server.stop();
    await work.remove();
  }
});

test("without a server backup says so", async () => {
  const work = await workFolder();
  const env = environmentOf({ folder: work.folder });
  const result = await runCli(["backup", "b"], { env, cwd: work.folder });
  assert.equal(result.code, 3);
  assert.match(result.stderr, /No server answers/);
  await work.remove();
});
