import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import {
  type Clock,
  type ConfigSnapshot,
  DEAD_LETTER_STATES,
  type DeadLetterRecord,
  type DeliveryRecord,
  deadLetterTopic,
  deliveryTopic,
  fixedTopics,
  integrationTopics,
  OUTCOMES,
  type SnapshotSource,
} from "@datafly-signal/core";
import type { EventLog } from "@datafly-signal/ports/log";
import { openFaultyLog } from "@datafly-signal/ports/log/faulty";
import { openMemoryState } from "@datafly-signal/ports/state/memory";
import { type DeadLetters, openDeadLetters } from "./dead-letters.ts";

const ID = "tmpl_1";
const NOW = Date.UTC(2026, 10, 21);
const clock: Clock = { wall: () => NOW, monotonic: () => 0, after: () => () => undefined };
const snapshot: ConfigSnapshot = {
  number: 7,
  environment: "development",
  organisationId: "org_1",
  pipelines: [
    {
      id: "pip_1",
      name: "Shop",
      slug: "shop",
      type: "web",
      enabled: true,
      keys: [],
      domainAllowlist: [],
      rateLimitRps: 1,
      parameters: {},
    },
  ],
  integrations: [
    {
      id: ID,
      name: "orders",
      vendor: "webhook",
      vendorName: "Webhook",
      variant: "default",
      deliveryMode: "server_side",
      latestRevision: 2,
      consentByRevision: {},
      revisions: {
        2: {
          parameters: {},
          secrets: {},
          mapping: { version: 2, defaults: { action: "map", mappings: [{ source: "event", target: "renamed" }] } },
          consentCategories: [],
          rateLimits: { rps: null, burst: null, daily: null },
          batch: {},
          deliverySpec: null,
        },
      },
    },
  ],
  lanes: [{ id: "pi_1", pipelineId: "pip_1", integrationId: ID, revision: 2, enabled: true }],
  removed: [],
};
const snapshots: SnapshotSource = {
  current: () => snapshot,
  onChange: () => () => undefined,
  refresh: () => Promise.resolve(),
};

let log: EventLog;
let deadLetters: DeadLetters;

beforeEach(async () => {
  log = openFaultyLog({ seed: 2, skipOffsets: 0.3, abortRate: 0, duplicateRate: 0, wall: () => NOW });
  await log.ensureTopics([...fixedTopics(4), ...integrationTopics(ID, 4)]);
  deadLetters = openDeadLetters({ log, records: openMemoryState().records, snapshots, clock });
});

function delivery(index: number): DeliveryRecord {
  const at = "2026-11-20T00:00:00.000Z";
  return {
    v: 1,
    deliveryId: `pi_1:m-${index}`,
    messageId: `m-${index}`,
    pipelineId: "pip_1",
    integrationId: ID,
    pipelineIntegrationId: "pi_1",
    revision: 1,
    snapshot: 3,
    eventName: "E",
    vendorEventName: "e",
    payload: { old: index },
    event: {
      type: "track",
      event: `Event ${index}`,
      messageId: `m-${index}`,
      timestamp: at,
      receivedAt: at,
      context: {},
      anonymousId: "a-1",
    },
    consent: null,
    timestamp: at,
    receivedAt: at,
    raw: { partition: 0, offset: index },
  };
}

async function give(
  up: number,
  change: (letter: DeadLetterRecord, index: number) => DeadLetterRecord = (letter) => letter,
): Promise<void> {
  const letters = Array.from({ length: up }, (_, index) =>
    change(
      {
        v: 1,
        id: `dl_${index}`,
        delivery: delivery(index),
        integrationId: ID,
        pipelineIntegrationId: "pi_1",
        messageId: `m-${index}`,
        eventName: "E",
        reason: index % 2 === 0 ? "rejected" : "retries_exhausted",
        detail: "no",
        lastStatus: 400,
        responseExcerpt: "{}",
        tries: 1,
        firstTriedAt: null,
        lastTriedAt: null,
        deadLetteredAt: new Date(NOW - 1000 + index).toISOString(),
        position: { partition: 0, offset: index },
      },
      index,
    ),
  );
  await log.append(
    letters.map((letter) => ({
      topic: deadLetterTopic(ID),
      key: letter.id,
      value: Buffer.from(JSON.stringify(letter)),
    })),
  );
}

