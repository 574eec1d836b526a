/** The parts of an OpenAPI 3.1 document that ours is made of. */
import type { JsonValue, ManagementErrorCode } from "@datafly-signal/core";
import type { Permission } from "../access/permissions.ts";
import type { Role } from "../http/route.ts";

export interface OpenApiDocument {
  openapi: "3.1.0";
  info: { title: string; version: string; description: string; license: { name: string; identifier: string } };
  servers: { url: string; description: string }[];
  security: Record<string, string[]>[];
  tags: { name: string }[];
  /** By path below the server's URL, then by method in lower case. */
  paths: Record<string, Record<string, OperationObject>>;
  components: {
    schemas: Record<string, SchemaObject>;
    responses: Record<string, ResponseObject>;
    headers: Record<string, HeaderObject>;
    securitySchemes: Record<string, { type: "http"; scheme: "bearer"; description: string }>;
  };
}

export interface Reference {
  $ref: string;
}

export interface OperationObject {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  /** Empty where no token is needed; left out where the document's own holds. */
  security?: [];
  parameters?: ParameterObject[];
  requestBody?: { required: boolean; content: { "application/json": MediaObject } };
  /** By status. */
  responses: Record<string, ResponseObject | Reference>;
  /** `public`, `signed_in` or a permission. */
  "x-access": "public" | "signed_in" | Permission;
  /** Who has that permission. */
  "x-roles"?: Role[];
}

export interface ParameterObject {
  name: string;
  in: "path" | "query" | "header";
  required: boolean;
  description?: string;
  schema: SchemaObject;
}

export interface ResponseObject {
  description: string;
  headers?: Record<string, HeaderObject | Reference>;
  /** By media type: of one alone. */
  content?: Record<string, MediaObject>;
  /** By operation: how to call it with what this answer holds. */
  links?: Record<string, LinkObject>;
  /** Of an error: what it may be. */
  "x-codes"?: ManagementErrorCode[];
}

export interface LinkObject {
  operationId: string;
  /** By parameter: an expression, as in `$response.body#/id`. */
  parameters: Record<string, string>;
}

interface MediaObject {
  schema: SchemaObject;
  examples?: Record<string, { value: JsonValue }>;
}

export interface HeaderObject {
  description: string;
  required?: boolean;
  schema: SchemaObject;
}

/** A JSON Schema (2020-12), as far as route schemas use it. */
export interface SchemaObject {
  $ref?: string;
  title?: string;
  description?: string;
  type?: string | string[];
  const?: JsonValue;
  enum?: JsonValue[];
  default?: JsonValue;
  examples?: JsonValue[];
  format?: string;
  /** Of text that is answered as it is: its media type. */
  contentMediaType?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  items?: SchemaObject;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  properties?: Record<string, SchemaObject>;
  required?: string[];
  additionalProperties?: boolean | SchemaObject;
  patternProperties?: Record<string, SchemaObject>;
  propertyNames?: SchemaObject;
  minProperties?: number;
  maxProperties?: number;
  anyOf?: SchemaObject[];
  oneOf?: SchemaObject[];
  allOf?: SchemaObject[];
  not?: SchemaObject;
}

const SCHEMAS = "#/components/schemas/";
const RESPONSES = "#/components/responses/";

export function schemaReference(name: string): { $ref: string } {
  return { $ref: SCHEMAS + name };
}

export function responseReference(name: string): Reference {
  return { $ref: RESPONSES + name };
}

/** The component that a schema only refers to; null when it is written out. */
export function referredName(schema: SchemaObject): string | null {
  return schema.$ref?.startsWith(SCHEMAS) === true ? schema.$ref.slice(SCHEMAS.length) : null;
}

/** The schema itself, where it may be a reference. */
export function resolvedSchema(document: OpenApiDocument, schema: SchemaObject): SchemaObject {
  const name = referredName(schema);
  return name === null ? schema : (document.components.schemas[name] ?? {});
}

export function resolvedResponse(document: OpenApiDocument, response: ResponseObject | Reference): ResponseObject {
  if (!("$ref" in response)) return response;
  return document.components.responses[response.$ref.slice(RESPONSES.length)] ?? { description: "" };
}
