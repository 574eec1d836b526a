import assert from "node:assert/strict";
import { test } from "node:test";
import { expandVariables } from "./expand-variables.ts";

const ENV = { A: "one", B_2: "two", EMPTY: "", NESTED: "${A}", UNSET: undefined };

const cases: [text: string, expanded: string, rest?: { used?: string[]; missing?: string[]; malformed?: string[] }][] =
  [
    ["plain", "plain"],
    ["$A {A} $$", "$A {A} $$"],
    ["${A}", "one", { used: ["A"] }],
    ["x${A}y${B_2}z", "xoneytwoz", { used: ["A", "B_2"] }],
    ["$${A}", "${A}"],
    ["$${A} ${A}", "${A} one", { used: ["A"] }],
    ["$$${A}", "$${A}"],
    ["${NESTED}", "${A}", { used: ["NESTED"] }],
    ["${EMPTY}${UNSET}${NONE}", "${EMPTY}${UNSET}${NONE}", { missing: ["EMPTY", "UNSET", "NONE"] }],
    ["${constructor}", "${constructor}", { missing: ["constructor"] }],
    ["${}", "${}", { malformed: [""] }],
    ["${A:-x}", "${A:-x}", { malformed: ["A:-x"] }],
    ["${A", "${A", { malformed: ["A"] }],
    ["{{pipeline_param.a}}", "{{pipeline_param.a}}"],
  ];
for (const [text, expanded, rest] of cases) {
  test(`expands ${text}`, () => {
    assert.deepEqual(expandVariables(text, ENV), { text: expanded, used: [], missing: [], malformed: [], ...rest });
  });
}
