/** One route as an operation of the OpenAPI document. */
import type { JsonValue } from "@datafly-signal/core";
import { IsOptional } from "typebox";
import { rolesWith } from "../access/permissions.ts";
import type { RouteFacts } from "../http/route.ts";
import type { OperationObject, ParameterObject, ResponseObject, SchemaObject } from "./document.ts";
import { errorAnswer } from "./error-answers.ts";
import { plainSchema } from "./plain-schema.ts";
import { REQUEST_EXAMPLES } from "./request-examples.ts";
import { errorsOf, takesIdempotencyKey } from "./route-errors.ts";
import type { Components } from "./schema-components.ts";

export function operationOf(route: RouteFacts, components: Components): OperationObject {
  const parameters = parametersOf(route, components);
  const { access } = route;
  return {
    operationId: route.operation,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description !== undefined && { description: route.description }),
    ...(access === "public" && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(route.body !== undefined && {
      requestBody: {
        required: !IsOptional(route.body),
        content: { "application/json": { schema: components.place(route.body), ...exampleOf(route) } },
      },
    }),
    responses: responsesOf(route, components),
    "x-access": access,
    ...(access !== "public" && access !== "signed_in" && { "x-roles": [...rolesWith(access)] }),
  };
}

const IDEMPOTENCY_KEY: ParameterObject = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description:
    "Your own, new for each intent. Sent again with it, the same request is answered as the first time and changes nothing more.",
  schema: { type: "string", minLength: 1, maxLength: 255, pattern: "^[\\x20-\\x7e]+$" },
};

function parametersOf(route: RouteFacts, components: Components): ParameterObject[] {
  return [
    ...fieldsOf(components, "path", route.params),
    ...fieldsOf(components, "query", route.query),
    ...(takesIdempotencyKey(route) ? [IDEMPOTENCY_KEY] : []),
  ];
}

/** What says about the parameter what it is for stands beside its schema, where tools look for it. */
function fieldsOf(components: Components, place: "path" | "query", schema: unknown): ParameterObject[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = plainSchema(schema).schema;
  return Object.entries(properties).map(([name, one]) => {
    const { description, ...rest }: SchemaObject = components.place(one);
    return {
      name,
      in: place,
      required: place === "path" || required.includes(name),
      ...(description !== undefined && { description }),
      schema: rest,
    };
  });
}

function exampleOf({ operation }: RouteFacts): { examples?: Record<string, { value: JsonValue }> } {
  const value = REQUEST_EXAMPLES[operation];
  return value === undefined ? {} : { examples: { usual: { value } } };
}

function responsesOf(route: RouteFacts, components: Components): OperationObject["responses"] {
  const answers = Object.entries(route.answers).map(([status, { description, schema }]): [string, ResponseObject] => [
    status,
    {
      description,
      ...(schema !== null && { content: contentOf(components.place(schema)) }),
    },
  ]);
  const errors = [...errorsOf(route)].map(([status, codes]) => [String(status), errorAnswer(codes)] as const);
  return Object.fromEntries([...answers, ...errors]);
}

/** JSON, unless the schema says that it is text of another kind. */
function contentOf(schema: SchemaObject): Record<string, { schema: SchemaObject }> {
  return { [schema.contentMediaType ?? "application/json"]: { schema } };
}