async function deliveries(): Promise<DeliveryRecord[]> {
  const found = [];
  for (const { partition } of await log.bounds(deliveryTopic(ID))) {
    const from = { offset: 0 };
    found.push(...(await log.read({ topic: deliveryTopic(ID), partition, from, maxRecords: 1000, maxBytes: 1e9 })));
  }
  return found.map((record) => JSON.parse(Buffer.from(record.value).toString("utf8")) as DeliveryRecord);
}

test("lists in pages, by reason and by id", async () => {
  await give(5);
  const first = await deadLetters.list({ integrationId: ID }, { cursor: null, limit: 2 });
  assert.deepEqual(
    first.data.map((one) => one.id),
    ["dl_0", "dl_1"],
  );
  const second = await deadLetters.list({ integrationId: ID }, { cursor: first.nextCursor, limit: 10 });
  assert.deepEqual(
    second.data.map((one) => one.id),
    ["dl_2", "dl_3", "dl_4"],
  );
  assert.equal(second.nextCursor, null);
  const rejected = await deadLetters.list({ integrationId: ID, reason: "rejected" }, { cursor: null, limit: 10 });
  assert.deepEqual(
    rejected.data.map((one) => one.id),
    ["dl_0", "dl_2", "dl_4"],
  );
  const shown = await deadLetters.show(ID, "dl_3");
  assert.deepEqual(shown?.record?.delivery?.payload, { old: 3 });
  assert.equal(await deadLetters.show(ID, "dl_9"), undefined);
});

test("a replay sends each open one again, once, and moves it in the sum", async () => {
  await give(3);
  const filter = { integrationId: ID, state: "open" as const };
  assert.deepEqual(await deadLetters.replay(filter, { mode: "as_is", dryRun: true }), {
    replayed: 3,
    discarded: 0,
    skipped: {},
  });
  assert.equal((await deliveries()).length, 0);
  const [one, two] = await Promise.all([
    deadLetters.replay(filter, { mode: "as_is", dryRun: false }),
    deadLetters.replay(filter, { mode: "as_is", dryRun: false }),
  ]);
  assert.equal((one?.replayed ?? 0) + (two?.replayed ?? 0), 3);
  const sent = await deliveries();
  assert.deepEqual(sent.map((record) => record.deliveryId).toSorted(), ["pi_1:m-0", "pi_1:m-1", "pi_1:m-2"]);
  assert.ok(sent.every((record) => record.replayOf?.startsWith("dl_") === true && record.replayedAt !== undefined));
  const outcomes = await log.read({
    topic: OUTCOMES,
    partition: 0,
    from: { offset: 0 },
    maxRecords: 100,
    maxBytes: 1e9,
  });
  const sum = outcomes
    .map((record) => JSON.parse(Buffer.from(record.value).toString("utf8")))
    .reduce(
      (counts, record) => counts.set(record.kind, (counts.get(record.kind) ?? 0) + record.count),
      new Map<string, number>(),
    );
  assert.deepEqual(Object.fromEntries(sum), { dead_lettered: -3, replayed: 3 });
  const states = await deadLetters.list({ integrationId: ID, state: "replaying" }, { cursor: null, limit: 10 });
  assert.equal(states.data.length, 3);
});

test("re-mapping uses the pinned revision on the kept event", async () => {
  await give(1);
  await deadLetters.replay({ integrationId: ID }, { mode: "remap", dryRun: false });
  const [sent] = await deliveries();
  assert.deepEqual(sent?.payload, { renamed: "Event 0" });
  assert.equal(sent?.revision, 2);
  assert.equal(sent?.snapshot, 7);
});

test("what was too large to keep, or is not open, is left with its reason", async () => {
  await give(3, (letter, index) => (index === 0 ? { ...letter, delivery: null, reason: "record_too_large" } : letter));
  await deadLetters.discard({ integrationId: ID, ids: ["dl_1"] }, { dryRun: false });
  const result = await deadLetters.replay({ integrationId: ID }, { mode: "as_is", dryRun: false });
  assert.deepEqual(result, { replayed: 1, discarded: 0, skipped: { too_large_to_keep: 1, not_open: 1 } });
  const table = await log.table(DEAD_LETTER_STATES, "");
  assert.deepEqual([...table.keys()].toSorted(), ["dl_1", "dl_2"]);
});

test("an export yields every record the filter finds", async () => {
  await give(450);
  let count = 0;
  for await (const letter of deadLetters.records({ integrationId: ID, reason: "rejected" })) {
    assert.equal(letter.reason, "rejected");
    assert.ok(letter.record !== null);
    count += 1;
  }
  assert.equal(count, 225);
});
