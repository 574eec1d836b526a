/** The integration catalogue: the vendors that there are connectors for. */
import { type Connector, nearest } from "@datafly-signal/core";
import { countInstalled } from "@datafly-signal/ports/store";
import Type from "typebox";
import { limitOf, mapPage, page, pageOf, pagingQuery, readCursor } from "../http/paging.ts";
import { defineRoute, type Fault, fault, isFault, type Route } from "../http/route.ts";
import { CATEGORIES, CatalogueEntry, catalogueEntryOf, matchesSearch, STATUSES } from "./catalogue-entry.ts";
import { id } from "../integrations/request-shapes.ts";

export interface CatalogueServices {
  /** The vendors, by key. */
  connectors: ReadonlyMap<string, Connector>;
  /** `logo.svg` of the vendors that have one, by key. */
  logos: ReadonlyMap<string, string>;
}

const TAG = "Integration catalogue";
const STRICT = { additionalProperties: false } as const;
export const vendorParams = Type.Object({ key: id("The vendor's key, as in webhook.") }, STRICT);

export function catalogueRoutes(services: CatalogueServices): Route[] {
  return [listRoute(services), getRoute(services), logoRoute(services)];
}

/** The vendor's connector, or that there is none, with the one that may be meant. */
export function findVendor(connectors: ReadonlyMap<string, Connector>, key: string): Connector | Fault {
  return (
    connectors.get(key) ??
    fault("NOT_FOUND", unknownWord(`There is no vendor "${key}" in the catalogue.`, key, connectors.keys()))
  );
}

/** With what may be meant, where something is near. */
export function unknownWord(message: string, word: string, known: Iterable<string>): string {
  const near = nearest(word, known);
  return near === undefined ? message : `${message} Did you mean "${near}"?`;
}

function listRoute({ connectors, logos }: CatalogueServices): Route {
  return defineRoute({
    method: "GET",
    path: "/integration-catalog",
    operation: "listCatalogue",
    tag: TAG,
    summary: "List the vendors that can be installed, by key",
    access: "integrations:read",
    query: Type.Object(
      {
        ...pagingQuery,
        category: Type.Optional(Type.Enum([...CATEGORIES])),
        status: Type.Optional(Type.Enum([...STATUSES])),
        search: Type.Optional(
          Type.String({
            minLength: 1,
            maxLength: 200,
            description: "Words that all stand in key, name, description, category or tags.",
          }),
        ),
      },
      STRICT,
    ),
    answers: { 200: { description: "A page of vendors.", schema: pageOf(CatalogueEntry) } },
    errors: ["VALIDATION_FAILED"],
    async handle({ query, queries }) {
      const after = readCursor(query, Type.String());
      if (isFault(after)) return after;
      const { category, status, search } = query;
      const found = [...connectors.values()]
        .filter((one) => category === undefined || one.category === category)
        .filter((one) => status === undefined || one.status === status)
        .filter((one) => search === undefined || matchesSearch(one, search.trim()))
        .filter((one) => after === null || one.key > after)
        .toSorted((a, b) => (a.key < b.key ? -1 : 1));
      const limit = limitOf(query);
      const installed = await countInstalled(queries);
      const shown = page(found.slice(0, limit + 1), limit, (one) => one.key);
      const entryOf = (one: Connector) =>
        catalogueEntryOf(one, { installed: installed.get(one.key) ?? 0, hasLogo: logos.has(one.key) });
      return { status: 200, body: mapPage(shown, entryOf) };
    },
  });
}

function getRoute({ connectors, logos }: CatalogueServices): Route {
  return defineRoute({
    method: "GET",
    path: "/integration-catalog/{key}",
    operation: "getCatalogueEntry",
    tag: TAG,
    summary: "Show a vendor with its settings, variants and blueprints",
    access: "integrations:read",
    params: vendorParams,
    answers: { 200: { description: "The vendor.", schema: CatalogueEntry } },
    errors: ["NOT_FOUND"],
    async handle({ params, queries }) {
      const connector = findVendor(connectors, params.key);
      if (isFault(connector)) return connector;
      const installed = (await countInstalled(queries)).get(connector.key) ?? 0;
      return { status: 200, body: catalogueEntryOf(connector, { installed, hasLogo: logos.has(connector.key) }) };
    },
  });
}

/** An image in a page is fetched without a token, and a vendor's mark is nobody's secret. */
function logoRoute({ connectors, logos }: CatalogueServices): Route {
  return defineRoute({
    method: "GET",
    path: "/integration-catalog/{key}/logo",
    operation: "getCatalogueLogo",
    tag: TAG,
    summary: "Show the vendor's mark as SVG",
    access: "public",
    params: vendorParams,
    answers: { 200: { description: "An SVG image.", schema: Type.String({ contentMediaType: "image/svg+xml" }) } },
    errors: ["NOT_FOUND"],
    handle({ params }) {
      const connector = findVendor(connectors, params.key);
      if (isFault(connector)) return connector;
      const logo = logos.get(connector.key);
      if (logo === undefined) return fault("NOT_FOUND", `${connector.name} has no logo here.`);
      return { status: 200, body: logo, headers: LOGO_HEADERS };
    },
  });
}

/** Opened by itself an SVG is a document: it may run nothing and load nothing. */
const LOGO_HEADERS = {
  "content-type": "image/svg+xml; charset=utf-8",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  "x-content-type-options": "nosniff",
  "cache-control": "public, max-age=86400",
};
