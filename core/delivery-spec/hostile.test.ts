import assert from "node:assert/strict";
import { it } from "node:test";
import fastCheck from "fast-check";
import type { JsonObject, JsonValue } from "../json.ts";
import { compile, delivery, FACTS, LIMITS, planOf } from "./spec-fixture.ts";

const hostile = fastCheck.oneof(
  fastCheck.string({ maxLength: 40 }),
  fastCheck.constantFrom(
    "{{payload.a}}",
    "{{payload.__proto__}}",
    "{{constructor.constructor}}",
    "{{{{payload.a}}}}",
    "{{payload.a | default:{{x}}}}",
    "https://{{event.a}}/x",
    "$events",
    "$event",
    "(a+)+$",
  ),
);
const sound = fastCheck.constantFrom(
  "x",
  "a.b",
  "{{payload.a?}}",
  "{{payload.a.a | lowercase | default:b}}",
  "{{ secret.key }}",
  "{{config.a}}",
  "{{event.context.ip? | sha256}}",
  "{{event.timestamp | date}}",
  "{{delivery.message_id}}",
);
const text = fastCheck.oneof({ arbitrary: sound, weight: 25 }, { arbitrary: hostile, weight: 1 });
/** Where only settings may stand. */
const setting = fastCheck.oneof(
  { arbitrary: fastCheck.constantFrom("x", "{{secret.key}}", "{{config.a}}", "{{config.no?}}"), weight: 25 },
  { arbitrary: hostile, weight: 1 },
);
const url = fastCheck.oneof(
  {
    arbitrary: fastCheck.constantFrom(
      "https://api.example.com/{{payload.a}}",
      "https://api.example.com/x/{{payload.a? | path}}?q={{payload.a?}}",
      "https://{{config.a}}/x",
    ),
    weight: 12,
  },
  { arbitrary: hostile, weight: 1 },
);
const json: fastCheck.Arbitrary<JsonValue> = fastCheck.letrec<{ tree: JsonValue }>((tie) => ({
  tree: fastCheck.oneof(
    { maxDepth: 3, depthSize: "small" },
    text,
    fastCheck.constantFrom(null, 0, 1.5, true),
    fastCheck.array(tie("tree"), { maxLength: 3 }),
    fastCheck.dictionary(fastCheck.constantFrom("a", "$collect", "$spread", "__proto__", "@_b", "#text"), tie("tree"), {
      maxKeys: 3,
    }),
  ),
})).tree;

