import assert from "node:assert/strict";
import { test } from "node:test";
import {
  mayGrantNamed,
  PERMISSIONS,
  type Permission,
  ROLES,
  permissionsOf,
  roleNamed,
  rolesWith,
} from "./permissions.ts";

/** The documented abilities, a column for each role in the order of `ROLES`, and the permissions that each one means. */
const ABILITIES: readonly (readonly [ability: string, cells: string, permissions: readonly Permission[]])[] = [
  ["team", "x . . . .", ["team:read", "team:write"]],
  ["sources", "x x . . .", ["pipelines:create"]],
  ["pipelines", "x x x . .", ["pipelines:write"]],
  ["integrations, transformations", "x x x x .", ["integrations:write"]],
  ["approve and publish versions", "x x . . .", ["integrations:publish"]],
  ["data layer", "x . . x .", ["data_layer:write"]],
  ["consent and organisation settings", "x . . . .", ["organisation:write"]],
  ["dashboard and metrics", "x x x x x", ["metrics:read"]],
  ["audit logs", "x x . x .", ["audit_logs:read"]],
  // Not in the documented table: everybody who signs in sees what is configured, secrets never.
  ["seeing", "x x x x x", ["organisation:read", "pipelines:read", "integrations:read", "data_layer:read"]],
  ["taking the configuration out", "x x . . .", ["configuration:export"]],
  ["applying a whole configuration", "x . . . .", ["configuration:apply"]],
];

for (const [ability, cells, permissions] of ABILITIES) {
  const allowed = cells.split(" ").map((cell) => cell === "x");
  for (const [column, role] of ROLES.entries()) {
    for (const permission of permissions) {
      test(`${ability}: ${role} ${allowed[column] === true ? "may" : "may not"} (${permission})`, () => {
        assert.equal(permissionsOf(role).has(permission), allowed[column]);
        assert.equal(rolesWith(permission).includes(role), allowed[column]);
      });
    }
  }
}

test("each permission stands in the table above, once", () => {
  assert.deepEqual(ABILITIES.flatMap(([, , permissions]) => permissions).toSorted(), PERMISSIONS.toSorted());
});

test("a role is given by who may do all that it may", () => {
  for (const giver of ROLES) {
    for (const role of ROLES) {
      const lacks = ABILITIES.some(([, cells]) => {
        const may = (one: string) => cells.split(" ")[ROLES.findIndex((name) => name === one)] === "x";
        return may(role) && !may(giver);
      });
      assert.equal(mayGrantNamed(permissionsOf(giver), role), !lacks, `${giver} gives ${role}`);
    }
  }
  for (const role of ROLES) {
    for (const missing of permissionsOf(role)) {
      const others = new Set(PERMISSIONS.filter((permission) => permission !== missing));
      assert.equal(mayGrantNamed(others, role), false, `${role} without ${missing}`);
    }
  }
  for (const name of ["", "owner", "constructor"]) assert.equal(mayGrantNamed(new Set(PERMISSIONS), name), false);
});

test("a role that is not known is none", () => {
  for (const name of ["", "ORG_ADMIN", "owner", "__proto__", "constructor"]) assert.equal(roleNamed(name), null);
  for (const role of ROLES) assert.equal(roleNamed(role), role);
});
