/** Runs a vendor's cases, and holds its plans to the contract on all of them. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DeliveryPlan, VendorRequest } from "@datafly-signal/core";
import {
  buildCase,
  caseDeliveries,
  caseFacts,
  caseFaults,
  caseSettings,
  type ContractCase,
  expectedRequest,
  planCase,
  writtenRequest,
} from "./contract-case.ts";
import { classifyAll } from "./classify-suite.ts";
import type { Subject } from "./contract-subject-case.ts";
import { prepareAll } from "./preparation-suite.ts";

export function casesSuite({ key, connector, cases }: Subject): void {
  describe(`${key}: cases`, () => {
    it("shows requests, answers and faults", () => {
      for (const kind of ["requests", "answers", "faults"] as const)
        assert.ok(
          cases.some(({ content }) => content[kind] !== undefined),
          `no case expects ${kind}`,
        );
      const outcomes = cases.flatMap(({ content }) =>
        (content.answers ?? []).flatMap(({ outcome, outcomes = [] }) => [outcome, ...outcomes].map((one) => one?.kind)),
      );
      for (const kind of ["delivered", "retry", "throttle", "reject", "misconfigured"])
        assert.ok(outcomes.includes(kind as never), `no answer comes to ${kind}`);
    });

    for (const { file, content } of cases) {
      it(`${file}: ${content.name}`, () => {
        assert.deepEqual(caseFaults(content), []);
        const plan = planCase(connector, content);
        if (content.faults !== undefined) return assert.deepEqual(plan, content.faults);
        assert.ok(!Array.isArray(plan), JSON.stringify(plan));
        if (content.tests !== undefined || content.test_request !== undefined) return runTests(plan, content);
        return content.answers === undefined ? runRequests(plan, content) : runAnswers(plan, content);
      });
    }

    it("tells a wrong key from a wrong id when the connection is tried", () => {
      const plan = cases.map(({ content }) => planCase(connector, content)).find((one) => !Array.isArray(one));
      if (plan === undefined || Array.isArray(plan) || plan.test === undefined) return;
      const told = cases.flatMap(({ content }) =>
        (content.tests ?? []).map(({ result }) => ("kind" in result ? result.kind : result.ok)),
      );
      assert.ok(told.includes(true), "no test goes well");
      const hasSecrets = connector.config_fields.some(({ type, required }) => type === "secret" && required);
      const hasIds = connector.config_fields.some(({ type, required }) => type === "string" && required);
      if (hasSecrets) assert.ok(told.includes("credentials"), "no test tells of wrong credentials");
      if (hasIds) assert.ok(told.includes("not_found") || told.includes("permission"), "no test tells of a wrong id");
    });
  });
}

function runRequests(plan: DeliveryPlan, content: ContractCase): void {
  const { requests, refused } = buildCase(plan, content);
  const { secrets } = content.settings;
  const written = requests.map((request) => writtenRequest(request));
  const expected = (content.requests ?? []).map(expectedRequest);
  // A case may also write its secrets as <key>.
  const isRedacted = JSON.stringify(expected).includes("<");
  const shown = isRedacted ? requests.map((request) => writtenRequest(request, secrets)) : written;
  assert.deepEqual({ requests: shown, refused }, { requests: expected, refused: content.refused ?? [] });
}

function runAnswers(plan: DeliveryPlan, content: ContractCase): void {
  const request = buildCase(plan, content).requests[0];
  assert.ok(request);
  for (const { response, outcome, outcomes } of content.answers ?? []) {
    const whole = { headers: {}, body: "", ...response };
    const expected: unknown = outcomes ?? request.covers.map(() => outcome);
    const label: string = `${response.status} ${whole.body.slice(0, 80)}`;
    assert.deepEqual(plan.classify(whole, request, caseFacts(content)), expected, label);
  }
}

function runTests(plan: DeliveryPlan, content: ContractCase): void {
  const { test } = plan;
  assert.ok(test, "the plan has no connection test");
  if (content.test_request !== undefined) {
    const written = writtenRequest(test.request(caseFacts(content)), content.settings.secrets);
    assert.deepEqual(written, expectedRequest(content.test_request));
  }
  for (const { response, result } of content.tests ?? []) {
    const read = test.read({ headers: {}, body: "", ...response });
    assert.match(read.message, /\S/);
    // The words may be left out; what they are about may not.
    assert.deepEqual(
      "message" in result ? read : { ...read, message: undefined },
      "message" in result ? result : { ...result, message: undefined },
    );
  }
}

export function plansSuite({ key, connector, cases }: Subject): void {
  describe(`${key}: plans`, () => {
    const plans = cases.flatMap(({ file, content }) => {
      const plan = planCase(connector, content);
      return Array.isArray(plan) ? [] : [{ file, content, plan }];
    });

    it("stay within the contract", () => {
      const { limits } = connector;
      for (const { plan } of plans) {
        assert.ok(plan.timeoutMs > 0 && plan.timeoutMs <= 60_000);
        assert.ok(Number.isInteger(plan.maxRetries) && plan.maxRetries >= 0 && plan.maxRetries <= 5);
        assert.ok(plan.batch.size >= 1 && plan.batch.bytes >= 1 && plan.batch.intervalMs >= 0);
        if (!connector.takes_delivery_spec) assert.ok(plan.batch.size <= limits.batch.size);
      }
    });

    it("account for every delivery, and put no secret where it may be seen", () => {
      for (const { plan, content, file } of plans) {
        const { requests, refused } = buildCase(plan, content);
        const seen = [...requests.flatMap(({ covers }) => covers), ...refused.map(({ index }) => index)];
        assert.deepEqual(
          [...new Set(seen)].toSorted((a, b) => a - b),
          [...caseDeliveries(content).keys()],
          file,
        );
        const tested = plan.test?.request(caseFacts(content));
        const all = tested === undefined ? requests : [...requests, tested];
        for (const secret of Object.values(caseSettings(content).secrets)) {
          for (const { reason } of refused) assert.ok(!reason.includes(secret), file);
          for (const { url, headers } of all) {
            assert.ok(
              !new URL(url).pathname.includes(encodeURIComponent(secret)),
              `${file}: a secret in the path of the URL`,
            );
            for (const name of Object.keys(headers)) assert.ok(!name.includes(secret), file);
          }
        }
        assert.deepEqual(plan.build([], { now: 0, batchId: "empty" }), { requests: [], refused: [] });
      }
    });

    it("make the same requests of the same deliveries", () => {
      for (const { plan, content, file } of plans) {
        const again = planCase(connector, content);
        assert.ok(!Array.isArray(again));
        assert.deepEqual(buildCase(again, content), buildCase(plan, content), file);
        const { requests } = buildCase(plan, content);
        const deliveries = caseDeliveries(content);
        for (const request of requests) checkRepeated(plan, { request, deliveries, content });
      }
    });

    it("make something of every answer", () => {
      for (const { plan, content } of plans) {
        const request = buildCase(plan, content).requests[0];
        const secrets = Object.values(caseSettings(content).secrets);
        if (request !== undefined) classifyAll(plan, request, secrets);
        if (plan.preparation !== undefined) prepareAll(plan.preparation, secrets);
      }
    });
  });
}

/** Deliveries that failed together are tried again by themselves: that is the same request once more. */
function checkRepeated(
  plan: DeliveryPlan,
  {
    request,
    deliveries,
    content,
  }: { request: VendorRequest; deliveries: ReturnType<typeof caseDeliveries>; content: ContractCase },
): void {
  const alone = request.covers.flatMap((index) => deliveries[index] ?? []);
  const { requests } = plan.build(alone, caseFacts(content));
  assert.equal(requests.length, 1);
  assert.deepEqual(requests[0]?.covers, [...alone.keys()]);
}
