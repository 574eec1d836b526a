import assert from "node:assert/strict";
import { test } from "node:test";
import type { NamedChange } from "@datafly-signal/management-api";
import { changeCounts, changeLines } from "./config-changes.ts";

function changeOf(action: string, id: string, changes: NamedChange["changes"] = {}): NamedChange {
  const resourceType = action.split(".")[0] ?? "";
  return { action, resourceType, resourceId: id, name: `<${id}>`, changes };
}

const SET = { set: true };

const LINES: [change: NamedChange, line: string][] = [
  [changeOf("pipeline.created", "pip_1", { name: { old: null, new: "Shop" } }), "+ pipeline <pip_1>"],
  [changeOf("pipeline_integration.deleted", "pi_1"), "- integration <pi_1>"],
  [
    changeOf("pipeline.updated", "pip_2", { rate_limit_rps: { old: 1000, new: 50 }, slug: { old: null, new: "s" } }),
    '~ pipeline <pip_2>: rate_limit_rps 1000 → 50, slug none → "s"',
  ],
  [
    changeOf("integration.revised", "tmpl_1", {
      revision_number: { old: 1, new: 2 },
      change_summary: { old: "first revision", new: "config.url, secret auth_token" },
      mapping: { old: { revision_number: 1 }, new: { revision_number: 2 } },
      "config.auth_token": { old: SET, new: SET },
      "config.url": { old: "https://a.example.com", new: "x".repeat(90) },
    }),
    `~ integration <tmpl_1>: revision 2 (config.url, secret auth_token), config.auth_token changed (secret), config.url "https://a.example.com" → "${"x".repeat(59)}…`,
  ],
  [
    changeOf("data_layer.updated", "org_1", { "pii_rules.salt": { old: null, new: SET }, x: { old: SET, new: null } }),
    "~ data layer: pii_rules.salt set (secret), x removed (secret)",
  ],
];
for (const [change, line] of LINES) {
  test(line, () => assert.deepEqual(changeLines([change]), [line]));
}

test("what is new is told in one line, and each object counts once", () => {
  const changes = [
    changeOf("integration.created", "tmpl_1"),
    changeOf("integration.revised", "tmpl_1"),
    changeOf("integration.updated", "tmpl_2"),
    changeOf("integration.revised", "tmpl_2", { revision_number: { old: 1, new: 2 } }),
    changeOf("pipeline.deleted", "pip_1"),
    changeOf("organisation.updated", "org_1"),
    changeOf("data_layer.updated", "org_1"),
  ];
  assert.equal(changeLines(changes).filter((line) => line.includes("tmpl_1")).length, 1);
  assert.deepEqual(changeCounts(changes), { created: 1, changed: 3, removed: 1 });
});
