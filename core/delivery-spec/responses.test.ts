import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { VendorOutcome } from "../connector/contract.ts";
import type { ItemsSpec, ResponseRule, ResponsesSpec } from "./responses-schema.ts";
import type { DeliverySpec } from "./spec-schema.ts";
import { delivery, FACTS, faultsOf, NOW, planOf } from "./spec-fixture.ts";

interface Asked {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
  count?: number;
  spec?: Partial<DeliverySpec>;
}

function classify(
  responses: ResponsesSpec,
  { status = 200, headers = {}, body = "", count = 1, spec = {} }: Asked,
): VendorOutcome[] {
  const plan = planOf(
    { requests: "per_batch", responses, ...spec },
    { secrets: { key: "s3cr3t-key" }, parameters: { site: "site-1" } },
  );
  const deliveries = Array.from({ length: count }, (_, index) =>
    delivery({ n: index, id: `e-${index}`, list: [1, 2] }, { id: `m-${index}` }),
  );
  const [request] = plan.build(deliveries, FACTS).requests;
  assert.ok(request);
  return plan.classify({ status, headers, body: typeof body === "string" ? body : JSON.stringify(body) }, request, {
    now: NOW,
  });
}

const only = (rule: ResponseRule, asked: Asked): VendorOutcome | undefined => classify({ rules: [rule] }, asked)[0];

describe("what a status means by itself", () => {
  const spec: Partial<DeliverySpec> = {
    endpoint: { url: "https://api.example.com/{{config.site}}" },
    auth: { kind: "bearer", token: "{{secret.key}}" },
  };
  const table: [status: number, count: number, outcome: VendorOutcome, headers?: Record<string, string>][] = [
    [200, 1, { kind: "delivered" }],
    [204, 3, { kind: "delivered" }],
    [
      301,
      1,
      { kind: "misconfigured", reason: "The vendor's address redirects (301), which is not followed. Check site." },
    ],
    [400, 1, { kind: "reject", reason: "The vendor refused the event (400)." }],
    [400, 2, { kind: "reject", reason: "The vendor refused the batch (400).", bisect: true }],
    [422, 2, { kind: "reject", reason: "The vendor refused the batch (422)." }],
    [401, 1, { kind: "misconfigured", reason: "The vendor refused the credentials (401). Check key." }],
    [403, 1, { kind: "misconfigured", reason: "The vendor does not allow this (403). Check that key may write." }],
    [404, 1, { kind: "misconfigured", reason: "There is nothing at the vendor's address (404). Check site." }],
    [410, 1, { kind: "misconfigured", reason: "There is nothing at the vendor's address (410). Check site." }],
    [408, 1, { kind: "retry", reason: "The vendor could not take the request (408)." }],
    [413, 1, { kind: "reject", reason: "The event is too large for the vendor (413)." }],
    [413, 2, { kind: "reject", reason: "The batch is too large for the vendor (413).", bisect: true }],
    [
      429,
      1,
      { kind: "throttle", reason: "The vendor asks for fewer requests (429).", retryAfterMs: 30_000 },
      { "retry-after": "30" },
    ],
    [429, 1, { kind: "throttle", reason: "The vendor asks for fewer requests (429)." }],
    [
      503,
      1,
      { kind: "retry", reason: "The vendor could not take the request (503).", retryAfterMs: 60_000 },
      { "retry-after": "Wed, 25 Feb 2026 14:31:00 GMT" },
    ],
    [
      500,
      1,
      { kind: "retry", reason: "The vendor could not take the request (500).", retryAfterMs: 3_600_000 },
      { "retry-after": "999999" },
    ],
    [100, 1, { kind: "retry", reason: "The vendor could not take the request (100)." }],
  ];
  for (const [status, count, outcome, headers = {}] of table) {
    it(`${status} to ${count}`, () =>
      assert.deepEqual(
        classify({ bisect: [400] }, { status, count, headers, spec }),
        Array.from({ length: count }, () => outcome),
      ));
  }

  it("ends with the vendor's own words, in one line, bounded, without secrets", () => {
    const reason = (message: unknown): string => {
      const [outcome] = classify({ message: "body.error.message" }, { status: 400, body: { error: { message } } });
      return outcome !== undefined && "reason" in outcome ? outcome.reason : "";
    };
    assert.equal(reason("no\n  name"), "The vendor refused the event (400). It said: no name");
    assert.equal(reason("key s3cr3t-key is old"), "The vendor refused the event (400). It said: key [redacted] is old");
    assert.equal(reason({ a: 1 }), "The vendor refused the event (400).");
    assert.ok(reason("x".repeat(5_000)).length < 300);
    // A secret that the cut would divide.
    assert.doesNotMatch(reason(`${"x".repeat(195)}s3cr3t-key`), /s3cr/);
  });

  it("names every setting that the credentials stand in, also in the body", () => {
    const body = { encoding: "json", envelope: { api_key: "{{secret.key}}", events: "$events" } } as const;
    const [outcome] = classify({}, { status: 401, spec: { body } });
    assert.deepEqual(outcome, {
      kind: "misconfigured",
      reason: "The vendor refused the credentials (401). Check key.",
    });
  });
});

