import assert from "node:assert/strict";
import { test } from "node:test";
import { layered } from "../layered-fixture.ts";
import { compileRouting, routingFaults, type RoutingRulesConfig } from "./routing.ts";

const rules: RoutingRulesConfig = [
  { condition: "event == 'Keep Me'", action: "pass" },
  { condition: "event == 'Internal Test'", action: "drop" },
  { condition: "context.page.url contains '/staging'", action: "drop" },
];
const cases: [name: string, fields: object, drop: boolean][] = [
  ["no rule fits", {}, false],
  ["a name", { event: "Internal Test" }, true],
  ["a page", { context: { page: { url: "https://shop.example.com/staging/1" } } }, true],
  ["an earlier pass", { event: "Keep Me", context: { page: { url: "https://shop.example.com/staging" } } }, false],
];
for (const [name, fields, drop] of cases) {
  test(`routing: ${name}`, () =>
    assert.deepEqual(compileRouting(rules)?.(layered(fields)), drop ? { drop: "routing_rule" } : null));
}

test("every fault is named with its rule and column", () => {
  const faults = routingFaults([
    { condition: "event ==", action: "drop" },
    ...rules,
    { condition: "a b", action: "drop" },
  ]);
  assert.deepEqual(
    faults.map(({ path }) => path),
    [
      [0, "condition"],
      [4, "condition"],
    ],
  );
  assert.match(faults[0]?.message ?? "", /column \d+/);
  assert.equal(compileRouting([]), null);
});
