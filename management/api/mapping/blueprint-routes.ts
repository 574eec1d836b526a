/** Blueprints: ready-made mappings that vendors' folders bring. */
import type { Blueprint, Connector } from "@datafly-signal/core";
import Type from "typebox";
import { findVendor, unknownWord } from "../catalogue/catalogue-routes.ts";
import { limitOf, mapPage, page, pageOf, pagingQuery, readCursor } from "../http/paging.ts";
import { defineRoute, fault, isFault, type Route } from "../http/route.ts";
import { strict, VendorKey } from "./mapping-shapes.ts";
import { type MappingServices, TAG } from "./mapping-services.ts";

export function blueprintRoutes(services: MappingServices): Route[] {
  return [listRoute(services), getRoute(services)];
}

const BlueprintShape = {
  vendor: Type.String({ description: "The vendor's key." }),
  vendor_name: Type.String(),
  key: Type.String(),
  name: Type.String(),
  description: Type.String(),
  vertical: Type.String({ description: "As in retail, travel, media." }),
};

interface Found {
  connector: Connector;
  blueprint: Blueprint;
}

const shown = ({ connector, blueprint: { key, name, description, vertical } }: Found) => ({
  vendor: connector.key,
  vendor_name: connector.name,
  key,
  name,
  description,
  vertical,
});

/** What the list is sorted by. */
const placeOf = ({ connector, blueprint }: Found): [string, string] => [connector.key, blueprint.key];

function compared([vendor, key]: readonly [string, string], [other, otherKey]: readonly [string, string]): number {
  if (vendor !== other) return vendor < other ? -1 : 1;
  return key === otherKey ? 0 : key < otherKey ? -1 : 1;
}

function listRoute({ connectors }: MappingServices): Route {
  return defineRoute({
    method: "GET",
    path: "/mapping/blueprints",
    operation: "listBlueprints",
    tag: TAG,
    summary: "List the ready-made mappings, by vendor and key",
    access: "integrations:read",
    query: strict({
      ...pagingQuery,
      vendor: Type.Optional(VendorKey),
      vertical: Type.Optional(
        Type.String({ minLength: 1, maxLength: 100, description: "As in retail, travel, media." }),
      ),
    }),
    answers: {
      200: { description: "A page of blueprints, without their mappings.", schema: pageOf(strict(BlueprintShape)) },
    },
    errors: ["VALIDATION_FAILED"],
    handle({ query }) {
      const after = readCursor(query, Type.Tuple([Type.String(), Type.String()]));
      if (isFault(after)) return after;
      const { vendor, vertical } = query;
      const found = [...connectors.values()]
        .filter((connector) => vendor === undefined || connector.key === vendor)
        .flatMap((connector) => (connector.blueprints ?? []).map((blueprint): Found => ({ connector, blueprint })))
        .filter(({ blueprint }) => vertical === undefined || blueprint.vertical === vertical)
        .filter((one) => after === null || compared(placeOf(one), after) > 0)
        .toSorted((one, other) => compared(placeOf(one), placeOf(other)));
      return { status: 200, body: mapPage(page(found, limitOf(query), placeOf), shown) };
    },
  });
}

function getRoute({ connectors }: MappingServices): Route {
  return defineRoute({
    method: "GET",
    path: "/mapping/blueprints/{vendor}/{key}",
    operation: "getBlueprint",
    tag: TAG,
    summary: "Show a ready-made mapping as YAML, with its comments",
    access: "integrations:read",
    params: strict({ vendor: VendorKey, key: Type.String({ minLength: 1, maxLength: 100 }) }),
    answers: {
      200: {
        description: "The blueprint.",
        schema: strict({ ...BlueprintShape, mapping: Type.String({ description: "A mapping of version 2 as YAML." }) }),
      },
    },
    errors: ["NOT_FOUND"],
    handle({ params }) {
      const connector = findVendor(connectors, params.vendor);
      if (isFault(connector)) return connector;
      const { blueprints = [] } = connector;
      const blueprint = blueprints.find(({ key }) => key === params.key);
      if (blueprint !== undefined)
        return { status: 200, body: { ...shown({ connector, blueprint }), mapping: blueprint.mapping } };
      const keys = blueprints.map(({ key }) => key);
      return fault("NOT_FOUND", unknownWord(`${connector.name} has no blueprint "${params.key}".`, params.key, keys));
    },
  });
}
