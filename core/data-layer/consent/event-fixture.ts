/** Events and hostile JSON, for tests of the data layer's steps. */
import fc from "fast-check";
import type { SignalEvent } from "../../event/event.ts";
import type { JsonObject, JsonValue } from "../../json.ts";
import { layered as underWay } from "../layered-fixture.ts";
import type { LayeredEvent } from "../step.ts";

/** An event with an envelope of fixed values; `fields` are copied. */
export function eventOf(fields: JsonObject = {}): SignalEvent {
  const envelope = { event: "Order Completed", messageId: "m-1", anonymousId: "a-1" };
  return underWay({ ...envelope, ...structuredClone(fields) }).event;
}

export function layered(event: SignalEvent, pipelineType: LayeredEvent["pipelineType"] = "web"): LayeredEvent {
  return { ...underWay({}, { pipelineType }), event };
}

/** JSON as it arrives: through the parser, so that `__proto__` is an own key. `texts` are likely among its values. */
export function anyJson(keys: readonly string[], texts: readonly string[]): fc.Arbitrary<JsonValue> {
  const key = fc.constantFrom(...keys);
  const leaf = fc.oneof(
    fc.json({ maxDepth: 0 }),
    fc.constantFrom(...texts).map((text) => JSON.stringify(text)),
    fc
      .tuple(fc.constantFrom(...texts), fc.string({ maxLength: 8 }), fc.constantFrom(...texts))
      .map((parts) => JSON.stringify(parts.join(""))),
  );
  return fc
    .letrec<{ value: string; object: string; list: string }>((tie) => ({
      value: fc.oneof({ depthSize: "small" }, leaf, tie("object"), tie("list")),
      list: fc.array(tie("value"), { maxLength: 4 }).map((items) => `[${items.join(",")}]`),
      object: fc
        .uniqueArray(fc.tuple(key, tie("value")), { maxLength: 6, selector: ([name]) => name })
        .map((entries) => `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`),
    }))
    .value.map((text) => JSON.parse(text) as JsonValue);
}

/** What a polluted prototype would show. */
export function prototypes(): string {
  return JSON.stringify(
    [Object.prototype, Array.prototype, String.prototype].map((one) => Reflect.ownKeys(one).map(String)),
  );
}
