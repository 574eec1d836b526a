/** Events of odd shapes: wrong types, ids at their limits, times at the ends of the calendar, fields with meanings of their own. */
import assert from "node:assert/strict";
import type { Arena, Check, JsonFields } from "./arena.ts";
import { inGroups } from "./in-groups.ts";

interface EventCase {
  name: string;
  /** Its messageId is the case's name unless it has one. */
  event: JsonFields;
  path?: string;
  label: string;
  check?: Check;
}

const track = (fields: JsonFields): JsonFields => ({ type: "track", event: "E", ...fields });
const bad = (name: string, event: JsonFields, path = "/v1/t"): EventCase => ({
  name,
  event,
  path,
  label: "400 invalid_event",
});
/** Taken, and these fields arrive as they were sent. */
const kept = (name: string, fields: JsonFields): EventCase => ({
  name,
  event: track(fields),
  label: "200",
  check: (arrived) => {
    for (const [field, value] of Object.entries(fields)) assert.deepEqual(arrived[field], value, `${name}: ${field}`);
  },
});
/** Taken, and the event's time is this one; null is the time of receipt. */
const timed = (name: string, fields: JsonFields, timestamp: string | null): EventCase => ({
  name,
  event: track(fields),
  label: "200",
  check: (arrived) => {
    assert.equal(arrived["timestamp"], timestamp ?? arrived["receivedAt"], name);
    for (const [field, value] of Object.entries(fields)) {
      if (field !== "timestamp") assert.deepEqual(arrived[field], value, `${name}: ${field}`);
    }
    if (typeof fields["timestamp"] === "string") assert.equal(arrived["originalTimestamp"], fields["timestamp"], name);
  },
});

const WRONG_VALUES: readonly [name: string, value: unknown][] = [
  ["number", 7],
  ["true", true],
  ["list", ["a"]],
  ["object", { a: 1 }],
];
const TEXT_FIELDS = ["event", "name", "userId", "anonymousId", "groupId", "previousId", "messageId", "timestamp"];
const OBJECT_FIELDS = ["properties", "traits", "context", "integrations"];

const wrongTypes: EventCase[] = [
  ...TEXT_FIELDS.flatMap((field) =>
    WRONG_VALUES.map(([kind, value]) => bad(`${field}_is_${kind}`, track({ [field]: value }))),
  ),
  ...OBJECT_FIELDS.flatMap((field) =>
    [...WRONG_VALUES.filter(([kind]) => kind !== "object"), ["text", "a"] as const].map(([kind, value]) =>
      bad(`${field}_is_${kind}`, track({ [field]: value })),
    ),
  ),
  ...WRONG_VALUES.map(([kind, value]) => bad(`type_is_${kind}`, { type: value, event: "E" })),
  bad("type_missing", { event: "E" }),
  bad("type_null", { type: null, event: "E" }),
  bad("type_in_capitals", { type: "TRACK", event: "E" }),
  bad("type_of_another_path", { type: "page" }),
  bad("type_unknown", { type: "x".repeat(100_000), event: "E" }),
  bad("type_of_the_machinery", { type: "constructor", event: "E" }),
  bad("event_missing", { type: "track" }),
  bad("event_empty", { type: "track", event: "" }),
  bad("event_with_nul", { type: "track", event: "a\u0000b" }),
  bad("userId_with_nul", track({ userId: "\u0000" })),
  bad("group_without_id", { type: "group" }, "/v1/g"),
  bad("identify_of_nobody", { type: "identify" }, "/v1/i"),
  bad("alias_of_nobody", { type: "alias", previousId: "a" }, "/v1/alias"),
];

const messageIds: EventCase[] = [
  bad("messageId_empty", track({ messageId: "" })),
  bad("messageId_256", track({ messageId: "m".repeat(256) })),
  bad("messageId_megabyte", track({ messageId: "m".repeat(900_000) })),
  bad("messageId_line_break", track({ messageId: "a\r\nX-Injected: 1" })),
  bad("messageId_nul", track({ messageId: "a\u0000" })),
  bad("messageId_delete", track({ messageId: "a\u007f" })),
  bad("messageId_lone_surrogate", track({ messageId: "a\ud800" })),
  ...[
    "m".repeat(255),
    "😀".repeat(127),
    " ",
    "a,b;c=d",
    "%00%0d%0a",
    "../../etc/passwd",
    "__proto__x",
    "constructor",
    "toString",
    "null",
    "0",
    "'; DROP TABLE events; --",
    '"quoted"',
    "a:b:c",
    "é\u0301\u202e",
    "\u0085\u2028",
    "{{event}}",
  ].map((messageId) => kept(`messageId ${messageId.slice(0, 12)}`, { messageId })),
];

