import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type CompiledMapping,
  type ConfigSnapshot,
  type JsonObject,
  type RevisionContent,
  MappingError,
} from "@datafly-signal/core";
import { type EventLog, LogError } from "@datafly-signal/ports/log";
import { asyncProperty, array, assert as check, boolean, constantFrom, integer, record } from "fast-check";
import {
  type Trial,
  integration,
  lane,
  mappingOf,
  pipeline,
  raw,
  revision,
  snapshotOf,
  startTrial,
} from "./processor-fixture.ts";

const INTEGRATIONS = ["tmpl_a", "tmpl_b", "tmpl_c"];
const PIPELINES = ["pip_shop", "pip_blog"];

/** The mapping's literal says what it does. */
function compile(content: RevisionContent): CompiledMapping {
  return mappingOf((event) => {
    if (content.mapping === "filter") return { kind: "stopped", reason: "mapping_filter", by: "" };
    if (content.mapping === "fail" && event.messageId.endsWith("1")) throw new MappingError("x", "cannot");
    if (content.mapping === "bug" && event.messageId.endsWith("2")) throw new TypeError("bug");
    return { kind: "mapped", payload: { user: event["userId"] ?? null, id: event.messageId }, vendorEventName: null };
  });
}

const lanes = record({
  pipelineId: constantFrom(...PIPELINES),
  integrationId: constantFrom(...INTEGRATIONS),
  enabled: constantFrom(true, true, false),
  revision: constantFrom(1, 2, 3, 4, 9),
});

const snapshots = record({
  lanes: array(lanes, { maxLength: 5, size: "max" }),
  pipelines: constantFrom(1, 2, 2, 2),
}).map((made) => {
  const pipelines = PIPELINES.slice(0, made.pipelines);
  const contents = [null, "filter", "fail", "bug"].map((mapping, index) =>
    revision({ mapping, consentCategories: index === 0 ? [] : ["analytics"] }),
  );
  const revisions = Object.fromEntries(contents.map((content, index) => [index + 1, content]));
  return snapshotOf({
    pipelines: pipelines.map((id) => pipeline(id)),
    integrations: INTEGRATIONS.map((id) => integration(id, { revisions })),
    lanes: made.lanes
      .filter(({ pipelineId }) => pipelines.includes(pipelineId))
      .map((fields, index) => lane(`pi_${fields.pipelineId}_${index}`, fields.integrationId, fields)),
  });
});

const events = array(
  record({
    visitor: integer({ min: 0, max: 3 }),
    number: integer({ min: 0, max: 6 }),
    type: constantFrom("track", "track", "identify"),
    user: constantFrom(null, "u1", "u2"),
    second: integer({ min: 0, max: 9 }),
    pipelineId: constantFrom("pip_shop", ...PIPELINES, "pip_gone"),
    consent: constantFrom<JsonObject>(
      {},
      { consent: { analytics: true } },
      { consent: { categories: { c0002: true } } },
    ),
    integrations: constantFrom<JsonObject>({}, {}, { All: false }, { webhook: true }),
    broken: integer({ min: 0, max: 15 }),
  }),
  { maxLength: 60, size: "max" },
);

type Made = typeof events extends { generate: (...args: never[]) => { value: (infer T)[] } } ? T : never;

/** The id names its visitor, so that the same event always has the same partition. */
function toRaw(made: Made): JsonObject | string {
  if (made.broken === 0) return "{broken";
  return raw(`m${made.visitor}-${made.number}`, {
    type: made.type,
    anonymousId: `anon-${made.visitor}`,
    userId: made.type === "identify" ? made.user : null,
    timestamp: `2026-02-25T14:30:0${made.second}.000Z`,
    context: structuredClone(made.consent),
    integrations: made.integrations,
    pipelineId: made.pipelineId,
  });
}

async function checkSums(trial: Trial, sent: number): Promise<void> {
  const counts = await trial.counts();
  const sum = (pattern: RegExp): number =>
    Object.entries(counts).reduce((total, [name, count]) => total + (pattern.test(name) ? count : 0), 0);
  assert.equal(sum(/^processed$/) + sum(/^unprocessable /), sent);
  assert.equal((await trial.rejected()).length, sum(/^unprocessable /));

  const deliveries = (await Promise.all(INTEGRATIONS.map((id) => trial.deliveries(id)))).flat();
  const letters = (await Promise.all(INTEGRATIONS.map((id) => trial.deadLetters(id)))).flat();
  const made = [...deliveries, ...letters.map(({ delivery }) => delivery)].map((delivery) => delivery?.deliveryId);
  assert.equal(new Set(made).size, made.length, "a delivery was made twice");
  assert.equal(new Set(letters.map(({ id }) => id)).size, letters.length);

  const ids = new Set([...deliveries, ...letters].map(({ pipelineIntegrationId }) => pipelineIntegrationId));
  for (const name of Object.keys(counts)) if (name.startsWith("pi_")) ids.add(name.split(" ")[0] ?? "");
  for (const id of ids) {
    const of = (of: { pipelineIntegrationId: string }): boolean => of.pipelineIntegrationId === id;
    const dead = sum(new RegExp(`^${id} dead_lettered `));
    assert.equal(letters.filter(of).length, dead);
    const filtered = sum(new RegExp(`^${id} filtered `));
    assert.equal(sum(new RegExp(`^${id} accepted$`)), filtered + dead + deliveries.filter(of).length, id);
  }
}

