/** A call of an operation as a shell command. */
import type { OpenApiDocument, OperationObject } from "./document.ts";
import { sampleOf } from "./sample.ts";

/** Of a server on this machine with its usual port. */
const SERVER = "http://localhost:8084";

export interface OperationPlace {
  document: OpenApiDocument;
  /** In lower case. */
  method: string;
  /** Below the server's URL. */
  path: string;
  operation: OperationObject;
}

/** Path parameters without an example, and the token, are shell variables. */
export function curlExample({ document, method, path, operation }: OperationPlace): string {
  const url = `${SERVER}${document.servers[0]?.url ?? ""}${filledPath(path, operation)}${queryOf(operation)}`;
  const media = operation.requestBody?.content["application/json"];
  const [example] = Object.values(media?.examples ?? {});
  const body = media && JSON.stringify(example?.value ?? sampleOf(document, media.schema), null, 2);
  const verb = method === "get" || (method === "post" && body !== undefined) ? "" : ` -X ${method.toUpperCase()}`;
  return [
    `curl${verb} "${url}"`,
    ...(operation.security === undefined ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...(body === undefined ? [] : ['-H "Content-Type: application/json"', `-d ${quoted(body)}`]),
  ].join(" \\\n  ");
}

function filledPath(path: string, { parameters = [] }: OperationObject): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const example = parameters.find((one) => one.in === "path" && one.name === name)?.schema.examples?.[0];
    return example === undefined ? `$${name.toUpperCase()}` : encodeURIComponent(String(example));
  });
}

/** What is required, and what has an example. */
function queryOf({ parameters = [] }: OperationObject): string {
  const shown = parameters.filter((one) => one.in === "query" && (one.required || one.schema.examples !== undefined));
  const pairs = shown.map(({ name, schema }) => {
    const example = schema.examples?.[0];
    return `${name}=${example === undefined ? `$${name.toUpperCase()}` : encodeURIComponent(String(example))}`;
  });
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
