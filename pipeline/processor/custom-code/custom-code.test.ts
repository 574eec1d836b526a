import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock, SignalEvent } from "@datafly-signal/core";
import { type CustomCodeOptions, runCustomCode } from "./custom-code.ts";
import { codeChecker } from "./sandbox.ts";

const clock: Clock = {
  wall: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

function event(messageId: string, fields: object = {}): SignalEvent {
  const at = "2026-02-25T14:30:00.000Z";
  return { type: "track", event: "A", messageId, timestamp: at, receivedAt: at, context: {}, ...fields };
}

async function run(code: string, events: SignalEvent[], facts: Partial<CustomCodeOptions> = {}) {
  const failures: Record<string, number> = {};
  const logged: string[] = [];
  const logger = { debug() {}, info() {}, warn() {}, error: (_: object, message: string) => void logged.push(message) };
  const onFailed = (kind: string, count: number): void => void (failures[kind] = (failures[kind] ?? 0) + count);
  const running = runCustomCode({ code, onError: "pass", clock, logger, onFailed, ...facts });
  try {
    return { results: await running.run(events), failures, logged, off: running.off() };
  } finally {
    await running.close();
  }
}

const outcomes: [name: string, code: string, expected: unknown][] = [
  ["changes the event in place", "event.properties = {a: 1};", { event: { ...event("m"), properties: { a: 1 } } }],
  ["returns another", "return {...event, event: event.event + '!'}", { event: event("m", { event: "A!" }) }],
  [
    "declares transform",
    "function transform(e) { e.x = e.messageId.length; return e; }",
    { event: event("m", { x: 1 }) },
  ],
  ["drops by null", "return null", null],
  ["drops by false", "return false", null],
  ["throws", "throw new Error(event.messageId)", { failed: "pass" }],
  ["returns no event", "return 5", { failed: "pass" }],
  ["returns a list", "return [event]", { failed: "pass" }],
  ["makes a circle", "event.self = event", { failed: "pass" }],
  ["breaks the context", "event.context = 1", { failed: "pass" }],
  ["takes the name away", "delete event.event", { failed: "pass" }],
  ["never ends", "for (;;);", { failed: "pass" }],
  ["takes all memory", "const a = []; for (;;) a.push(new Array(1000).fill(1));", { failed: "pass" }],
  ["calls itself for ever", "const f = () => f(); f();", { failed: "pass" }],
  ["matches for ever", "/^(a+)+$/.test('a'.repeat(50) + 'b')", { failed: "pass" }],
  ["changes what all events share", "Object.prototype.x = 1", { failed: "pass" }],
  ["leaves something behind", "globalThis.n = 1", { failed: "pass" }],
  [
    "asks for the machine",
    "return typeof process === 'undefined' && typeof require === 'undefined' && typeof fetch === 'undefined' ? null : event",
    null,
  ],
  [
    "reaches out of its function",
    "event.c = typeof event.constructor.constructor('return this')().process",
    { event: event("m", { c: "undefined" }) },
  ],
];
for (const [name, code, expected] of outcomes) {
  test(`code that ${name}`, async () => {
    const { results } = await run(code, [event("m")]);
    assert.deepEqual(results, [expected]);
  });
}

test("what identifies an event stays, and prototypes are not reached", async () => {
  const code =
    "event.messageId = 'x'; event.type = 'page'; event.receivedAt = 1; event['__proto__'] = {polluted: true};";
  const { results } = await run(code, [event("m")]);
  const [result] = results;
  assert.ok(result !== null && result !== undefined && "event" in result);
  const { messageId, type, receivedAt } = result.event;
  assert.deepEqual([messageId, type, receivedAt], ["m", "track", "2026-02-25T14:30:00.000Z"]);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

test("code gives the same result each time: its clock is the event's receipt, its chance the messageId", async () => {
  const code = "event.x = [Date.now(), new Date().toISOString(), Math.random(), Math.random(), new Date(0).getTime()];";
  const first = await run(code, [event("a"), event("b")]);
  const again = await run(code, [event("b"), event("a")]);
  assert.deepEqual(again.results.toReversed(), first.results);
  const [a, b] = first.results.map((result) =>
    result !== null && "event" in result ? (result.event["x"] as unknown[]) : [],
  );
  assert.deepEqual(a?.slice(0, 2), [Date.parse("2026-02-25T14:30:00.000Z"), "2026-02-25T14:30:00.000Z"]);
  assert.equal(a?.[4], 0);
  assert.notEqual(a?.[2], a?.[3]);
  assert.notEqual(a?.[2], b?.[2]);
});

test("consent is not the code's to change", async () => {
  const context = { consent: { marketing: false }, consent_policy: { stripped: true } };
  const code = "event.context = {consent: {marketing: true}, own: 1};";
  const { results } = await run(code, [event("a", { context }), event("b")]);
  const contexts = results.map((result) => (result !== null && "event" in result ? result.event.context : null));
  assert.deepEqual(contexts, [{ ...context, own: 1 }, { own: 1 }]);
});

test("an event nested too deeply to be written is a failure of its own", async () => {
  let deep: unknown = 1;
  for (let level = 0; level < 20_000; level += 1) deep = [deep];
  const { results } = await run("event.ok = true", [event("a"), event("b", { deep }), event("c")]);
  assert.deepEqual(
    results.map((result) => result !== null && "event" in result),
    [true, false, true],
  );
});

test("an event at fault does not touch the others of its batch, and failures are counted by kind", async () => {
  const code = "if (event.bad === 'loop') for (;;); if (event.bad) throw new TypeError('x'); event.ok = true;";
  const events = [event("a"), event("b", { bad: "loop" }), event("c"), event("d", { bad: "throw" }), event("e")];
  const { results, failures, logged } = await run(code, events, { onError: "drop" });
  assert.deepEqual(
    results.map((result) => (result !== null && "event" in result ? result.event.ok : result)),
    [true, { failed: "drop" }, true, { failed: "drop" }, true],
  );
  assert.deepEqual(failures, { timeout: 1, threw: 1 });
  assert.deepEqual(logged, []);
});

test("work that cannot be broken off ends with its thread; the events before and after it keep their results", async () => {
  const code = "if (event.heavy) { const a = []; for (;;) a.push('x'.repeat(1e6) + a.length); } event.ok = true;";
  const events = [event("a"), event("b", { heavy: true }), event("c")];
  const { results } = await run(code, events, { stallMs: 300 });
  assert.deepEqual(
    results.map((result) => (result !== null && "event" in result ? result.event.ok : result)),
    [true, { failed: "pass" }, true],
  );
});

test("what overflows the interpreter itself is that event's failure", async () => {
  const code = "event.ok = new Function('return ' + (event.text ?? 'true'))(); return event;";
  const events = [event("a"), event("b", { text: "(".repeat(100_000) }), event("c")];
  const { results, off } = await run(code, events, { onError: "drop" });
  assert.deepEqual(
    results.map((result) => (result !== null && "event" in result ? result.event.ok : result)),
    [true, { failed: "drop" }, true],
  );
  assert.equal(off, null);
});

test("a thread that cannot start is given up with words, and events are as the code's on_error says", async () => {
  const { results, off } = await run("let a = ;", [event("a"), event("b")]);
  assert.deepEqual(results, [{ failed: "pass" }, { failed: "pass" }]);
  assert.match(off ?? "", /does not start/);
});

test("closing breaks off what the code is at, and those who wait hear of it", async () => {
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const limits = { timeMs: 60_000, memoryBytes: 33_554_432 };
  const running = runCustomCode({
    code: "for (;;);",
    onError: "pass",
    clock,
    logger,
    onFailed() {},
    limits,
    stallMs: 60_000,
  });
  const waiting = assert.rejects(running.run([event("a")]), /closed/);
  await running.close();
  await waiting;
  assert.equal(running.closed(), true);
  await assert.rejects(running.run([event("b")]), /closed/);
});

test("code that keeps running out of time is switched off with words; its events are as it says", async () => {
  const limits = { timeMs: 1, memoryBytes: 33_554_432 };
  const events = Array.from({ length: 101 }, (_, index) => event(`m${index}`));
  const { off, logged, failures } = await run("for (;;);", events, { limits });
  assert.equal(failures["timeout"], 100);
  assert.match(off ?? "", /switched off/);
  assert.equal(logged.length, 1);
});

test("faults of the code are named with their line", async () => {
  const codeFault = await codeChecker();
  assert.equal(codeFault("return event"), null);
  assert.deepEqual(codeFault("let a = 1;\nlet b = ;")?.line, 2);
  assert.match(codeFault("await x")?.message ?? "", /SyntaxError/);
  assert.match(codeFault("}); evil(); (function () {")?.message ?? "", /evil/);
});
