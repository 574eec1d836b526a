/** An unmodified SDK: `@segment/analytics-node` sends 1,000 events; each is delivered once, mapped. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Analytics } from "@segment/analytics-node";
import { configuration, KEY, SIMPLE_MAPPING } from "../harness/configuration.ts";
import { arrivals, startReceiver } from "../harness/receiver.ts";
import { startSignal, workFolder } from "../harness/signal-server.ts";
import { until } from "../harness/until.ts";

test("1,000 events of @segment/analytics-node are each delivered once, mapped", async () => {
  const work = await workFolder();
  const receiver = await startReceiver();
  const server = await startSignal({
    folder: work.folder,
    config: configuration([{ name: "orders", url: receiver.url, more: SIMPLE_MAPPING }]),
  });
  try {
    const analytics = new Analytics({ writeKey: KEY, host: server.gateway });
    const failures: unknown[] = [];
    analytics.on("error", (error) => failures.push(error));
    for (let index = 0; index < 1000; index += 1) {
      analytics.track({
        userId: `user-${index % 10}`,
        event: "Order Completed",
        properties: { revenue: `${index}.50`, items: [{ item_id: `sku-${index}` }, { item_id: "sku-x" }] },
      });
    }
    await analytics.closeAndFlush({ timeout: 30_000 });
    assert.deepEqual(failures, []);
    await until(30_000, () => receiver.requests.length >= 1000);
    const status = await until(10_000, async () => {
      const { stdout } = await server.cli("status", "--json");
      const one = JSON.parse(stdout).integrations[0];
      return one?.in_flight === 0 && one.delivered === 1000 ? one : null;
    });
    assert.equal(status.accepted, 1000);
    const counts = arrivals(receiver.requests);
    assert.equal(counts.size, 1000);
    assert.ok([...counts.values()].every((count) => count === 1));
    const bodies = receiver.requests.map((request) => JSON.parse(request.body));
    const seventh = bodies.find((body) => body.amount === 7.5);
    assert.deepEqual(Object.keys(seventh).toSorted(), ["amount", "id", "lines", "name", "user"]);
    assert.equal(seventh.name, "Purchase");
    assert.equal(seventh.user, "user-7");
    assert.deepEqual(seventh.lines, [{ sku: "sku-7" }, { sku: "sku-x" }]);
  } finally {
    await server.stop();
    await receiver.close();
    await work.remove();
  }
});
