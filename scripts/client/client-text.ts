/** The operations of an OpenAPI document as TypeScript: objects, what each operation takes and answers, and where it is. */
import type {
  OpenApiDocument,
  OperationObject,
  ParameterObject,
  SchemaObject,
} from "@datafly-signal/management-api/openapi";
import { commentText, fieldText, typeText } from "./type-text.ts";

const HEAD = `/** Written by \`npm run client\` from the routes of the management API: what its operations take and answer. */
/* oxlint-disable max-lines */
import type { OperationFacts } from "./request.ts";
`;

/** TypeScript, not yet laid out. */
export function clientText(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const shared = sharedErrors(
    document,
    operations.map(({ operation }) => operation),
  );
  return [
    HEAD,
    ...Object.entries(document.components.schemas).map(([name, schema]) => componentText(name, schema)),
    ...shared.map(({ name, text, codes }) => `/** ${text} */\nexport type ${name} = ${union(codes)};\n`),
    "/** Of what takes nothing. */\nexport interface NoInput { params?: never; query?: never; body?: never }\n",
    "/** By name: what a call takes, what it answers, and the codes of its errors. */",
    `export interface Operations { ${operations.map(({ operation }) => operationText(document, operation, shared)).join("\n")} }`,
    "export const OPERATIONS = {",
    ...operations.map(
      ({ path, method, operation }) => `${operation.operationId}: ${JSON.stringify({ method, path })},`,
    ),
    "} as const satisfies Readonly<Record<keyof Operations, OperationFacts>>;",
    "",
  ].join("\n");
}

function componentText(name: string, schema: SchemaObject): string {
  const text = typeText(schema);
  const comment = commentText(schema.description);
  return text.startsWith("{")
    ? `${comment}export interface ${name} ${text}\n`
    : `${comment}export type ${name} = ${text};\n`;
}

interface SharedErrors {
  name: string;
  text: string;
  codes: string[];
}

/** What every operation can answer, and what all can that need a token: written once. */
function sharedErrors(document: OpenApiDocument, operations: readonly OperationObject[]): SharedErrors[] {
  const common = (some: readonly OperationObject[]): string[] => {
    const [first = [], ...others] = some.map((one) => codesOf(document, one));
    return first.filter((code) => others.every((codes) => codes.includes(code)));
  };
  const every = common(operations);
  const signedIn = common(operations.filter((one) => one["x-access"] !== "public"));
  return [
    { name: "EveryError", text: "Of every operation.", codes: every },
    {
      name: "TokenError",
      text: "Of every operation that needs a token.",
      codes: signedIn.filter((code) => !every.includes(code)),
    },
  ];
}

function operationText(document: OpenApiDocument, operation: OperationObject, shared: readonly SharedErrors[]): string {
  const { operationId, summary, description } = operation;
  const comment = commentText([summary, description].filter((text) => text !== undefined).join(" "));
  return `${comment}${operationId}: { input: ${inputText(operation)}; answer: ${answerText(operation)}; error: ${errorText(codesOf(document, operation), shared)} };`;
}

function inputText({ parameters = [], requestBody }: OperationObject): string {
  const body = requestBody?.content["application/json"].schema;
  const fields = [
    groupText(
      "params",
      parameters.filter((one) => one.in === "path"),
    ),
    groupText(
      "query",
      parameters.filter((one) => one.in === "query"),
    ),
    body === undefined ? "" : fieldText("body", { ...body, description: "" }, requestBody?.required === true),
    ...parameters
      .filter(({ name }) => name === "Idempotency-Key")
      .map(({ description = "" }) => `${commentText(description)}idempotencyKey?: string | undefined;`),
  ];
  return fields.every((field) => field === "") ? "NoInput" : `{ ${fields.join(" ")} }`;
}

function groupText(name: string, parameters: readonly ParameterObject[]): string {
  if (parameters.length === 0) return "";
  const fields = parameters.map(({ name, schema, description = "", required }) =>
    fieldText(name, { ...schema, description }, required),
  );
  const isRequired = parameters.some(({ required }) => required);
  return `${name}${isRequired ? "" : "?"}: { ${fields.join(" ")} }${isRequired ? "" : " | undefined"};`;
}

function answerText({ responses }: OperationObject): string {
  const answers = Object.entries(responses).flatMap(([status, response]) => {
    if (!status.startsWith("2") || "$ref" in response) return [];
    const [media] = Object.values(response.content ?? {});
    return [media === undefined ? "undefined" : typeText(media.schema)];
  });
  return [...new Set(answers)].join(" | ");
}

function errorText(codes: readonly string[], shared: readonly SharedErrors[]): string {
  const held = shared.filter((one) => one.codes.every((code) => codes.includes(code)));
  const others = codes.filter((code) => !held.some((one) => one.codes.includes(code)));
  return [...held.map(({ name }) => name), ...others.map((code) => JSON.stringify(code))].join(" | ");
}

function union(codes: readonly string[]): string {
  return codes.map((code) => JSON.stringify(code)).join(" | ");
}

function codesOf(document: OpenApiDocument, { responses }: OperationObject): string[] {
  return Object.values(responses).flatMap((response) => {
    if (!("$ref" in response)) return response["x-codes"] ?? [];
    return document.components.responses[response.$ref.slice(response.$ref.lastIndexOf("/") + 1)]?.["x-codes"] ?? [];
  });
}
