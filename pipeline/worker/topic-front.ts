/** Looks at the front of a topic that is not being read: the oldest of what waits there. */
import { ageFault, deliveryTimes } from "@datafly-signal/core";
import type { RunnerContext } from "./context.ts";
import type { PartitionLedger } from "./partition-ledger.ts";
import { readDelivery } from "./read-delivery.ts";

/** Whether the next record of one of the partitions has waited too long to be sent, or cannot be read at all. */
export async function frontIsOld(context: RunnerContext, homes: Iterable<PartitionLedger>): Promise<boolean> {
  const { log, topic, integrationId, clock } = context;
  for (const { partition, next } of homes) {
    const [record] = await log.read({ topic, partition, from: { offset: next }, maxRecords: 1, maxBytes: 1 });
    if (record === undefined) continue;
    const delivery = readDelivery(record, integrationId);
    if (delivery === null || ageFault(deliveryTimes(delivery), clock.wall(), undefined) !== null) return true;
  }
  return false;
}
