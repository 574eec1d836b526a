import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import fastCheck from "fast-check";
import type { DeliveryRecord } from "../delivery/delivery.ts";
import type { JsonObject } from "../json.ts";
import type { BodySpec, DeliverySpec } from "./spec-schema.ts";
import { delivery, FACTS, planOf } from "./spec-fixture.ts";

const BODIES: readonly BodySpec[] = [
  { encoding: "json" },
  { encoding: "json", envelope: { client: "{{payload.group?}}", padding: "x".repeat(40), events: "$events" } },
  { encoding: "json", envelope: { rows: { $collect: "{{payload.list?}}" }, events: "$events" } },
  { encoding: "json", event: "{{payload.list?}}", flatten: true, envelope: { events: "$events" } },
  { encoding: "ndjson" },
  { encoding: "csv", columns: [{ name: "text", value: "{{item.text?}}" }] },
  { encoding: "xml", envelope: { Root: { Event: "$events" } } },
  { encoding: "form", envelope: { data: "$events" } },
];

const payload = fastCheck.record(
  {
    group: fastCheck.constantFrom("a", "b", "c"),
    text: fastCheck.string({ maxLength: 60, unit: "grapheme" }),
    list: fastCheck.array(fastCheck.nat({ max: 999 }), { minLength: 1, maxLength: 4 }),
  },
  { requiredKeys: ["list"] },
);
const arbitrary = fastCheck.record({
  body: fastCheck.constantFrom(...BODIES),
  payloads: fastCheck.array(payload, { maxLength: 30 }),
  events: fastCheck.integer({ min: 1, max: 10 }),
  items: fastCheck.integer({ min: 4, max: 12 }),
  bytes: fastCheck.integer({ min: 40, max: 2_000 }),
  grouped: fastCheck.boolean(),
});

const some = (payloads: readonly object[]): DeliveryRecord[] =>
  payloads.map((one, index) => delivery(one as JsonObject, { id: `m-${index}` }));

function specOf({ body, items, grouped }: { body: BodySpec; items: number; grouped: boolean }): Partial<DeliverySpec> {
  return {
    body,
    requests: "per_batch",
    batch: { items },
    headers: { "X-Batch": "{{batch_id}}" },
    ...(grouped && { group_by: ["{{payload.group?}}"] }),
  };
}

describe("a batch", () => {
  it("is cut so that every event is covered once, within the limits, and each part is the same request again by itself", () => {
    fastCheck.assert(
      fastCheck.property(arbitrary, (given) => {
        const { payloads, events, bytes } = given;
        const plan = planOf(specOf(given), { limits: { size: events, bytes, intervalMs: 0 } });
        const deliveries = some(payloads);
        const { requests, refused } = plan.build(deliveries, FACTS);
        const seen = [...requests.flatMap(({ covers }) => covers), ...refused.map(({ index }) => index)];
        assert.deepEqual(
          seen.toSorted((a, b) => a - b),
          [...deliveries.keys()],
        );
        for (const request of requests) {
          assert.ok(request.covers.length <= events);
          assert.ok(Buffer.byteLength(request.body ?? "") <= bytes);
          if (given.grouped)
            assert.equal(new Set(request.covers.map((index) => JSON.stringify(payloads[index]?.group))).size, 1);
          const alone = request.covers.flatMap((index) => deliveries[index] ?? []);
          const batchId = createHash("sha256")
            .update(alone.map(({ deliveryId }) => deliveryId).join("\n"))
            .digest("hex")
            .slice(0, 32);
          const again = plan.build(alone, { ...FACTS, batchId }).requests;
          const whole = request.covers.length === deliveries.length ? { "X-Batch": batchId } : {};
          assert.deepEqual(again, [
            { ...request, headers: { ...request.headers, ...whole }, covers: [...alone.keys()] },
          ]);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("is refused only where an event alone is over the limit, and says so", () => {
    const plan = planOf({ body: { encoding: "ndjson" } }, { limits: { size: 10, bytes: 50, intervalMs: 0 } });
    const { requests, refused } = plan.build(some([{ a: 1 }, { a: "x".repeat(50) }, { a: 2 }]), FACTS);
    assert.deepEqual(
      requests.map(({ covers }) => covers),
      [[0, 2]],
    );
    assert.deepEqual(refused, [
      { index: 1, reason: "The request for this event alone has 59 bytes, and the vendor takes at most 50." },
    ]);
  });

  it("groups by whatever the request as a whole reads of an event", () => {
    const spec: Partial<DeliverySpec> = {
      endpoint: { url: "https://api.example.com/{{payload.site}}" },
      headers: { "X-Day": "{{event.timestamp | date}}" },
      body: { encoding: "json", envelope: { user: "{{payload.user?}}", events: "$events" } },
    };
    const { requests } = planOf(spec).build(
      some([
        { site: 1, user: "a" },
        { site: 1, user: "b" },
        { site: 2, user: "a" },
        { site: 1, user: "a" },
        { site: 1 },
      ]),
      FACTS,
    );
    assert.deepEqual(
      requests.map(({ covers }) => covers),
      [[0, 3], [1], [2], [4]],
    );
  });

  it("counts the items that a vendor counts", () => {
    const lists = [{ list: [1, 2] }, { list: [3] }, { list: [4, 5] }];
    const envelope = { rows: { $collect: "{{payload.list}}" } };
    const { requests } = planOf({ body: { encoding: "json", envelope }, batch: { items: 3 } }).build(
      some(lists),
      FACTS,
    );
    assert.deepEqual(
      requests.map(({ body }) => body),
      ['{"rows":[1,2,3]}', '{"rows":[4,5]}'],
    );
  });
});

describe("limits", () => {
  const limits = { size: 100, bytes: 10_000, intervalMs: 1_000 };
  const table: [name: string, spec: Partial<DeliverySpec>, batch: object, expected: object][] = [
    ["are the connector's", { requests: "per_batch" }, {}, limits],
    [
      "are lowered by the spec",
      { requests: "per_batch", batch: { events: 50, bytes: 2_000, interval_ms: 5 } },
      {},
      { size: 50, bytes: 2_000, intervalMs: 5 },
    ],
    [
      "are lowered by the integration",
      { requests: "per_batch" },
      { size: 10, bytes: 500 },
      { size: 10, bytes: 500, intervalMs: 1_000 },
    ],
    ["are not lowered by nonsense", { requests: "per_batch" }, { size: Number.NaN, bytes: 0 }, limits],
    ["are never raised", { requests: "per_batch", batch: { events: 500 } }, { size: 1_000, bytes: 1e9 }, limits],
    [
      "wait as the integration says",
      { requests: "per_batch", batch: { interval_ms: 5 } },
      { intervalMs: 9_000 },
      { ...limits, intervalMs: 9_000 },
    ],
    ["of one event a request do not wait", {}, {}, { size: 1, bytes: 10_000, intervalMs: 0 }],
  ];
  for (const [name, spec, batch, expected] of table) {
    it(name, () => assert.deepEqual(planOf(spec, { limits, batch }).batch, expected));
  }
});
