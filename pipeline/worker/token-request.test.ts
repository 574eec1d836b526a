import assert from "node:assert/strict";
import { test } from "node:test";
import { type VendorRequest, redact } from "@datafly-signal/core";
import { TestClock } from "./testing/test-clock.ts";
import { answer, testConnector, testSender } from "./testing/test-vendor.ts";
import { requestToken } from "./token-request.ts";

const ASSERTION = "eyJhbGciOiJSUzI1NiJ9.claims.signature";

async function refusedRequest(request: Partial<VendorRequest>) {
  const clock = new TestClock();
  const sender = testSender(() => clock.monotonic());
  sender.send = async () => answer(401);
  const plan = testConnector().plan({ parameters: {}, secrets: {}, batch: {}, environment: "development" });
  assert.ok(!Array.isArray(plan));
  const token = {
    key: "k",
    request: (): VendorRequest => ({
      ...{ method: "POST", url: "https://auth.example.com/token", headers: {}, body: null, covers: [] },
      ...request,
    }),
    read: () => ({ kind: "retry", reason: "It was not taken." }) as const,
  };
  const result = await requestToken({ plan: { ...plan, token }, secrets: ["a-known-secret"] }, { sender, clock });
  assert.ok(result.kind === "failed");
  return result;
}

test("what a token request carries is hidden from whatever tells of it", async () => {
  const form = (fields: Record<string, string>): string => String(new URLSearchParams(fields));
  const cases: [what: string, request: Partial<VendorRequest>, seen: string[], unseen: string[]][] = [
    [
      "a signed assertion, but not what is asked for",
      { body: form({ grant_type: "jwt-bearer", scope: "https://auth.example.com/bigquery", assertion: ASSERTION }) },
      ["https://auth.example.com/bigquery", "jwt-bearer"],
      [ASSERTION],
    ],
    [
      "credentials in a header",
      { headers: { Authorization: "Basic aWQ6c2VjcmV0" } },
      [],
      ["Basic aWQ6c2VjcmV0", "aWQ6c2VjcmV0"],
    ],
    ["JSON", { body: '{"client_id":"shop-client","refresh_token":"1//refresh"}' }, ["shop-client"], ["1//refresh"]],
    ["JSON that is none", { body: '{"client_secret' }, ["nothing"], []],
    ["bytes", { body: new TextEncoder().encode(form({ client_assertion: ASSERTION })) }, [], [ASSERTION]],
    [
      "a query",
      { url: "https://auth.example.com/token?id=shop-id&app_secret=hunter2-hunter" },
      ["shop-id"],
      ["hunter2-hunter"],
    ],
    ["no URL", { url: "none" }, ["none"], []],
  ];
  for (const [what, request, seen, unseen] of cases) {
    const { hidden } = await refusedRequest(request);
    const told = redact([...seen, ...unseen, "a-known-secret"].join(" "), hidden, 2_000);
    for (const text of seen) assert.ok(told.includes(text), `${what}: ${text}`);
    for (const text of [...unseen, "a-known-secret"]) assert.ok(!told.includes(text), `${what}: ${text}`);
  }
});

test("the answer's text is kept where it was an error only", async () => {
  const { response, outcome } = await refusedRequest({});
  assert.equal(response?.status, 401);
  assert.equal(outcome.reason, "No token could be had: It was not taken.");
});
