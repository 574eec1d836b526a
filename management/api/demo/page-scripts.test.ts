import assert from "node:assert/strict";
import { test } from "node:test";

interface Line {
  indent: number;
  text: string;
  mark: string;
  from?: string;
}
interface Compare {
  compare(value: unknown, before: unknown): { lines: Line[]; gone: number };
}
interface Journey {
  messageId: string;
  name: string;
}
interface Journeys {
  createJourneys(change: (journey: Journey) => void): { add(record: object): void; all(): Journey[] };
  standing(journey: Journey): { kind: string; sign: string; word: string; detail: string };
  steps(journey: Journey): { mark: string }[];
  hint(journey: Journey): string;
}

interface Folded {
  stretches(lines: { mark: string }[]): { start: number; end: number; folded: boolean }[];
}

const { stretches } = (await import(new URL("./pages/folded-lines.js", import.meta.url).href)) as Folded;
const { compare } = (await import(new URL("./pages/compare.js", import.meta.url).href)) as Compare;
const { createJourneys, hint, standing, steps } = (await import(
  new URL("./pages/journeys.js", import.meta.url).href
)) as Journeys;

const shown = (value: unknown, before: unknown): string[] =>
  compare(value, before).lines.map(
    ({ text, mark, from }) => `${mark} ${text}${from === undefined ? "" : ` < ${from}`}`,
  );

test("each line says what became of it", () => {
  const before = { messageId: "m-1", email: "jane@example.com", value: 5, flag: true };
  assert.deepEqual(shown({ event_id: "m-1", value: 6, flag: true, em: "8c87b4" }, before), [
    "none {",
    'moved "event_id": "m-1", < messageId',
    'changed "value": 6,',
    'same "flag": true,',
    'new "em": "8c87b4"',
    "none }",
  ]);
  assert.equal(compare({ event_id: "m-1" }, before).gone, 3);
});

test("in lists a value comes from the same place of the other list", () => {
  const before = {
    items: [
      { price: 18, quantity: 1 },
      { price: 42, quantity: 1 },
    ],
  };
  const after = {
    contents: [
      { item_price: 18, quantity: 1 },
      { item_price: 42, quantity: 1 },
    ],
  };
  const origins = compare(after, before).lines.flatMap(({ from }) => from ?? []);
  assert.deepEqual(origins, ["items[0].price", "items[0].quantity", "items[1].price", "items[1].quantity"]);
});

test("the lines are the JSON, whatever its shape", () => {
  const deep = JSON.parse(`${"[".repeat(500)}1${"]".repeat(500)}`) as unknown;
  for (const value of [null, "</script>", [], {}, [[]], { "a.b": [{}], "": 0, __proto__x: "é\n" }, deep]) {
    const { lines } = compare(value, undefined);
    assert.deepEqual(JSON.parse(lines.map(({ text }) => text).join("\n")), value);
  }
  const own = JSON.parse('{"__proto__": {"polluted": 1}}') as unknown;
  assert.match(
    compare(own, {})
      .lines.map(({ text }) => text)
      .join(""),
    /"__proto__": \{"polluted": 1\}/,
  );
});

const head = { v: 1, messageId: "m-1", pipelineId: "pip_1", eventName: "purchase" };

function processed(lane: object, event: unknown = { type: "track" }): object {
  const times = { at: "2026-11-21T09:00:00.010Z", receivedAt: "2026-11-21T09:00:00.000Z" };
  return { ...head, stage: "processed", ...times, event, lanes: [lane] };
}

function sent(attempt: number, outcome: string, status: number | null): object {
  const response = status === null ? null : { status, headers: {}, body: "" };
  const at = `2026-11-21T09:00:0${attempt}.000Z`;
  return { ...head, stage: "sent", at, attempt, outcome, reason: "why", durationMs: 12.4, response };
}

const MAPPED = { outcome: "mapped", payload: {} };

