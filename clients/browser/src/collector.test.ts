import assert from "node:assert/strict";
import { test } from "node:test";
import type { CollectedEvent } from "./collected-event.ts";
import { collector, type Collector, type Method } from "./collector.ts";
import { install } from "./globals.ts";

interface Rig {
  collected: Collector;
  events: CollectedEvent[];
  warned: string[];
  did: string[];
  /** Runs when the visitor is asked for. */
  onVisitor: () => void;
}

function rig(): Rig {
  const events: CollectedEvent[] = [];
  const warned: string[] = [];
  const did: string[] = [];
  const made: Rig = {
    events,
    warned,
    did,
    onVisitor: () => undefined,
    collected: collector({
      visitorId() {
        made.onVisitor();
        return "visitor";
      },
      newId: () => `id-${events.length + 1}`,
      now: () => 1_000,
      page: () => ({ path: "/cart" }),
      context: () => ({ locale: "en", campaign: undefined }),
      push: (event) => events.push(event),
      reset: () => did.push("reset"),
      flush: () => did.push("flush"),
      warn: (about) => warned.push(about),
    }),
  };
  return made;
}

const shared = { timestamp: "1970-01-01T00:00:01.000Z", anonymousIdHint: "visitor" };
const context = { locale: "en", page: { path: "/cart" } };

const calls: [method: Method, args: unknown[], event: object][] = [
  ["track", ["A"], { type: "track", event: "A", properties: {}, context }],
  ["track", ["A", { n: 1, none: undefined }], { type: "track", event: "A", properties: { n: 1 }, context }],
  ["track", ["A", [1]], { type: "track", event: "A", properties: {}, context }],
  ["page", [], { type: "page", properties: { path: "/cart" }, context }],
  ["page", ["Cart", { n: 1 }], { type: "page", name: "Cart", properties: { path: "/cart", n: 1 }, context }],
  ["page", [{ path: "/own" }], { type: "page", properties: { path: "/own" }, context }],
  ["page", [undefined, { n: 1 }], { type: "page", properties: { path: "/cart", n: 1 }, context }],
  ["identify", ["u", { a: 1 }], { type: "identify", userId: "u", traits: { a: 1 }, context }],
  ["identify", [0], { type: "identify", userId: "0", traits: {}, context }],
  ["group", ["g", { a: 1 }], { type: "group", groupId: "g", traits: { a: 1 }, context }],
];

for (const [method, args, event] of calls) {
  test(`${method}(${args.map((one) => JSON.stringify(one)).join(", ")})`, () => {
    const { collected, events } = rig();
    collected.call(method, args);
    assert.deepEqual(events, [{ ...event, messageId: "id-1", ...shared }]);
  });
}

const wrong: [method: Method, args: unknown[]][] = [
  ["track", []],
  ["track", [{}]],
  ["track", [""]],
  ["identify", []],
  ["identify", [{ a: 1 }]],
  ["identify", [""]],
  ["group", [null]],
];

for (const [method, args] of wrong) {
  test(`${method}(${JSON.stringify(args)}) is no event`, () => {
    const { collected, events, warned } = rig();
    collected.call(method, args);
    assert.deepEqual([events, warned], [[], [method]]);
  });
}

test("traits are merged for the same user, and never handed to another one", () => {
  const { collected, events } = rig();
  collected.call("identify", ["a", { email: "jane@example.com", plan: "free" }]);
  collected.call("identify", ["a", { plan: "premium" }]);
  collected.call("track", ["As A"]);
  collected.call("identify", ["b", { plan: "free" }]);
  collected.call("track", ["As B"]);
  assert.deepEqual(events[1]?.["traits"], { email: "jane@example.com", plan: "premium" });
  assert.deepEqual(events[3]?.["traits"], { plan: "free" });
  const traits = (index: number): unknown => (events[index]?.["context"] as { traits: unknown } | undefined)?.traits;
  assert.deepEqual([traits(2), traits(4)], [events[1]?.["traits"], { plan: "free" }]);
});

test("after reset, here or in another tab, events carry nothing of the user and the group", () => {
  for (const end of ["here", "another tab"]) {
    const made = rig();
    made.collected.call("identify", ["a", { email: "jane@example.com" }]);
    made.collected.call("group", ["g"]);
    if (end === "here") made.collected.call("reset", []);
    else made.onVisitor = made.collected.forget;
    made.collected.call("track", ["After"]);
    made.onVisitor = () => undefined;
    made.collected.call("identify", ["b"]);
    assert.deepEqual(made.events[2], {
      type: "track",
      event: "After",
      properties: {},
      context,
      messageId: "id-3",
      ...shared,
    });
    assert.deepEqual(made.events[3]?.["traits"], {});
    assert.equal(made.events[3]?.["groupId"], undefined);
  }
});

test("an event is what it was when it was called", () => {
  const { collected, events } = rig();
  const properties = { items: [{ item_id: "SKU-1234" }] };
  collected.call("track", ["A", properties], 5_000);
  properties.items.length = 0;
  assert.deepEqual(events[0]?.["properties"], { items: [{ item_id: "SKU-1234" }] });
  assert.equal(events[0]?.timestamp, "1970-01-01T00:00:05.000Z");
});

test("free names get the methods, taken ones are left alone", () => {
  const own = { track: "mine" };
  const scope: Record<string, unknown> = { taken: own, text: "mine", empty: null };
  const { collected, events } = rig();
  const installed = ["datafly", "taken", "text", "empty"].map((name) => install(scope, name, collected.call));
  assert.deepEqual(installed, [true, false, false, false]);
  assert.deepEqual([scope["taken"], scope["text"], scope["empty"]], [own, "mine", null]);
  (scope["datafly"] as { track(name: string): void }).track("A");
  assert.equal(events.length, 1);
});

test("a snippet's queue is replayed in order with its times, and its object and functions go on working", () => {
  const waiting: unknown[] = [
    ["identify", ["u"], 1_000],
    ["track", { 0: "A", length: 1 }, 2_000],
    ["constructor", [], 3_000],
  ];
  const snippet: Record<string, unknown> = { q: waiting };
  const scope: Record<string, unknown> = { datafly: snippet };
  const { collected, events } = rig();
  install(scope, "datafly", collected.call);
  (snippet["q"] as unknown[]).push(["track", ["B"], 4_000]);
  (snippet["track"] as (name: string) => void)("C");
  assert.equal(scope["datafly"], snippet);
  assert.deepEqual(
    events.map((event) => [event["event"] ?? event.type, Date.parse(event.timestamp), event["userId"]]),
    [
      ["identify", 1_000, "u"],
      ["A", 2_000, "u"],
      ["B", 4_000, "u"],
      ["C", 1_000, "u"],
    ],
  );
});