const times: EventCase[] = [
  timed("time_of_year_zero", { timestamp: "0000-01-01T00:00:00.000Z" }, "0000-01-01T00:00:00.000Z"),
  timed("time_before_year_zero_by_its_zone", { timestamp: "0000-01-01T00:00:00+14:00" }, "0000-01-01T00:00:00.000Z"),
  timed("time_of_year_one", { timestamp: "0001-01-01" }, "0001-01-01T00:00:00.000Z"),
  timed("time_of_1970", { timestamp: "1970-01-01T00:00:00Z" }, "1970-01-01T00:00:00.000Z"),
  timed("time_of_year_9999", { timestamp: "9999-12-31T23:59:59.999Z" }, null),
  timed("time_beyond_9999_by_its_zone", { timestamp: "9999-12-31T23:59:59-14:00" }, null),
  timed("time_of_a_leap_day", { timestamp: "2024-02-29T12:00:00,5+05:30" }, "2024-02-29T06:30:00.500Z"),
  timed("time_null", { timestamp: null }, null),
  timed("sentAt_before_the_event", { timestamp: "2020-01-01T00:00:00.000Z", sentAt: "2010-01-01T00:00:00.000Z" }, null),
  timed(
    "sentAt_of_year_9999",
    { timestamp: "0000-01-01T00:00:00Z", sentAt: "9999-12-31T23:59:59Z" },
    "0000-01-01T00:00:00.000Z",
  ),
  timed("sentAt_of_year_zero", { timestamp: "9999-12-31T23:59:59Z", sentAt: "0000-01-01T00:00:00Z" }, null),
  timed(
    "sentAt_is_no_time",
    { timestamp: "2020-01-01T00:00:00Z", sentAt: "+275760-09-13T00:00:00Z" },
    "2020-01-01T00:00:00.000Z",
  ),
  timed("sentAt_is_a_number", { timestamp: "2020-01-01T00:00:00Z", sentAt: 1e15 }, "2020-01-01T00:00:00.000Z"),
  timed("sentAt_is_an_object", { timestamp: "2020-01-01T00:00:00Z", sentAt: { a: [] } }, "2020-01-01T00:00:00.000Z"),
  timed("sentAt_alone", { sentAt: "2001-01-01T00:00:00Z" }, null),
  ...[
    "+275760-09-13T00:00:00.000Z",
    "-271821-04-20T00:00:00.000Z",
    "+010000-01-01T00:00:00Z",
    "-000001-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "2026-01-01T25:00:00Z",
    "2026-01-01T00:00:61Z",
    "2026-01-01T00:00:00+99:00",
    "yesterday",
    "",
    "1772029800",
    "2026-02-25T14:30:00.000Z\u0000",
    "２０２６-02-25T14:30:00Z",
    "9".repeat(100_000),
    `2026-02-25T14:30:00.${"0".repeat(100_000)}Z`,
  ].map((timestamp) => bad(`time ${timestamp.slice(0, 30)}`, track({ timestamp }))),
];

/** What is derived beside a consent that grants nothing. */
const DENIED = {
  essential: true,
  marketing: false,
  advertising: false,
  ad_storage: false,
  ad_user_data: false,
  ad_personalization: false,
  analytics_storage: false,
};
const ODD_CONSENT = {
  analytics: "yes",
  categories: [],
  categoryPreferences: 7,
  canonical: { marketing: {} },
};