const standings: [string, object[], string, RegExp, string][] = [
  ["mapped", [processed(MAPPED)], "waiting", /On its way/, "done done open open"],
  ["delivered", [processed(MAPPED), sent(1, "delivered", 200)], "delivered", /^200 · 12 ms$/, "done done done done"],
  ["sent, seen first", [sent(1, "delivered", 204)], "delivered", /^204/, "done done done done"],
  ["refused", [processed(MAPPED), sent(1, "reject", 400)], "dead", /400 · dead letter/, "done done done stopped"],
  ["failing", [processed(MAPPED), sent(1, "retry", 500)], "retry", /500 · trying again/, "done done done again"],
  ["failed at last", [processed(MAPPED), sent(6, "retry", null)], "dead", /no answer · dead/, "done done done stopped"],
  [
    "mended",
    [sent(2, "delivered", 200), processed(MAPPED), sent(1, "retry", 500)],
    "delivered",
    /200/,
    "done done done done",
  ],
  [
    "filtered",
    [processed({ outcome: "filtered", reason: "consent_denied" })],
    "filtered",
    /Filtered/,
    "done stopped open open",
  ],
  [
    "unmapped",
    [processed({ outcome: "dead_lettered", reason: "mapping_failed", detail: null })],
    "dead",
    /Dead letter/,
    "done stopped open open",
  ],
];
for (const [what, records, kind, word, marks] of standings) {
  test(`how an event stands: ${what}`, () => {
    const journeys = createJourneys(() => undefined);
    for (const record of records) journeys.add(record);
    const [journey] = journeys.all();
    assert.ok(journey !== undefined);
    assert.equal(standing(journey).kind, kind);
    assert.match(standing(journey).word, word);
    assert.notEqual(standing(journey).sign, "", "not by colour alone");
    assert.equal(
      steps(journey)
        .map(({ mark }) => mark)
        .join(" "),
      marks,
    );
  });
}

test("a replay is a new try, whatever its number, and says what it is", () => {
  const journeys = createJourneys(() => undefined);
  const replayed = { ...sent(1, "delivered", 200), at: "2026-11-21T09:01:00.000Z" };
  for (const record of [processed(MAPPED), sent(1, "reject", 400), replayed]) journeys.add(record);
  const [journey] = journeys.all();
  assert.ok(journey !== undefined);
  const { kind, detail } = standing(journey);
  assert.deepEqual([kind, detail], ["delivered", "after a replay"]);
});

const folds: [marks: string, expected: string][] = [
  ["", ""],
  ["sssssss", "0-7 folded"],
  ["sss", "0-3"],
  ["sssssscssssss", "0-4 folded, 4-9, 9-13 folded"],
  ["cssssssc", "0-3, 3-5, 5-8"],
  ["csssssssssc", "0-3, 3-8 folded, 8-11"],
  ["ccc", "0-3"],
];
for (const [marks, expected] of folds) {
  test(`unchanged lines are folded: ${marks}`, () => {
    const lines = [...marks].map((sign) => ({ mark: sign === "c" ? "changed" : "same" }));
    const found = stretches(lines).map(({ start, end, folded }) => `${start}-${end}${folded ? " folded" : ""}`);
    assert.equal(found.join(", "), expected);
  });
}

test("the same record twice changes nothing, and only the newest journeys are kept", () => {
  let changes = 0;
  const journeys = createJourneys(() => (changes += 1));
  for (let round = 0; round < 3; round += 1)
    for (const record of [processed(MAPPED), sent(1, "delivered", 200)]) journeys.add(record);
  assert.equal(changes, 2);
  for (let index = 0; index < 1000; index += 1) journeys.add({ ...processed(MAPPED), messageId: `m ${index}` });
  assert.equal(journeys.all().length, 300);
  assert.equal(journeys.all().at(-1)?.messageId, "m 999");
});

test("what an event is about, whatever it holds", () => {
  const about = (event: unknown): string => {
    const journeys = createJourneys(() => undefined);
    journeys.add(processed(MAPPED, event));
    return journeys.all().map(hint).join();
  };
  const properties = { value: 97.99, currency: "EUR", items: [{}, {}] };
  assert.equal(about({ type: "track", properties }), "97.99 EUR · 2 items");
  assert.equal(
    about({ type: "identify", userId: "user_1", traits: { email: "jane@example.com" } }),
    "user_1 · jane@example.com",
  );
  assert.equal(
    about({ type: "identify", userId: "user_1", traits: { email: "8c87b489".repeat(8) } }),
    "user_1 · e-mail 8c87b489…",
  );
  assert.equal(about({ type: "page", properties: { path: "/a" } }), "/a");
  const odd = [
    null,
    5,
    "x",
    [],
    { properties: null },
    { properties: { items: [null], value: {} } },
    { type: "page", context: 3 },
  ];
  for (const event of odd) assert.equal(typeof about(event), "string");
  assert.ok(about({ type: "page", properties: { path: "y".repeat(500) } }).length <= 80);
});
