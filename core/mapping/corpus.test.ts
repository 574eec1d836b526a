import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Value } from "typebox/value";
import { parse } from "yaml";
import { type SignalEvent } from "../event/event.ts";
import { type JsonObject, type JsonValue } from "../json.ts";
import { compileMapping } from "./compile.ts";
import { mappingSchema } from "./document.ts";
import { printMapping } from "./edit/print-mapping.ts";

const folder = (name: string) => new URL(`corpus/${name}/`, import.meta.url);
const read = (name: string) =>
  readdirSync(folder(name)).map((file) => ({ file, text: readFileSync(new URL(file, folder(name)), "utf8") }));

/** The event that the expected payloads are of. */
const EVENT: SignalEvent = {
  type: "track",
  event: "Order Completed",
  messageId: "m-1",
  userId: "user_98765",
  anonymousId: "a-1",
  vendorIds: { ga_client_id: "12.34" },
  timestamp: "2026-02-25T14:30:00.000Z",
  receivedAt: "2026-02-25T14:30:01.000Z",
  traits: { email: null, name: { first: "Jane", last: "Smith" }, "first.name": "Jane" },
  context: {
    library: { name: "@datafly/ios" },
    consent: { marketing: false },
    page: { url: "https://shop.example.com/thanks" },
  },
  properties: {
    order_id: "o-1",
    value: "79.99",
    email: " Jane@Example.com ",
    note: "a long note",
    items: [{ id: "A", price: 10, quantity: 2 }, { price: 5 }, { id: "C", price: 0.5 }],
    orders: [
      { id: 1, lines: [{ sku: "A" }, { sku: "B" }] },
      { id: 2, lines: [{ sku: "C" }] },
    ],
    a: [{ b: [{ c: [{ d: 1 }, { d: 2 }] }, { c: [{ d: 3 }] }] }, { b: [{ c: [{ d: 4 }] }] }],
  },
};

/** What a mapping makes of the event, as `# result` states it: the name and the payload, or the reason and the place. */
function resultOf(document: JsonValue): JsonValue {
  const made = compileMapping(document);
  assert.ok(!("faults" in made), JSON.stringify(made));
  const result = made.mapping.apply(EVENT, { region: "eu" });
  return result.kind === "stopped"
    ? { stopped: result.reason, by: result.by }
    : { name: result.vendorEventName, payload: result.payload };
}

for (const { file, text } of read("valid")) {
  test(`valid: ${file}`, () => {
    const made = compileMapping(text);
    assert.ok(!("faults" in made), JSON.stringify(made));
    const document = parse(text) as JsonObject;
    assert.ok(Value.Check(mappingSchema, document));
    const expected = /^# result (.*)$/m.exec(text)?.[1];
    if (expected !== undefined) assert.deepEqual(resultOf(text), JSON.parse(expected));
    else assert.ok(file.endsWith(".json"), "a line # result {…} is missing");
    assert.deepEqual(resultOf(document), resultOf(text), "as data as it is as text");
    assert.deepEqual(resultOf(printMapping(document)), resultOf(text), "printed anew as it was");
  });
}

interface Stated {
  line: number | undefined;
  column: number | undefined;
  path: string | undefined;
  message: string;
}

/** Lines such as `# fault 4:3 events.purchase: Duplicate key purchase.`; a message may go on. */
function statedIn(text: string, word: string): Stated[] {
  return [...text.matchAll(new RegExp(`^# ${word} (\\d+):(\\d+) (.*?): (.*)$`, "gm"))].map(
    ([, line, column, path, message = ""]) => ({
      line: Number(line),
      column: Number(column),
      path,
      message,
    }),
  );
}

function assertStated(found: readonly Partial<Stated>[], stated: readonly Stated[]): void {
  assert.ok(stated.length > 0);
  const shown = found.map(({ line, column, path, message = "" }, index) => {
    const wanted = stated[index]?.message ?? "";
    return { line, column, path, message: message.startsWith(wanted) ? wanted : message };
  });
  assert.deepEqual(shown, stated);
}

for (const { file, text } of read("invalid")) {
  test(`invalid: ${file}`, () => {
    const made = compileMapping(text);
    assert.ok("faults" in made, "must have faults");
    assertStated(made.faults, statedIn(text, "fault"));
    if (file !== "many-at-once.yaml") assert.ok(made.faults.length <= 2, "one rule a file");
  });
}

for (const { file, text } of read("warned")) {
  test(`warned: ${file}`, () => {
    const made = compileMapping(text);
    assert.ok(!("faults" in made));
    assertStated(made.warnings, statedIn(text, "warning"));
  });
}
