/** What a mapping is written in: its schema, and the transforms. */
import { listTransforms, publishedMappingSchema, type TransformDescription } from "@datafly-signal/core";
import Type from "typebox";
import { mapPage, pageOf, pagingQuery } from "../http/paging.ts";
import { defineRoute, isFault, type Route } from "../http/route.ts";
import { holds, pageAt, READ, search } from "./builder-lists.ts";
import { anyObject, anything, nullable, strict } from "./mapping-shapes.ts";

export function referenceRoutes(): Route[] {
  return [mappingSchemaRoute(), transformsRoute()];
}

function mappingSchemaRoute(): Route {
  return defineRoute({
    ...READ,
    path: "/mapping/schemas/mapping",
    operation: "getMappingSchema",
    summary: "Show the JSON Schema of mappings, for editors",
    answers: {
      200: { description: "JSON Schema (draft 2020-12) of both versions.", schema: anyObject("A JSON Schema.") },
    },
    errors: [],
    handle: () => ({ status: 200, body: publishedMappingSchema() }),
  });
}

const TransformShape = strict({
  name: Type.String(),
  family: Type.String({ description: "What it is listed under, as in text, hash, number, list." }),
  summary: Type.String(),
  takes: Type.Enum(["text", "number", "list", "value"]),
  behaviour: Type.String({ description: "What becomes of values of other types." }),
  arguments: nullable(anyObject("JSON Schema of its argument; null where it takes none.")),
  arguments_required: Type.Boolean(),
  examples: Type.Array(
    strict({
      input: Type.Optional(anything("Left out: missing.")),
      args: Type.Optional(anything("Its argument.")),
      output: Type.Optional(anything("Left out: missing.")),
    }),
  ),
});

const transformShown = ({
  name,
  family,
  summary,
  takes,
  behaviour,
  args,
  argsRequired,
  examples,
}: TransformDescription) => ({
  name,
  family,
  summary,
  takes,
  behaviour,
  arguments: args,
  arguments_required: argsRequired,
  examples: [...examples],
});

function transformsRoute(): Route {
  return defineRoute({
    ...READ,
    path: "/mapping/transforms",
    operation: "listTransforms",
    summary: "List the transforms of values, with arguments and examples",
    query: strict({ ...pagingQuery, search }),
    answers: { 200: { description: "A page of transforms, by family.", schema: pageOf(TransformShape) } },
    errors: ["VALIDATION_FAILED"],
    handle({ query }) {
      const wanted = (query.search ?? "").trim().toLowerCase();
      const found = listTransforms().filter(
        ({ name, summary, family }) => holds(name, wanted) || holds(summary, wanted) || holds(family, wanted),
      );
      const shown = pageAt(found, query);
      return isFault(shown) ? shown : { status: 200, body: mapPage(shown, transformShown) };
    },
  });
}
