import assert from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject, JsonValue } from "../json.ts";
import { checkEnvelope, type CollectType } from "./envelope.ts";

const anyPath = { expected: null, typeRequired: true };
const seedPath = (expected: CollectType): { expected: CollectType; typeRequired: boolean } => ({
  expected,
  typeRequired: true,
});
const aliasPath = (expected: CollectType): { expected: CollectType; typeRequired: boolean } => ({
  expected,
  typeRequired: false,
});

test("sound events have their type", () => {
  const rows: [event: JsonObject, rule: Parameters<typeof checkEnvelope>[1], type: CollectType][] = [
    [{ type: "track", event: "Product Added" }, seedPath("track"), "track"],
    [{ event: "Product Added" }, aliasPath("track"), "track"],
    [{ type: "page" }, seedPath("page"), "page"],
    [{ type: "page", name: null, userId: null, properties: null, context: null }, anyPath, "page"],
    [{ type: "identify", userId: "u" }, anyPath, "identify"],
    [{ type: "identify", userId: null, anonymousId: "a" }, anyPath, "identify"],
    [{ type: "group", groupId: "g" }, anyPath, "group"],
    [{ type: "screen", name: "Home" }, anyPath, "screen"],
    [{ type: "alias", userId: "u", previousId: "p" }, anyPath, "alias"],
    [{ type: "page", messageId: "m".repeat(255), unknown: [1], constructor: 1, toString: null }, anyPath, "page"],
    [{ type: "page", messageId: null, timestamp: null }, anyPath, "page"],
  ];
  for (const [event, rule, type] of rows) assert.equal(checkEnvelope(event, rule), type, JSON.stringify(event));
});

test("a wrong type is repeated when it is a short word, and named by its kind otherwise", () => {
  const rows: [type: JsonValue, got: string][] = [
    ["purchase", '"purchase"'],
    ["Order Completed", '"Order Completed"'],
    ["", "empty"],
    ["jane@example.com", "another text"],
    ["x".repeat(25), "another text"],
    [7, "a number"],
    [{}, "an object"],
    [["track"], "a list"],
    [null, "null"],
  ];
  for (const [type, got] of rows) {
    const fault = checkEnvelope({ type }, { expected: null, typeRequired: true });
    const message = `\`type\` must be one of track, page, identify, group, screen or alias, not ${got}.`;
    assert.deepEqual(fault, { field: "type", message });
  }
});

test("a fault names its field and never a value", () => {
  const rows: [event: JsonObject, field: string][] = [
    [{}, "type"],
    [{ type: null }, "type"],
    [{ type: "trackk" }, "type"],
    [{ type: ["track"] }, "type"],
    [{ type: "constructor" }, "type"],
    [{ type: "track" }, "event"],
    [{ type: "track", event: "" }, "event"],
    [{ type: "track", event: 7 }, "event"],
    [{ type: "track", event: {} }, "event"],
    [{ type: "identify" }, "userId"],
    [{ type: "identify", userId: "", anonymousId: "" }, "userId"],
    [{ type: "identify", userId: 98765 }, "userId"],
    [{ type: "group", groupId: "" }, "groupId"],
    [{ type: "alias", previousId: "secret" }, "userId"],
    [{ type: "page", properties: [] }, "properties"],
    [{ type: "page", traits: "secret" }, "traits"],
    [{ type: "page", context: "secret" }, "context"],
    [{ type: "page", integrations: true }, "integrations"],
    [{ type: "page", messageId: "" }, "messageId"],
    [{ type: "page", messageId: "m".repeat(256) }, "messageId"],
    [{ type: "page", messageId: "secret\u0000" }, "messageId"],
    [{ type: "page", messageId: "secret\n" }, "messageId"],
    [{ type: "page", messageId: "\ud800" }, "messageId"],
    [{ type: "page", timestamp: "secret" }, "timestamp"],
    [{ type: "page", timestamp: 1_772_029_800 }, "timestamp"],
    [{ type: "page", userId: "secret\u0000" }, "userId"],
  ];
  for (const [event, field] of rows) {
    const fault = checkEnvelope(event, anyPath);
    assert.ok(typeof fault === "object", JSON.stringify(event));
    assert.equal(fault.field, field);
    assert.ok(fault.message.startsWith(`\`${field}\` `), fault.message);
    assert.ok(!fault.message.includes("secret"), fault.message);
  }
});

test("a type that contradicts the path is a fault, a missing one only where the path does not say it", () => {
  assert.equal(typeof checkEnvelope({ type: "page" }, seedPath("track")), "object");
  assert.equal(typeof checkEnvelope({ type: "page" }, aliasPath("track")), "object");
  assert.equal(typeof checkEnvelope({ event: "x" }, seedPath("track")), "object");
  assert.equal(typeof checkEnvelope({ type: "page" }, aliasPath("screen")), "object");
});
