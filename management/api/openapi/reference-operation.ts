/** One operation in the rendered reference. */
import { MANAGEMENT_ERRORS } from "@datafly-signal/core";
import { escaped } from "../http/message-page.ts";
import { curlExample, type OperationPlace } from "./curl-example.ts";
import { type OperationObject, referredName, resolvedResponse, type ResponseObject } from "./document.ts";
import { kindOf } from "./field-rows.ts";
import { fieldTable, inline, paragraphs, parameterTable } from "./reference-table.ts";

export function operationArticle(place: OperationPlace): string {
  const { document, method, path, operation } = place;
  const url = `${document.servers[0]?.url ?? ""}${path}`;
  return [
    `<article id="${operation.operationId}"><h3><a href="#${operation.operationId}">${titleOf(operation)}</a></h3>`,
    `<p class="call">${methodMark(method)} <code>${pathText(url)}</code></p>`,
    `<div class="columns"><div>`,
    `<p class="who">${whoMay(operation)}</p>`,
    operation.description === undefined ? "" : paragraphs(operation.description),
    inputs(place),
    answers(place),
    errors(place),
    `</div><div class="example"><h4 id="${operation.operationId}-example">Example</h4>`,
    `<pre tabindex="0" aria-labelledby="${operation.operationId}-example"><code>${commandText(curlExample(place))}</code></pre></div></div></article>`,
  ].join("");
}

/** Its summary, as a heading. */
export function titleOf({ summary }: OperationObject): string {
  return inline(summary.replace(/\.$/, ""));
}

export function methodMark(method: string): string {
  return `<b class="method ${method}">${method.toUpperCase()}</b>`;
}

/** Breaks after slashes where the line is too short. */
function pathText(url: string): string {
  return escaped(url).replaceAll("/", "/<wbr>");
}

function commandText(command: string): string {
  const [first = "", ...more] = command.split("\n");
  return [pathText(first), ...more.map((line) => escaped(line))].join("\n");
}

function whoMay(operation: OperationObject): string {
  const access = operation["x-access"];
  if (access === "public") return "No token needed.";
  if (access === "signed_in") return "Anyone who is signed in.";
  const roles = (operation["x-roles"] ?? []).map((role) => `<code>${role}</code>`);
  return `Needs <code>${access}</code>, which these roles have: ${roles.join(", ")}.`;
}

const PLACES = [
  ["path", "In the path"],
  ["query", "In the query"],
  ["header", "Headers"],
] as const;

function inputs({ document, operation }: OperationPlace): string {
  const parameters = PLACES.map(([place, title]) => {
    const own = (operation.parameters ?? []).filter((one) => one.in === place);
    return own.length === 0 ? "" : `<h4>${title}</h4>${parameterTable(document, own)}`;
  });
  const schema = operation.requestBody?.content["application/json"].schema;
  if (schema === undefined) return parameters.join("");
  const table = fieldTable(document, schema, { shallow: false });
  const body = table === "" ? `<p>${escaped(kindOf(document, schema))}</p>` : table;
  return `${parameters.join("")}<h4>Body</h4>${body}`;
}

function answers({ document, operation }: OperationPlace): string {
  const good = responsesOf({ document, operation }).filter(({ response }) => response["x-codes"] === undefined);
  return `<h4>Answers</h4>${good.map(({ status, response }) => answer(document, status, response)).join("")}`;
}

function answer(document: OperationPlace["document"], status: string, response: ResponseObject): string {
  const [[mediaType, media] = []] = Object.entries(response.content ?? {});
  const schema = media?.schema;
  const title = `<b class="status">${status}</b> ${inline(response.description)}`;
  if (schema === undefined) return `<p class="answer">${title} <span class="limits">No body.</span></p>`;
  if (mediaType !== "application/json") return `<p class="answer">${title} <code>${mediaType}</code></p>`;
  const name = referredName(schema);
  if (name !== null) return `<p class="answer">${title}: <a href="#schema-${name}">${name}</a></p>`;
  const table = fieldTable(document, schema, { shallow: true });
  if (table === "") return `<p class="answer">${title} <span class="limits">${kindOf(document, schema)}</span></p>`;
  return `<details class="answer"><summary>${title}</summary>${table}</details>`;
}

function errors({ document, operation }: OperationPlace): string {
  const codes = responsesOf({ document, operation }).flatMap(({ response }) => response["x-codes"] ?? []);
  const rows = codes.map((code) => {
    const { status, message } = MANAGEMENT_ERRORS[code];
    return `<li><b class="status">${status}</b> <a href="#${code}"><code>${code}</code></a> ${inline(message)}</li>`;
  });
  const statuses = [...new Set(codes.map((code) => MANAGEMENT_ERRORS[code].status))];
  return `<details class="answer"><summary>Errors: ${statuses.join(", ")}</summary><ul class="errors">${rows.join("")}</ul></details>`;
}

function responsesOf({ document, operation }: Pick<OperationPlace, "document" | "operation">): {
  status: string;
  response: ResponseObject;
}[] {
  return Object.entries(operation.responses).map(([status, response]) => ({
    status,
    response: resolvedResponse(document, response),
  }));
}
