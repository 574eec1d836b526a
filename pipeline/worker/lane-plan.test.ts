import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConfigSnapshot, PipelineConfig, RevisionContent } from "@datafly-signal/core";
import { type LanePlan, planKey, planLane, type PlanSources } from "./lane-plan.ts";
import { testConnector } from "./testing/test-vendor.ts";
import { revision, snapshotOf } from "./testing/trial.ts";

function sources(content: Partial<RevisionContent>, facts: Partial<PipelineConfig> = {}): PlanSources {
  const made = snapshotOf({ tmpl_a: { revisions: { 1: revision(content) } } });
  const snapshot: ConfigSnapshot = { ...made, pipelines: made.pipelines.map((one) => ({ ...one, ...facts })) };
  const [integration] = snapshot.integrations;
  const [lane] = snapshot.lanes;
  assert.ok(integration !== undefined && lane !== undefined);
  return { snapshot, integration, lane };
}

/** Opens only what was sealed as `<object>/<field>/<text>` for them. */
function openSecret(sealed: string, object: string, field: string): string {
  const prefix = `${object}/${field}/`;
  if (!sealed.startsWith(prefix)) throw new TypeError(`${sealed} was not sealed for ${prefix}`);
  return sealed.slice(prefix.length);
}

function plan(given: PlanSources): { plan: LanePlan } | { fault: string } {
  return planLane(given, { connectors: new Map([["test_vendor", testConnector()]]), openSecret, maxRetries: 5 });
}

function urlOf(made: ReturnType<typeof plan>): string | undefined {
  assert.ok("plan" in made, JSON.stringify(made));
  const { requests } = made.plan.plan.build([{ messageId: "m1" } as never], { now: 0, batchId: "b" });
  return requests[0]?.url;
}

test("secret parameters of the pipeline are opened for it, filled in, and hidden", () => {
  const made = plan(
    sources(
      {
        parameters: { url: "https://{{pipeline_param.host}}/{{ pipeline_param.path }}" },
        secrets: { token: "tmpl_a/token/t-{{pipeline_param.path}}" },
      },
      { parameters: { host: "shop.example.com" }, secretParameters: { path: "pip_a/path/h1dden" } },
    ),
  );
  assert.equal(urlOf(made), "https://shop.example.com/h1dden");
  assert.ok("plan" in made);
  assert.deepEqual(made.plan.secrets, ["t-h1dden", "h1dden"], "the parameter that is no secret is not hidden");
});

test("parameters are filled in at any depth, and once", () => {
  const seen: unknown[] = [];
  const plain = testConnector();
  const connector = testConnector({
    plan(settings) {
      seen.push(settings.parameters, settings.deliverySpec);
      return plain.plan(settings);
    },
  });
  const given = sources(
    {
      parameters: { list: ["{{pipeline_param.a}}", 1, null], deep: { a: { b: "{{pipeline_param.a}}!" } } },
      deliverySpec: { endpoint: { url: "https://{{pipeline_param.a}}/" } },
    },
    { parameters: { a: "{{pipeline_param.b}}" } },
  );
  const made = planLane(given, { connectors: new Map([["test_vendor", connector]]), openSecret, maxRetries: 5 });
  assert.ok("plan" in made);
  const filled = "{{pipeline_param.b}}";
  assert.deepEqual(seen, [
    { list: [filled, 1, null], deep: { a: { b: `${filled}!` } } },
    { endpoint: { url: `https://${filled}/` } },
  ]);
});

test("why there is no plan, in words that hold no setting", () => {
  const missing = 'The pipeline has no parameter "key", which the connection settings use.';
  const closed = "The connection settings could not be opened.";
  const url = "https://shop.example.com/{{pipeline_param.key}}";
  const cases: [name: string, given: PlanSources, fault: string][] = [
    ["a parameter is missing", sources({ parameters: { url } }), missing],
    ["one inside a secret is missing", sources({ secrets: { token: "tmpl_a/token/{{pipeline_param.key}}" } }), missing],
    [
      "a name of every object is no parameter",
      sources({ parameters: { url: "{{pipeline_param.constructor}}" } }),
      missing.replace("key", "constructor"),
    ],
    [
      "a secret parameter sealed for another pipeline",
      sources({}, { secretParameters: { key: "pip_b/key/x" } }),
      closed,
    ],
    [
      "a secret parameter sealed for another field",
      sources({}, { secretParameters: { key: "pip_a/other/x" } }),
      closed,
    ],
    ["a secret sealed for another integration", sources({ secrets: { token: "tmpl_b/token/x" } }), closed],
  ];
  for (const [name, given, fault] of cases) assert.deepEqual(plan(given), { fault }, name);
});

test("how old an event may be is the vendor's to say, and the plan's where settings change it", () => {
  const cases: [own: number | undefined, ofPlan: number | undefined, expected: number | undefined][] = [
    [undefined, undefined, undefined],
    [7, undefined, 7],
    [7, 62, 62],
    [undefined, 62, 62],
  ];
  for (const [own, ofPlan, expected] of cases) {
    const plain = testConnector(own === undefined ? {} : { maxEventAgeMs: own });
    const connector = testConnector({
      ...(own !== undefined && { maxEventAgeMs: own }),
      plan(settings) {
        const made = plain.plan(settings);
        return Array.isArray(made) || ofPlan === undefined ? made : { ...made, maxEventAgeMs: ofPlan };
      },
    });
    const connectors = new Map([["test_vendor", connector]]);
    const made = planLane(sources({}), { connectors, openSecret, maxRetries: 5 });
    assert.ok("plan" in made);
    assert.equal(made.plan.maxEventAgeMs, expected);
  }
});

test("without its pipeline a lane has a plan as long as it needs no parameter", () => {
  const given = sources({ parameters: { url: "https://shop.example.com/" } });
  const alone = { ...given, snapshot: { ...given.snapshot, pipelines: [] } };
  assert.equal(urlOf(plan(alone)), "https://shop.example.com/");
  assert.doesNotThrow(() => planKey(alone));
});

test("the key changes with whatever the plan depends on", () => {
  const given = sources({}, { parameters: { host: "shop.example.com" }, secretParameters: { key: "pip_a/key/one" } });
  const same = sources({}, { parameters: { host: "shop.example.com" }, secretParameters: { key: "pip_a/key/one" } });
  assert.equal(planKey(given), planKey(same));
  const others = [
    sources({}, { parameters: { host: "shop.example.org" }, secretParameters: { key: "pip_a/key/one" } }),
    sources({}, { parameters: { host: "shop.example.com" }, secretParameters: { key: "pip_a/key/two" } }),
    sources({}, { parameters: { host: "shop.example.com" } }),
    sources({}, { parameters: {}, secretParameters: { host: "shop.example.com" } }),
    { ...given, lane: { ...given.lane, revision: 2 } },
    { ...given, snapshot: { ...given.snapshot, environment: "production" as const } },
  ];
  const keys = [given, ...others].map(planKey);
  assert.equal(new Set(keys).size, keys.length);
});