describe("rules", () => {
  const holds: [name: string, rule: Omit<ResponseRule, "outcome">, asked: Asked, fits: boolean][] = [
    ["a status", { status: 409 }, { status: 409 }, true],
    ["another status", { status: 409 }, { status: 400 }, false],
    ["a class", { status: "5xx" }, { status: 599 }, true],
    ["a range", { status: "500-503" }, { status: 504 }, false],
    ["a list", { status: [409, "5xx"] }, { status: 502 }, true],
    ["a code", { when: [{ path: "body.error.code", equals: 190 }] }, { body: { error: { code: 190 } } }, true],
    [
      "a code as text",
      { when: [{ path: "body.error.code", equals: 190 }] },
      { body: { error: { code: "190" } } },
      true,
    ],
    [
      "without naming the body",
      { when: [{ path: "error.code", equals: 190 }] },
      { body: { error: { code: 190 } } },
      true,
    ],
    ["one of several", { when: [{ path: "body.code", in: [1, 2] }] }, { body: { code: 2 } }, true],
    ["none of several", { when: [{ path: "body.code", not_in: [0] }] }, { body: { code: 2 } }, true],
    ["not", { when: [{ path: "body.code", not: 0 }] }, { body: { code: 0 } }, false],
    ["not, where it is missing", { when: [{ path: "body.code", not: 0 }] }, { body: {} }, true],
    ["null", { when: [{ path: "body.code", equals: null }] }, { body: {} }, true],
    [
      "a pattern",
      { when: [{ path: "body.message", matches: "(?i)invalid api key" }] },
      { body: { message: "Invalid API key: x" } },
      true,
    ],
    [
      "the text",
      { when: [{ path: "text", matches: "<Code>NoSuchBucket</Code>" }] },
      { body: "<Error><Code>NoSuchBucket</Code>" },
      true,
    ],
    ["a header", { when: [{ path: "headers.X-Error", equals: "busy" }] }, { headers: { "x-error": "busy" } }, true],
    ["there", { when: [{ path: "body.errors", exists: true }] }, { body: { errors: [1] } }, true],
    ["an empty list is not there", { when: [{ path: "body.errors", exists: true }] }, { body: { errors: [] } }, false],
    ["an empty object is there", { when: [{ path: "body.errors", exists: true }] }, { body: { errors: {} } }, true],
    [
      "in a list",
      { when: [{ path: "body.errors[0].reason", equals: "x" }] },
      { body: { errors: [{ reason: "x" }] } },
      true,
    ],
    [
      "all must hold",
      {
        status: 200,
        when: [
          { path: "body.a", equals: 1 },
          { path: "body.b", equals: 2 },
        ],
      },
      { body: { a: 1, b: 1 } },
      false,
    ],
    ["a body that is no JSON", { when: [{ path: "body.a", exists: false }] }, { body: "<html>" }, true],
    ["an object is no scalar", { when: [{ path: "body.a", equals: "[object Object]" }] }, { body: { a: {} } }, false],
    ["nothing of a prototype", { when: [{ path: "body.toString", exists: true }] }, { body: {} }, false],
  ];
  for (const [name, rule, asked, fits] of holds) {
    it(`hold by ${name}`, () => {
      const marked = only({ ...rule, outcome: "throttle", reason: "marked" }, asked);
      assert.equal(marked !== undefined && "reason" in marked && marked.reason === "marked", fits);
    });
  }

  it("fall back on the status where a body is nested too deep to be shown", () => {
    const body = `{"error":${"[".repeat(30_000)}${"]".repeat(30_000)}}`;
    const rules: ResponseRule[] = [
      { when: [{ path: "body.error", matches: "x" }], outcome: "reject" },
      { status: 200, outcome: "reject", reason: "It said {{body.error}}" },
    ];
    for (const status of [200, 500]) {
      const [outcome] = classify({ rules }, { status, body });
      assert.ok(outcome?.kind === (status === 200 ? "reject" : "retry"));
    }
  });

  it("are asked in order, and a success can be an error", () => {
    const responses: ResponsesSpec = {
      rules: [
        { status: 200, when: [{ path: "body.code", equals: 0 }], outcome: "delivered" },
        {
          status: 200,
          when: [{ path: "body.code", in: [40105, 40102] }],
          outcome: "misconfigured",
          reason: "The token is wrong: {{body.message}}",
        },
        { status: 200, outcome: "reject", reason: "Refused ({{body.code}}).", bisect: true },
      ],
    };
    assert.deepEqual(classify(responses, { body: { code: 0 } }), [{ kind: "delivered" }]);
    assert.deepEqual(classify(responses, { body: { code: 40105, message: "expired s3cr3t-key" } }), [
      { kind: "misconfigured", reason: "The token is wrong: expired [redacted]" },
    ]);
    const refused = { kind: "reject", reason: "Refused (40002)." };
    assert.deepEqual(classify(responses, { body: { code: 40002 } }), [refused]);
    assert.deepEqual(classify(responses, { body: { code: 40002 }, count: 2 }), [
      { ...refused, bisect: true },
      { ...refused, bisect: true },
    ]);
  });

  it("have words of their own where none are given", () => {
    assert.deepEqual(only({ outcome: "misconfigured", field: "key" }, {}), {
      kind: "misconfigured",
      reason: "The vendor refused the settings (200). Check key.",
    });
    assert.deepEqual(only({ outcome: "reject", reason: "{{body.nothing}}" }, {}), {
      kind: "reject",
      reason: "The vendor answered 200.",
    });
  });

  const waits: [retry: ResponseRule["retry_after"], asked: Asked, ms: number | undefined][] = [
    [undefined, { headers: { "retry-after": "5" } }, 5_000],
    [{ path: "body.wait" }, { body: { wait: 2.5 } }, 2_500],
    [{ path: "body.wait", unit: "ms" }, { body: { wait: "250" } }, 250],
    [{ path: "headers.x-reset", unit: "epoch_s" }, { headers: { "x-reset": String(NOW / 1000 + 20) } }, 20_000],
    [{ path: "headers.x-reset", unit: "epoch_ms" }, { headers: { "x-reset": String(NOW - 5) } }, 0],
    [{ path: "body.wait" }, { body: { wait: 1e9 } }, 3_600_000],
    [{ path: "body.wait" }, { body: { wait: "soon" }, headers: { "retry-after": "7" } }, 7_000],
    [{ path: "body.wait" }, { body: { wait: -1 } }, undefined],
    [{ path: "body.wait" }, { body: { wait: {} } }, undefined],
  ];
  for (const [retry_after, asked, ms] of waits) {
    it(`wait ${ms} by ${JSON.stringify(retry_after)}`, () => {
      const outcome = only({ outcome: "throttle", reason: "x", ...(retry_after && { retry_after }) }, asked);
      assert.equal(outcome?.kind === "throttle" ? outcome.retryAfterMs : null, ms);
    });
  }

  const wrong: [name: string, responses: ResponsesSpec, fault: RegExp][] = [
    ["neither outcome nor items", { rules: [{ status: 200 }] }, /rules\[0\]: A rule has an outcome, or items/],
    ["no test in a condition", { rules: [{ when: [{ path: "body.a" }], outcome: "retry" }] }, /A condition says/],
    [
      "a pattern that cannot be read",
      { rules: [{ when: [{ path: "text", matches: "(" }], outcome: "retry" }] },
      /In matches, the pattern is not valid/,
    ],
    [
      "a pattern with look-behind",
      { rules: [{ when: [{ path: "text", matches: "(?<=a)b" }], outcome: "retry" }] },
      /not valid/,
    ],
    [
      "a path to a prototype",
      { rules: [{ when: [{ path: "body.__proto__.a", exists: true }], outcome: "retry" }] },
      /not allowed/,
    ],
    ["a secret in a reason", { rules: [{ outcome: "retry", reason: "{{secret.key}}" }] }, /there is no secret/],
    ["a path of the vendor's words", { message: "body..a" }, /responses\.message/],
  ];
  for (const [name, responses, fault] of wrong)
    it(`are refused for ${name}`, () => assert.match(faultsOf({ responses }).join(), fault));
});

