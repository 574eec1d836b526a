import assert from "node:assert/strict";
import { test } from "node:test";
import { MANAGEMENT_ERRORS } from "@datafly-signal/core";
import Type, { type TSchema } from "typebox";
import { defineRoute, type Route } from "../http/route.ts";
import { type OpenApiDocument, resolvedResponse } from "./document.ts";
import { openApiOf } from "./openapi-document.ts";
import { sampleRoutes } from "./sample-routes-fixture.ts";
import { SchemaNameTakenError } from "./schema-components.ts";

const document = openApiOf(sampleRoutes(), { version: "1.2.3" });
const text = JSON.stringify(document);

function codesOf(path: string, method: string): Record<string, string[]> {
  const responses = document.paths[path]?.[method]?.responses ?? {};
  const resolved = Object.entries(responses).map(([status, one]) => [status, resolvedResponse(document, one)] as const);
  return Object.fromEntries(resolved.flatMap(([status, one]) => (one["x-codes"] ? [[status, one["x-codes"]]] : [])));
}

/** A document of routes that answer these schemas. */
function answering(schemas: Readonly<Record<string, TSchema>>): OpenApiDocument {
  const routes = Object.entries(schemas).map(([operation, schema]): Route =>
    defineRoute({
      method: "GET",
      path: `/${operation}`,
      operation,
      tag: "Tag",
      summary: "Summary",
      access: "public",
      answers: { 200: { description: "It", schema } },
      errors: [],
      handle: () => ({ status: 200 }),
    }),
  );
  return openApiOf(routes, { version: "1" });
}

function answerOf(from: OpenApiDocument, operation: string): unknown {
  const response = from.paths[`/${operation}`]?.["get"]?.responses["200"];
  return response !== undefined && "content" in response ? response.content?.["application/json"]?.schema : undefined;
}

test("the same routes give the same document", () => {
  assert.equal(JSON.stringify(openApiOf(sampleRoutes(), { version: "1.2.3" })), text);
});

test("it has each route once, under its operation", () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => `${operationId} ${method} ${path}`),
  );
  assert.deepEqual(operations, [
    "listShelves get /shelves",
    "createShelf post /shelves",
    "getShelf get /shelves/{id}",
    "deleteShelf delete /shelves/{id}",
    "openDoor post /door/open",
  ]);
  assert.deepEqual(document.tags, [{ name: "Shelves" }, { name: "Doors" }]);
});

