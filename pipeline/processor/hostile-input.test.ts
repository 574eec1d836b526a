import assert from "node:assert/strict";
import { test } from "node:test";
import { raw, snapshotOf, type TrialOptions, withTrial } from "./processor-fixture.ts";

const hostile: [string, string | Buffer, string | null][] = [
  ["not JSON", "{", "unreadable_record"],
  ["nothing", "", "unreadable_record"],
  ["bytes that are no text", Buffer.from([0xff, 0xfe, 0x00]), "unreadable_record"],
  ["JSON, but no event", "[1,2]", "invalid_envelope"],
  ["an event without an id", JSON.stringify({ ...raw("x"), messageId: 7 }), "invalid_envelope"],
  [
    "a million levels",
    JSON.stringify(raw("deep", { x: "@" })).replace('"@"', "[".repeat(1e6) + "]".repeat(1e6)),
    "processing_failed",
  ],
  [
    "a million objects",
    JSON.stringify(raw("deep2", { x: "@" })).replace('"@"', `${'{"a":'.repeat(5e5)}1${"}".repeat(5e5)}`),
    "processing_failed",
  ],
  [
    "a deep unknown pipeline",
    JSON.stringify(raw("deep3", { pipelineId: "pip_gone", x: "@" })).replace('"@"', "[".repeat(1e6) + "]".repeat(1e6)),
    "pipeline_deleted",
  ],
  [
    "huge texts",
    JSON.stringify(raw("huge", { anonymousId: "a".repeat(1e6), userId: "u".repeat(1e6), event: "e".repeat(1e5) })),
    null,
  ],
  [
    "__proto__ everywhere",
    JSON.stringify(raw("proto", { context: { consent: { categories: { a: true } } } })).replaceAll(
      "{",
      '{"__proto__":{"x":1},',
    ),
    null,
  ],
  [
    "names of methods",
    JSON.stringify(
      raw("methods", {
        integrations: { constructor: 1, toString: false },
        hasOwnProperty: 1,
        anonymousId: "constructor",
      }),
    ),
    null,
  ],
  [
    "unpaired surrogates",
    JSON.stringify(raw("\ud800", { type: "identify", userId: "\udfff", anonymousId: "\ud800" })),
    null,
  ],
  ["numbers beyond numbers", JSON.stringify(raw("numbers", { x: "@" })).replace('"@"', "1e400"), null],
];
/** Every step of the data layer, so that each of them meets the input. */
const everyStep: TrialOptions = {
  snapshot: snapshotOf({
    dataLayer: {
      schemas: [
        { event: "*", schema: { type: "object", properties: { x: { type: "string" } } }, on_violation: "warn" },
      ],
      bot_filtering: {},
      pii_rules: { hash_fields: ["traits.email"], detect: { emails: "hash", phones: "hash", card_numbers: "redact" } },
      device: {},
      session: {},
      identity: {},
      custom_js: { code: "event.context.seen = true; return event;" },
      routing_rules: [{ condition: "event == 'never'", action: "drop" }],
    },
  }),
  traces: { share: 1, roomy: () => true },
};
const trials: [string, TrialOptions][] = [
  ["", {}],
  [", through every step of the data layer", everyStep],
];
for (const [where, options] of trials) {
  for (const [name, text, alone] of hostile) {
    // What the search for personal data cannot look into is taken out, and the rest can be written.
    const error = where !== "" && alone === "processing_failed" ? null : alone;
    test(`no input stops a partition: ${name}${where}`, () =>
      withTrial(options, async ({ send, rejected, deliveries, counts }) => {
        await send(raw("before"), text, raw("after"));
        const delivered = (await deliveries("tmpl_a")).map(({ messageId }) => messageId);
        assert.ok(delivered.includes("before") && delivered.includes("after"));
        assert.equal(delivered.length, error === null ? 3 : 2);
        const [record, ...others] = await rejected();
        assert.deepEqual(others, []);
        if (error === null) return assert.equal(record, undefined);
        assert.equal(record?.error, error);
        assert.equal(record.bytes, Buffer.byteLength(text));
        assert.equal((await counts())[`unprocessable ${error}`], 1);
        if (record.original_base64 === undefined) assert.deepEqual(record.original_event, JSON.parse(text.toString()));
        else assert.equal(Buffer.from(record.original_base64, "base64").compare(Buffer.from(text)), 0);
      }));
  }
}