describe("answers that tell events apart", () => {
  const items = (spec: ItemsSpec, asked: Asked, rest: Partial<ResponsesSpec> = {}): string[] =>
    classify({ rules: [{ items: spec }], ...rest }, { count: 3, ...asked }).map((outcome) =>
      "reason" in outcome ? `${outcome.kind}: ${outcome.reason}` : outcome.kind,
    );
  const NO = "reject: The vendor refused this event.";

  it("by index, the others delivered", () => {
    const spec: ItemsSpec = { path: "body.errors", by: "index", key: "index" };
    assert.deepEqual(items(spec, { body: { errors: [{ index: 1 }] } }), ["delivered", NO, "delivered"]);
    assert.deepEqual(
      items(spec, { body: { errors: [{ index: "2" }, { index: 9 }, { index: -1 }, { index: null }, 5, {}] } }),
      ["delivered", "delivered", NO],
    );
  });

  it("by rules, the worst of an event's items", () => {
    // As in BigQuery's insertAll.
    const spec: ItemsSpec = {
      path: "body.insertErrors",
      by: "index",
      key: "index",
      rules: [
        {
          when: [{ path: "errors[0].reason", in: ["timeout", "stopped"] }],
          outcome: "retry",
          reason: "{{item.errors[0].reason}}",
        },
        { outcome: "reject", reason: "{{item.errors[0].message}}" },
      ],
    };
    const body = {
      insertErrors: [
        { index: 0, errors: [{ reason: "stopped" }] },
        { index: 1, errors: [{ reason: "invalid", message: "no such field" }] },
        { index: 0, errors: [{ reason: "invalid", message: "bad s3cr3t-key" }] },
      ],
    };
    assert.deepEqual(items(spec, { body }), ["reject: bad [redacted]", "reject: no such field", "delivered"]);
  });

  it("by id", () => {
    const spec: ItemsSpec = { path: "body.failed", by: "id", key: "id" };
    assert.deepEqual(items(spec, { body: { failed: [{ id: "m-2" }, { id: "other" }] } }), [
      "delivered",
      "delivered",
      NO,
    ]);
    assert.deepEqual(items(spec, { body: { failed: [{ id: "e-0" }] } }, { event_id: "{{payload.id}}" }), [
      NO,
      "delivered",
      "delivered",
    ]);
  });

  it("by a list of names, by names themselves, by the keys of an object", () => {
    assert.deepEqual(items({ path: "body.bad", by: "index" }, { body: { bad: [0, 2] } }), [NO, "delivered", NO]);
    assert.deepEqual(
      items({ path: "body.failed", by: "id", key: "ids" }, { body: { failed: [{ ids: ["m-0", "m-1"] }] } }),
      [NO, NO, "delivered"],
    );
    assert.deepEqual(items({ path: "body.errors", by: "index" }, { body: { errors: { "1": "no name" } } }), [
      "delivered",
      NO,
      "delivered",
    ]);
    // As in Amplitude: field → indexes.
    assert.deepEqual(
      items(
        { path: "body.events_with_missing_fields", by: "index", key: "item" },
        { body: { events_with_missing_fields: { user_id: [0, 2] } } },
      ),
      [NO, "delivered", NO],
    );
  });

  it("by a place within a text", () => {
    const spec: ItemsSpec = { path: "body.violations", by: "index", key: "field", pattern: "events\\[(\\d+)\\]" };
    assert.deepEqual(
      items(spec, { body: { violations: [{ field: "events.events[1].name" }, { field: "encoding" }] } }),
      ["delivered", NO, "delivered"],
    );
  });

  it("aligned", () => {
    const spec: ItemsSpec = {
      path: "body.results",
      by: "aligned",
      rules: [{ when: [{ path: "status", not: "ok" }], outcome: "reject", reason: "{{item.status}}" }],
    };
    const body = { results: [{ status: "ok" }, { status: "bad" }] };
    assert.deepEqual(items(spec, { status: 207, body }), ["delivered", "reject: bad", "delivered"]);
    assert.deepEqual(items({ ...spec, others: { outcome: "retry", reason: "Not answered." } }, { body }), [
      "delivered",
      "reject: bad",
      "retry: Not answered.",
    ]);
  });

  it("counts items where an event puts several into a request", () => {
    const spec: Partial<DeliverySpec> = {
      body: { encoding: "json", event: "{{payload.list}}", flatten: true, envelope: { events: "$events" } },
    };
    assert.deepEqual(items({ path: "body.errors", by: "index", key: "at" }, { body: { errors: [{ at: 3 }] }, spec }), [
      "delivered",
      NO,
      "delivered",
    ]);
  });

  it("leaves an answer without the list to the next rule, and at last to its status", () => {
    const spec: ItemsSpec = { path: "body.errors", by: "index", key: "index" };
    assert.deepEqual(items(spec, { body: "{}" }), ["delivered", "delivered", "delivered"]);
    assert.deepEqual(
      items(spec, { status: 500, body: { errors: "x" } })[0],
      "retry: The vendor could not take the request (500).",
    );
  });
});