const fields: EventCase[] = [
  kept("originalTimestamp_of_other_types", { originalTimestamp: { a: 1 } }),
  kept("own_words_of_the_system", { input: undefined, topic: "raw-events", deliveryId: "x", payload: { a: 1 } }),
  kept("userId_megabyte_and_a_half_less", { userId: "u".repeat(500_000), anonymousId: "a".repeat(500_000) }),
  kept("ids_of_lone_surrogates", { userId: "\ud800", anonymousId: "\udfff" }),
  kept("ids_of_machinery", { userId: "__proto__", anonymousId: "constructor", groupId: "hasOwnProperty" }),
  kept("integrations_of_other_types", { integrations: { All: "no", shop: null, constructor: { a: 1 } } }),
  kept("context_of_other_types", {
    context: { page: 7, ip: [], userAgent: {}, consent: "all", library: null, screen: "x", traits: [1] },
  }),
  {
    name: "consent_of_other_types",
    event: track({ context: { consent: ODD_CONSENT } }),
    label: "200",
    // Stored untouched; what is derived from it stands beside it, and nothing but true grants.
    check: ({ context }) => assert.deepEqual(context, { consent: { ...ODD_CONSENT, ...DENIED } }),
  },
  kept("properties_with_nul", { properties: { "a\u0000b": "\u0000", c: ["\u0000"] } }),
  kept("properties_without_end_of_line", { properties: { a: "\r\n\u0085\u2028\u2029\u000b" } }),
  {
    name: "what_the_system_says_itself_is_not_the_clients",
    event: track({
      pipelineId: "pip_evil",
      receivedAt: "1999-01-01T00:00:00Z",
      request: { ip: "6.6.6.6" },
      input: "x",
    }),
    label: "200",
    check: (arrived) => {
      assert.ok(!("pipelineId" in arrived) && !("request" in arrived) && !("input" in arrived));
      assert.notEqual(arrived["receivedAt"], "1999-01-01T00:00:00Z");
    },
  },
  {
    name: "a_replay_is_not_the_clients_to_say",
    event: track({ replayOf: "dl_00000000000000000000000000" }),
    label: "200",
    check: (arrived) => assert.ok(!("replayOf" in arrived)),
  },
];

const CASES: readonly EventCase[] = [...wrongTypes, ...messageIds, ...times, ...fields];

export async function oddEvents(arena: Arena): Promise<void> {
  await inGroups(CASES, async ({ name, event, path, label, check }) => {
    const { messageId = `event-${name}` } = event;
    const body = JSON.stringify({ ...event, messageId });
    await arena.expect(name, label, { body, ...(path === undefined ? {} : { path }) });
    if (label === "200") arena.accepted(String(messageId), check);
  });
}

/** A batch of nothing but faults names each; beside good items they cost nothing. */
export async function oddBatches(arena: Arena): Promise<void> {
  const faults = CASES.filter(({ label, path = "/v1/t" }) => label !== "200" && path === "/v1/t")
    .map(({ event }) => event)
    // In a batch an event may be of any type.
    .filter(({ type }) => type !== "page")
    .filter((event) => JSON.stringify(event).length < 1_000);
  const onlyFaults = await arena.expect("only faults", "400 no_event_accepted", {
    path: "/v1/batch",
    body: JSON.stringify({ batch: faults }),
  });
  arena.refused("invalid_event", faults.length);
  assert.deepEqual(
    JSON.parse(onlyFaults.body).errors.map(({ index, error }: JsonFields) => [index, error]),
    faults.map((_, index) => [index, "invalid_event"]),
  );

  const mixed = faults.flatMap((event, index) => [event, track({ messageId: `mixed-${index}` })]);
  const answer = await arena.expect("faults between good ones", "200", {
    path: "/v1/batch",
    body: JSON.stringify(mixed),
  });
  arena.refused("invalid_event", faults.length);
  const { accepted, rejected } = JSON.parse(answer.body);
  assert.deepEqual([accepted, rejected], [faults.length, faults.length]);
  faults.forEach((_, index) => arena.accepted(`mixed-${index}`));

  const odd: [name: string, body: string][] = [
    ["no batch", "{}"],
    ["a text", '{"batch":"x"}'],
    ["an object", '{"batch":{"0":{"type":"page"},"length":1}}'],
    ["null", '{"batch":null}'],
    ["context is a text", '{"context":"x","batch":[{"type":"page"}]}'],
    ["integrations is a list", '{"integrations":[],"batch":[{"type":"page"}]}'],
  ];
  for (const [name, body] of odd) await arena.expect(name, "400 invalid_event", { path: "/v1/batch", body });

  const items = [null, 7, "a", true, [], [[{ type: "page" }]], { batch: [{ type: "page" }] }];
  const strange = await arena.expect("strange items", "400 no_event_accepted", {
    path: "/v1/batch",
    body: JSON.stringify(items),
  });
  arena.refused("invalid_event", items.length);
  assert.equal(JSON.parse(strange.body).errors.length, items.length);

  const shared = '{"sentAt":{"a":1},"context":{"__proto__":{"x":1},"page":7},"batch":[';
  const body = `${shared}{"type":"track","event":"E","messageId":"shared","context":null,"integrations":{"All":1}}]}`;
  await arena.expect("shared fields of other types", "200", { path: "/v1/batch", body });
  arena.accepted("shared", ({ context, sentAt }) => assert.deepEqual([context, sentAt], [{ page: 7 }, { a: 1 }]));
}