const PARTS = { requiredKeys: [] };
const condition = fastCheck.record(
  {
    path: fastCheck.constantFrom("body.a", "text", "headers.x", "status", "a.b[0]", "item"),
    equals: fastCheck.constantFrom(1, "x", null),
    matches: fastCheck.oneof(
      { arbitrary: fastCheck.constantFrom("a+", "(a+)+$"), weight: 9 },
      { arbitrary: hostile, weight: 1 },
    ),
  },
  { requiredKeys: ["path", "equals"] },
);
const match = {
  status: fastCheck.constantFrom(200, "4xx", "500-504"),
  when: fastCheck.array(condition, { maxLength: 2 }),
};
const reason = fastCheck.oneof(
  {
    arbitrary: fastCheck.constantFrom("It said {{body.a[0].message?}} {{text}}", "{{item.message}}", "{{status}}"),
    weight: 9,
  },
  { arbitrary: hostile, weight: 1 },
);
const outcome = fastCheck.constantFrom("delivered", "retry", "throttle", "refresh", "reject", "misconfigured");
const rule = fastCheck.oneof(
  fastCheck.record({ ...match, outcome, reason, bisect: fastCheck.boolean() }, { requiredKeys: ["outcome"] }),
  fastCheck.record(
    {
      ...match,
      items: fastCheck.record(
        {
          path: fastCheck.constantFrom("body.a", "body"),
          by: fastCheck.constantFrom("index", "id", "aligned"),
          key: fastCheck.constantFrom("a", "item", "a[0]"),
          pattern: fastCheck.constantFrom("(\\d+)", "a(b)?"),
          rules: fastCheck.array(fastCheck.record({ outcome, reason }), { maxLength: 2 }),
        },
        { requiredKeys: ["path", "by"] },
      ),
    },
    { requiredKeys: ["items"] },
  ),
);
const body = fastCheck.oneof(
  fastCheck.record(
    {
      encoding: fastCheck.constantFrom("json", "form", "xml"),
      envelope: fastCheck.oneof(
        json,
        fastCheck.constantFrom({ e: "$events" }, { e: "$event", $spread: "{{payload}}" }),
      ),
      event: json,
      flatten: fastCheck.boolean(),
      omit: fastCheck.constantFrom([], ["a"], ["a.b", "__proto__"]),
      gzip: fastCheck.boolean(),
    },
    { requiredKeys: ["encoding"] },
  ),
  fastCheck.record({ encoding: fastCheck.constantFrom("ndjson", "none") }),
  fastCheck.record({
    encoding: fastCheck.constant("csv"),
    columns: fastCheck.array(
      fastCheck.record({
        name: fastCheck.string({ minLength: 1, maxLength: 5 }),
        value: fastCheck.constantFrom("{{item?}}", "{{item.a?}}"),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  }),
);
const spec = fastCheck.record(
  {
    endpoint: fastCheck.record(
      { url, query: fastCheck.dictionary(fastCheck.constantFrom("q", "a b"), text, { maxKeys: 2 }) },
      { requiredKeys: ["url"] },
    ),
    auth: fastCheck.oneof(
      fastCheck.record({ kind: fastCheck.constant("bearer"), token: setting }),
      fastCheck.record({ kind: fastCheck.constant("query"), name: fastCheck.constantFrom("k", "é&"), value: setting }),
      fastCheck.record({
        kind: fastCheck.constant("oauth2_client_credentials"),
        token_url: fastCheck.constantFrom("https://{{config.a}}/token", "https://login.example.com"),
        client_id: setting,
        client_secret: setting,
      }),
    ),
    headers: fastCheck.dictionary(fastCheck.constantFrom("X-A", "X-B"), text, { maxKeys: 2 }),
    body,
    requests: fastCheck.constantFrom("per_event", "per_batch"),
    group_by: fastCheck.array(text, { maxLength: 2 }),
    dedupe: fastCheck.record({ path: fastCheck.constantFrom("id", "a.b", "a[].id", "__proto__.id") }),
    sign: fastCheck.record({
      algorithm: fastCheck.constantFrom("sha256", "sha1"),
      secret: fastCheck.constant("{{secret.key}}"),
      content: fastCheck.constantFrom("{{timestamp}}.{{body}}", "{{url}}{{method}}{{path}}"),
      header: fastCheck.constant("X-S"),
    }),
    responses: fastCheck.record(
      { rules: fastCheck.array(rule, { maxLength: 3 }), message: fastCheck.constantFrom("body.a", "text") },
      PARTS,
    ),
    test: fastCheck.record(
      {
        url: fastCheck.constant("https://api.example.com/{{config.a}}"),
        body: fastCheck.constantFrom({ a: "{{secret.key}}" }, "x"),
      },
      PARTS,
    ),
  },
  { requiredKeys: ["endpoint", "body"] },
);
const SECRET = "s3cret-marker-0";

it("no spec, payload or answer makes it throw, lets a request leave its host, or shows a secret", () => {
  const answer = fastCheck.record({
    status: fastCheck.constantFrom(200, 207, 400, 401, 404, 429, 500),
    headers: fastCheck.constantFrom({}, { "retry-after": "1" }, { x: "x" }),
    body: fastCheck.oneof(
      fastCheck.json({ maxDepth: 3 }),
      fastCheck.string(),
      fastCheck.constant(`{"a":[{"a":1,"message":"${SECRET}"}]}`),
    ),
  });
  let [plans, requests] = [0, 0];
  fastCheck.assert(
    fastCheck.property(spec, fastCheck.array(json, { maxLength: 4 }), answer, (given, payloads, response) => {
      const settings = { parameters: { a: "tenant-1.example.com" }, secrets: { key: SECRET } };
      const plan = compile(given as JsonObject, { ...settings, limits: { ...LIMITS, bytes: 2_000 } });
      if (Array.isArray(plan)) {
        assert.ok(plan.length > 0);
        assert.ok(!JSON.stringify(plan).includes(SECRET));
        return;
      }
      plans += 1;
      const deliveries = payloads.map((payload, index) => delivery(payload, { id: `m-${index}` }));
      const built = plan.build(deliveries, FACTS);
      assert.deepEqual(plan.build(deliveries, FACTS), built);
      const seen = [...built.requests.flatMap(({ covers }) => covers), ...built.refused.map(({ index }) => index)];
      assert.deepEqual(
        seen.toSorted((a, b) => a - b),
        [...deliveries.keys()],
      );
      for (const { reason } of built.refused) assert.ok(reason.length > 0 && !reason.includes(SECRET));
      for (const request of built.requests) {
        requests += 1;
        assert.match(new URL(request.url).hostname, /^(api|tenant-1)\.example\.com$/);
        for (const value of Object.values(request.headers)) assert.match(value, /^[\x20-\x7e]*$/);
        const outcomes = plan.classify(response, request, { now: 0 });
        assert.equal(outcomes.length, request.covers.length);
        for (const outcome of outcomes)
          if ("reason" in outcome) assert.ok(!outcome.reason.includes(SECRET) && outcome.reason.length <= 500);
      }
      if (plan.test) {
        plan.test.request(FACTS);
        assert.ok(!plan.test.read(response).message.includes(SECRET));
      }
    }),
    { numRuns: 2_000 },
  );
  assert.ok(plans > 200 && requests > 200, `${plans} plans and ${requests} requests were tried`);
  assert.equal(Object.hasOwn(Object.prototype, "a"), false);
});

it("large batches and hostile patterns take their time within bounds", () => {
  const rules = [{ when: [{ path: "text", matches: "(a+)+$" }], outcome: "retry" as const }];
  const plan = planOf(
    { body: { encoding: "json", envelope: { events: "$events" } }, responses: { rules } },
    { limits: { size: 10_000, bytes: 1e8, intervalMs: 0 } },
  );
  const deliveries = Array.from({ length: 10_000 }, (_, n) => delivery({ n, text: "x".repeat(200) }, { id: `m-${n}` }));
  const { requests } = plan.build(deliveries, FACTS);
  assert.equal(requests.length, 1);
  const [request] = requests;
  assert.ok(request);
  assert.equal(
    plan.classify({ status: 500, headers: {}, body: `${"a".repeat(60_000)}!` }, request, { now: 0 }).length,
    10_000,
  );
});