test("every reference leads somewhere", () => {
  const references = [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
  assert.ok(references.length > 10);
  assert.equal(references.length, text.split('"$ref"').length - 1, "no other kind of reference");
  for (const [, kind = "", name = ""] of references) {
    const components: Readonly<Record<string, Readonly<Record<string, unknown>>>> = document.components;
    assert.ok(components[kind]?.[name] !== undefined, `${kind}/${name}`);
  }
});

const GENERAL = { "400": ["BAD_REQUEST"], "429": ["RATE_LIMITED"], "500": ["INTERNAL"], "503": ["UNAVAILABLE"] };
const TOKEN = ["MISSING_TOKEN", "INVALID_TOKEN", "EXPIRED_TOKEN"];
const BODY = { "413": ["PAYLOAD_TOO_LARGE"], "415": ["UNSUPPORTED_MEDIA_TYPE"] };
const EXPECTED: readonly [path: string, method: string, codes: Readonly<Record<string, readonly string[]>>][] = [
  [
    "/shelves",
    "get",
    { ...GENERAL, "401": TOKEN, "403": ["FORBIDDEN", "PASSWORD_CHANGE_REQUIRED"], "422": ["VALIDATION_FAILED"] },
  ],
  [
    "/shelves",
    "post",
    {
      ...GENERAL,
      ...BODY,
      "401": TOKEN,
      "403": ["FORBIDDEN", "PASSWORD_CHANGE_REQUIRED"],
      "409": ["CONFLICT", "MANAGED_BY_FILE", "IDEMPOTENCY_CONFLICT"],
      "422": ["VALIDATION_FAILED", "IDEMPOTENCY_KEY_REUSED"],
    },
  ],
  [
    "/shelves/{id}",
    "delete",
    {
      ...GENERAL,
      ...BODY,
      "401": TOKEN,
      "403": ["PASSWORD_CHANGE_REQUIRED"],
      "404": ["NOT_FOUND"],
      "409": ["IN_USE"],
      "422": ["VALIDATION_FAILED"],
    },
  ],
  [
    "/door/open",
    "post",
    {
      ...GENERAL,
      ...BODY,
      "401": ["INVALID_CREDENTIALS"],
      "422": ["VALIDATION_FAILED"],
      "429": ["ACCOUNT_LOCKED", "RATE_LIMITED"],
    },
  ],
];

for (const [path, method, codes] of EXPECTED) {
  test(`${method} ${path} lists each error that it can answer, and no other`, () => {
    assert.deepEqual(codesOf(path, method), codes);
  });
}

test("an error's schema takes the codes of its status alone, and shows what they say", () => {
  for (const methods of Object.values(document.paths)) {
    for (const { responses } of Object.values(methods)) {
      for (const [status, one] of Object.entries(responses)) {
        const response = resolvedResponse(document, one);
        const codes = response["x-codes"];
        if (codes === undefined) continue;
        const { schema, examples = {} } = response.content?.["application/json"] ?? { schema: {} };
        assert.deepEqual(schema.properties?.["error"]?.properties?.["code"]?.enum, codes);
        assert.deepEqual(Object.keys(examples), codes);
        for (const code of codes) {
          assert.equal(String(MANAGEMENT_ERRORS[code].status), status);
          const example = examples[code]?.value as { error: { code: string; message: string } } | undefined;
          assert.deepEqual([example?.error.code, example?.error.message], [code, MANAGEMENT_ERRORS[code].message]);
        }
        assert.equal(response.headers?.["Retry-After"] !== undefined, status === "429" || status === "503", status);
      }
    }
  }
});

test("who may call stands with the operation", () => {
  const { get, post } = document.paths["/shelves"] ?? {};
  assert.equal(get?.security, undefined);
  assert.deepEqual([post?.["x-access"], post?.["x-roles"]], ["pipelines:create", ["org_admin", "source_admin"]]);
  const door = document.paths["/door/open"]?.["post"];
  assert.deepEqual([door?.security, door?.["x-access"], door?.["x-roles"]], [[], "public", undefined]);
});

test("parameters are in path, query and header; a key for repetition only where there is something to repeat", () => {
  const names = (path: string, method: string): string[] =>
    (document.paths[path]?.[method]?.parameters ?? []).map(
      ({ name, in: place, required }) => `${place} ${name}${required ? "!" : ""}`,
    );
  assert.deepEqual(names("/shelves", "get"), ["query cursor", "query limit", "query search"]);
  assert.deepEqual(names("/shelves", "post"), ["header Idempotency-Key"]);
  assert.deepEqual(names("/shelves/{id}", "delete"), ["path id!"]);
  assert.deepEqual(names("/door/open", "post"), []);
});

test("what several routes answer, and what has a title, is written once", () => {
  assert.deepEqual(Object.keys(document.components.schemas), ["Book", "Shelf", "ErrorDetail"]);
  assert.equal(text.split('"created_at"').length - 1, 2, "as a property and as required, of the component alone");
});

test("a name that two schemas claim is refused", () => {
  const [one, other] = [Type.Object({ a: Type.String() }, { $id: "Thing" }), Type.Object({}, { title: "thing" })];
  assert.throws(() => answering({ one, other }), SchemaNameTakenError);
  assert.doesNotThrow(() => answering({ one, other: one }));
});

test("schemas are as plain as they can be", () => {
  const choice = Type.Union([Type.Literal("a"), Type.Literal("b")], { description: "Which" });
  const made = answering({
    choice,
    orNull: Type.Union([Type.Literal("a"), Type.Literal("b"), Type.Null()]),
    map: Type.Record(Type.String(), Type.Integer()),
    keyed: Type.Record(Type.String({ pattern: "^x" }), Type.Integer()),
    tree: Type.Cyclic({ Tree: Type.Object({ leaves: Type.Array(Type.Ref("Tree")) }) }, "Tree"),
  });
  assert.deepEqual(answerOf(made, "choice"), { type: "string", enum: ["a", "b"], description: "Which" });
  assert.deepEqual(answerOf(made, "orNull"), { anyOf: [{ type: "string", enum: ["a", "b"] }, { type: "null" }] });
  assert.deepEqual(answerOf(made, "map"), { type: "object", additionalProperties: { type: "integer" } });
  assert.deepEqual(answerOf(made, "keyed"), { type: "object", patternProperties: { "^x": { type: "integer" } } });
  assert.deepEqual(answerOf(made, "tree"), { $ref: "#/components/schemas/Tree" });
  const { Tree } = made.components.schemas;
  assert.deepEqual(Tree?.properties?.["leaves"], { type: "array", items: { $ref: "#/components/schemas/Tree" } });
  assert.ok(!JSON.stringify(made).includes('"$id"'), "an $id would be a base for the references inside");
});

test("text of another kind than JSON is answered as what it is", () => {
  const made = answering({ logo: Type.String({ contentMediaType: "image/svg+xml" }) });
  const response = resolvedResponse(made, made.paths["/logo"]?.["get"]?.responses["200"] ?? { description: "" });
  assert.deepEqual(Object.keys(response.content ?? {}), ["image/svg+xml"]);
});

test("a body that may be left out is not required", () => {
  const route = (body: TSchema): Route =>
    defineRoute({
      method: "POST",
      path: "/x",
      operation: "x",
      tag: "X",
      summary: "X",
      access: "public",
      body,
      answers: { 204: { description: "Done", schema: null } },
      errors: [],
      handle: () => ({ status: 204 }),
    });
  const required = (body: TSchema): unknown =>
    openApiOf([route(body)], { version: "1" }).paths["/x"]?.["post"]?.requestBody?.required;
  assert.deepEqual([required(Type.Object({})), required(Type.Optional(Type.Object({})))], [true, false]);
});

test("what was made or listed leads to the operations on it", () => {
  const linksOf = (path: string, method: string, status: string): unknown => {
    const response = document.paths[path]?.[method]?.responses[status];
    return response !== undefined && "links" in response ? response.links : undefined;
  };
  const link = (operationId: string, pointer: string) => [
    operationId,
    { operationId, parameters: { id: `$response.body#${pointer}` } },
  ];
  assert.deepEqual(
    linksOf("/shelves", "post", "201"),
    Object.fromEntries([link("getShelf", "/id"), link("deleteShelf", "/id")]),
  );
  assert.deepEqual(
    linksOf("/shelves", "get", "200"),
    Object.fromEntries([link("getShelf", "/data/0/id"), link("deleteShelf", "/data/0/id")]),
  );
  assert.equal(linksOf("/door/open", "post", "200"), undefined);
});
