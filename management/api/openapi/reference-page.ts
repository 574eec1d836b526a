/** The reference of the management API as a page: made from its OpenAPI document, without scripts and without anything from elsewhere. */
import { createHash } from "node:crypto";
import { MANAGEMENT_ERRORS } from "@datafly-signal/core";
import { escaped } from "../http/message-page.ts";
import type { OperationPlace } from "./curl-example.ts";
import type { OpenApiDocument, SchemaObject } from "./document.ts";
import { kindOf } from "./field-rows.ts";
import { methodMark, operationArticle, titleOf } from "./reference-operation.ts";
import { REFERENCE_STYLE } from "./reference-style.ts";
import { fieldTable, inline, paragraphs } from "./reference-table.ts";

const STYLE_HASH = createHash("sha256").update(REFERENCE_STYLE).digest("base64");

export const REFERENCE_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
};

export function referencePage(document: OpenApiDocument): string {
  const { title, version, description } = document.info;
  const byTag = operationsByTag(document);
  return [
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>`,
    '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">',
    `<style>${REFERENCE_STYLE}</style></head><body><a class="skip" href="#content">To the content</a>`,
    navigation(title, byTag),
    `<main id="content" tabindex="-1"><h1>${escaped(title)}</h1>`,
    `<p class="facts">Version ${escaped(version)}. As data: <a href="/openapi.json">openapi.json</a>, <a href="/openapi.yaml">openapi.yaml</a> (OpenAPI 3.1)</p>`,
    paragraphs(description),
    ...byTag.map(([tag, places]) => tagSection(tag, places)),
    objectsSection(document),
    errorsSection(),
    "</main></body></html>\n",
  ].join("");
}

type TagOperations = [tag: string, places: OperationPlace[]];

function operationsByTag(document: OpenApiDocument): TagOperations[] {
  const places = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): OperationPlace => ({ document, method, path, operation })),
  );
  return document.tags.map(({ name }) => [name, places.filter(({ operation }) => operation.tags.includes(name))]);
}

function navigation(title: string, byTag: readonly TagOperations[]): string {
  const tags = byTag.map(([tag, places]) => {
    const links = places.map(
      ({ operation }) => `<li><a href="#${operation.operationId}">${titleOf(operation)}</a></li>`,
    );
    return `<li><a href="#${tagAnchor(tag)}">${escaped(tag)}</a><ul>${links.join("")}</ul></li>`;
  });
  const more = '<li><a href="#objects">Objects</a></li><li><a href="#errors">Errors</a></li>';
  return `<nav aria-label="Operations"><a class="brand" href="#content">${escaped(title)}</a><ul class="tags">${tags.join("")}${more}</ul></nav>`;
}

function tagAnchor(tag: string): string {
  return `tag-${tag.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
}

function tagSection(tag: string, places: readonly OperationPlace[]): string {
  const index = places.map(
    ({ method, operation }) =>
      `<li>${methodMark(method)} <a href="#${operation.operationId}">${titleOf(operation)}</a></li>`,
  );
  return [
    `<section aria-labelledby="${tagAnchor(tag)}"><h2 id="${tagAnchor(tag)}">${escaped(tag)}</h2>`,
    `<ul class="index">${index.join("")}</ul>`,
    ...places.map(operationArticle),
    "</section>",
  ].join("");
}

function objectsSection(document: OpenApiDocument): string {
  const objects = Object.entries(document.components.schemas).map(([name, schema]) => object(document, name, schema));
  return `<section aria-labelledby="objects"><h2 id="objects">Objects</h2>${objects.join("")}</section>`;
}

function object(document: OpenApiDocument, name: string, schema: SchemaObject): string {
  const table = fieldTable(document, schema, { shallow: true });
  const text = schema.description === undefined ? "" : paragraphs(schema.description);
  const shape = table === "" ? `<p>${escaped(kindOf(document, schema))}</p>` : table;
  return `<article id="schema-${name}"><h3><a href="#schema-${name}">${name}</a></h3>${text}${shape}</article>`;
}

function errorsSection(): string {
  const rows = Object.entries(MANAGEMENT_ERRORS).map(([code, { status, retryable, message }]) => {
    const retry = retryable ? "May succeed later." : "The same request fails again.";
    return `<dt id="${code}"><code>${code}</code> <b class="status">${status}</b></dt><dd>${inline(message)} <span class="limits">${retry}</span></dd>`;
  });
  const shape =
    '<pre tabindex="0"><code>{"error": {"code": "VALIDATION_FAILED", "message": "…", "details": [{"path": "name", "message": "…"}]}}</code></pre>';
  return `<section aria-labelledby="errors"><h2 id="errors">Errors</h2>${paragraphs("Every error has one shape; `details` names each fault where there are several.")}${shape}<dl>${rows.join("")}</dl></section>`;
}