test("whatever comes and whatever fails, every event of every lane is counted once and delivered at most once", () =>
  check(
    asyncProperty(
      record({
        events,
        before: snapshots,
        after: snapshots,
        faults: record({
          seed: integer(),
          skipOffsets: constantFrom(0, 0.3),
          abortRate: constantFrom(0, 0.2, 0.6),
          duplicateRate: constantFrom(0, 0.3),
        }),
        maxBatchRecords: integer({ min: 1, max: 30 }),
        maxOutputBytes: constantFrom(1, 2000, 1e9),
      }),
      async ({ events: made, before, after, faults, maxBatchRecords, maxOutputBytes }) => {
        const half = Math.ceil(made.length / 2);
        const trial = await startTrial({
          snapshot: before,
          faults,
          compile,
          settings: { maxBatchRecords, maxOutputBytes },
        });
        try {
          await trial.append(...made.slice(0, half).map(toRaw));
          trial.snapshots.current = { ...after, number: 2 };
          await trial.send(...made.slice(half).map(toRaw));
          await checkSums(trial, made.length);
          if (faults.abortRate === 0)
            assert.deepEqual(
              trial.logged.filter((line) => !line.includes("a mapping cannot be used")),
              [],
            );
        } finally {
          await trial.close();
        }
      },
    ),
    { numRuns: 150 },
  ));

/** Deliveries and dead letters of all integrations, as bytes, in an order of their own. */
async function output(options: {
  snapshot: ConfigSnapshot;
  waiting: readonly (JsonObject | string)[];
  aborts: readonly boolean[];
  maxBatchRecords: number;
}): Promise<{ made: string[]; accepted: Record<string, number> }> {
  const trial = await startTrial({
    snapshot: options.snapshot,
    waiting: options.waiting,
    faults: { seed: 7, skipOffsets: 0.3 },
    compile,
    settings: { maxBatchRecords: options.maxBatchRecords },
    wrap: (log) => abortingLog(log, [...options.aborts]),
  });
  try {
    await trial.processor.idle();
    const all = await Promise.all(
      INTEGRATIONS.map(async (id) => [...(await trial.deliveries(id)), ...(await trial.deadLetters(id))]),
    );
    const accepted = Object.entries(await trial.counts()).filter(([name]) => name.endsWith(" accepted"));
    return {
      made: all
        .flat()
        .map((value) => JSON.stringify(value))
        .sort(),
      accepted: Object.fromEntries(accepted),
    };
  } finally {
    await trial.close();
  }
}

/** How many events each lane must have been considered for. */
function acceptedBy(snapshot: ConfigSnapshot, made: readonly Made[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { id, pipelineId } of snapshot.lanes) {
    const count = made.filter((event) => event.broken !== 0 && event.pipelineId === pipelineId).length;
    if (count > 0) counts[`${id} accepted`] = count;
  }
  return counts;
}

/** Only the commits fail, not the appends, so that the events stand where they stand without it. */
function abortingLog(log: EventLog, aborts: boolean[]): EventLog {
  const consumer: EventLog["consumer"] = async (options) => {
    const inner = await log.consumer(options);
    const transact = inner.transact.bind(inner);
    inner.transact = async (set) => {
      if (aborts.shift() === true) throw new LogError("commit_failed", "");
      await transact(set);
    };
    return inner;
  };
  return new Proxy(log, {
    get(target, name) {
      if (name === "consumer") return consumer;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

test("aborted commits change no byte of what is delivered", () =>
  check(
    asyncProperty(
      record({
        events,
        snapshot: snapshots,
        aborts: array(boolean(), { maxLength: 12, size: "max" }),
        maxBatchRecords: integer({ min: 1, max: 20 }),
      }),
      async ({ events: made, snapshot, aborts, maxBatchRecords }) => {
        const waiting = made.map(toRaw);
        const smooth = await output({ snapshot, waiting, aborts: [], maxBatchRecords: 100 });
        const rough = await output({ snapshot, waiting, aborts, maxBatchRecords });
        assert.deepEqual(rough.made, smooth.made);
        for (const { accepted } of [smooth, rough]) assert.deepEqual(accepted, acceptedBy(snapshot, made));
      },
    ),
    { numRuns: 100 },
  ));
