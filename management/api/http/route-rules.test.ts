import assert from "node:assert/strict";
import { test } from "node:test";
import type { Database } from "@datafly-signal/ports/store";
import Type from "typebox";
import { auditRoutes } from "../audit/audit-routes.ts";
import { defineRoute } from "./route.ts";
import { brokenRules } from "./route-rules-suite.ts";
import { thingRoutes } from "./routes-fixture.ts";

const closed = { additionalProperties: false };
const facts = { tag: "Things", summary: "For tests.", access: "public", errors: [] } as const;
const answers = { 200: { description: "Done.", schema: Type.Object({}, closed) } };

test("the audit log's routes and those of the tests keep the rules", () => {
  assert.deepEqual(brokenRules([...auditRoutes(), ...thingRoutes({} as Database)]), []);
});

test("each rule that is broken is named", () => {
  const handle = () => ({ status: 200 });
  const routes = [
    defineRoute({ ...facts, answers, handle, method: "GET", path: "/a/{id}", operation: "readA", changes: true }),
    defineRoute({ ...facts, answers, handle, method: "GET", path: "/a/{name}", operation: "readA" }),
    defineRoute({
      ...facts,
      handle,
      method: "PUT",
      path: "/B_c",
      operation: "put-b",
      summary: "",
      query: Type.Object({ list: Type.Array(Type.String({ pattern: "^.*$" })) }, closed),
      body: Type.Object({ size: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]) }),
      answers: {
        404: { description: "None.", schema: Type.Record(Type.String(), Type.Object({ open: Type.String() })) },
      },
    }),
  ];
  assert.deepEqual(brokenRules(routes), [
    "readA is the operation of two routes",
    "GET /a/{} is the address of two routes",
    "readA: its path names id, its params ",
    "readA: GET changes nothing and has no body",
    "readA: its path names name, its params ",
    "put-b: it answers 2xx",
    "put-b: its operation is camelCase",
    "put-b: its path is in kebab-case",
    "put-b: its summary is one line",
    "put-b: query.list has no maxItems",
    "put-b: query.list[] has no maxLength",
    "put-b: body does not say additionalProperties",
    "put-b: body.size has no minimum and maximum",
    "put-b: 404.* does not say additionalProperties",
  ]);
});
