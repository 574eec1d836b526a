/** Tables of fields and texts for the rendered reference. */
import { escaped } from "../http/message-page.ts";
import type { OpenApiDocument, ParameterObject, SchemaObject } from "./document.ts";
import { type FieldRow, fieldRows, kindOf, type FieldOptions } from "./field-rows.ts";

/** Paragraphs, with `code` between back-ticks. */
export function paragraphs(text: string): string {
  return text
    .split(/\n{2,}/)
    .map((one) => `<p>${inline(one)}</p>`)
    .join("");
}

export function inline(text: string): string {
  return escaped(text).replace(/`([^`]+)`/g, (_, code: string) => `<code>${code}</code>`);
}

/** Empty when the schema has no fields. */
export function fieldTable(document: OpenApiDocument, schema: SchemaObject, options: FieldOptions): string {
  const rows = fieldRows(document, schema, options);
  return rows.length === 0 ? "" : tableOf(rows);
}

export function parameterTable(document: OpenApiDocument, parameters: readonly ParameterObject[]): string {
  const rows = parameters.map((parameter): FieldRow => {
    const [row] = fieldRows(document, { properties: { [parameter.name]: parameter.schema } }, { shallow: true });
    return {
      path: parameter.name,
      depth: 0,
      isRequired: parameter.required,
      kind: kindOf(document, parameter.schema),
      component: null,
      description: parameter.description ?? "",
      limits: row?.limits ?? [],
      values: row?.values ?? [],
    };
  });
  return tableOf(rows);
}

/** Roles, so that it is a table also where it is laid out as blocks. */
function tableOf(rows: readonly FieldRow[]): string {
  return [
    '<table class="fields" role="table"><thead role="rowgroup"><tr role="row">',
    '<th role="columnheader">Field</th><th role="columnheader">Kind</th><th role="columnheader">Meaning</th>',
    `</tr></thead><tbody role="rowgroup">${rows.map(rowOf).join("")}</tbody></table>`,
  ].join("");
}

/** More levels than these are indented alike. */
const DEEPEST = 6;

function rowOf(row: FieldRow): string {
  const end = row.path.lastIndexOf(".") + 1;
  const above = `<span class="above">${escaped(row.path.slice(0, end))}</span>`;
  const name = `<code>${above}${escaped(row.path.slice(end))}</code>`;
  const required = row.isRequired ? ' <strong class="required">required</strong>' : "";
  const kind =
    row.component === null
      ? escaped(row.kind)
      : `${escaped(row.kind.replace(/\bobject\b.*/, ""))}<a href="#schema-${row.component}">${row.component}</a>`;
  return [
    `<tr role="row" class="d${Math.min(row.depth, DEEPEST)}"><th role="rowheader" scope="row">${name}${required}</th>`,
    `<td role="cell" class="kind">${kind}${row.component !== null && row.kind.endsWith("or null") ? " or null" : ""}</td>`,
    `<td role="cell">${meaningOf(row)}</td></tr>`,
  ].join("");
}

function meaningOf({ description, limits, values }: FieldRow): string {
  const parts = [
    description === "" ? "" : `<span>${inline(description)}</span>`,
    values.length === 0
      ? ""
      : `<span class="limits">${values.map((one) => `<code>${escaped(one)}</code>`).join(", ")}</span>`,
    limits.length === 0 ? "" : `<span class="limits">${escaped(limits.join("; "))}</span>`,
  ];
  return parts.filter((part) => part !== "").join(" ");
}
