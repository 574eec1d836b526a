/** The events that mappings read: their names, their fields, and samples. */
import {
  type CatalogueEntry,
  catalogueEntry,
  catalogueEvents,
  eventSchema,
  searchCatalogue,
  type SourceField,
  sourceFields,
} from "@datafly-signal/core";
import Type from "typebox";
import { unknownWord } from "../catalogue/catalogue-routes.ts";
import { mapPage, pageOf, pagingQuery } from "../http/paging.ts";
import { defineRoute, type Fault, fault, isFault, type Route } from "../http/route.ts";
import { pageAt, READ, search } from "./builder-lists.ts";
import { anyObject, anything, EventName, nullable, SampleWish, strict, VerticalName } from "./mapping-shapes.ts";
import { type MappingServices, refused } from "./mapping-services.ts";
import { sampleOf } from "./trial-event.ts";

export function eventSchemaRoutes(services: MappingServices): Route[] {
  return [sourceRoute(services), eventsRoute(), eventRoute(), sampleRoute(services)];
}

const SourceFieldShape = strict({
  path: Type.String({ description: "As a mapping's source has it: canonical.items[].item_id." }),
  type: Type.Enum(["string", "number", "integer", "boolean", "array", "object"]),
  description: Type.String(),
  need: nullable(Type.Enum(["required", "recommended", "optional"], { description: "Of the event asked for." })),
  aliases: Type.Array(Type.String(), {
    description: "Names it is also sent under; a canonical path reads all of them.",
  }),
  values: Type.Optional(Type.Array(Type.String(), { description: "The only values it may have." })),
  form: Type.Optional(Type.String({ description: "As in currency, country, date, time, url, email." })),
  example: Type.Optional(anything("From a sample event.")),
});

const sourceShown = ({ aliases, values, ...field }: SourceField) => ({
  ...field,
  aliases: [...aliases],
  ...(values && { values: [...values] }),
});

function unknownEvent(path: string, event: string): Fault {
  const names = catalogueEvents().flatMap(({ name, aliases }) => [name, ...aliases]);
  return refused(path, unknownWord(`The catalogue has no event "${event}".`, event, names));
}

function sourceRoute({ workbench }: MappingServices): Route {
  return defineRoute({
    ...READ,
    path: "/mapping/schemas/source",
    operation: "listSourceFields",
    summary: "List the fields that a mapping can read from events, with examples",
    query: strict({
      ...pagingQuery,
      event: Type.Optional(EventName),
      vertical: Type.Optional(VerticalName),
      search,
    }),
    answers: {
      200: {
        description: "A page of fields, best first where something is searched for.",
        schema: pageOf(SourceFieldShape),
      },
    },
    errors: ["VALIDATION_FAILED"],
    handle({ query }) {
      // Who looks for sources is about to write a mapping.
      workbench.warm();
      const { event, vertical, search: text } = query;
      const fields = sourceFields({
        ...(event !== undefined && { event }),
        ...(vertical !== undefined && { vertical }),
        ...(text !== undefined && { search: text }),
      });
      if (fields === null) return unknownEvent("query.event", event ?? "");
      const shown = pageAt(fields, query);
      return isFault(shown) ? shown : { status: 200, body: mapPage(shown, sourceShown) };
    },
  });
}

const EventShape = {
  name: Type.String({ description: "The canonical name." }),
  vertical: VerticalName,
  description: Type.String(),
  aliases: Type.Array(Type.String(), { description: "Other names; case, spaces, - and _ make no difference." }),
  call: Type.Enum(["track", "page", "identify", "group"]),
};

const eventShown = ({ event, vertical }: CatalogueEntry) => ({
  name: event.name,
  vertical,
  description: event.description,
  aliases: [...(event.aliases ?? [])],
  call: event.call ?? "track",
});

function eventsRoute(): Route {
  return defineRoute({
    ...READ,
    path: "/mapping/schemas/events",
    operation: "listCatalogueEvents",
    summary: "List or search the events of the catalogue, with all their names",
    query: strict({ ...pagingQuery, vertical: Type.Optional(VerticalName), search }),
    answers: {
      200: {
        description: "A page of events, best first where something is searched for.",
        schema: pageOf(
          strict({
            ...EventShape,
            matched: nullable(
              strict(
                { kind: Type.Enum(["name", "alias", "property"]), text: Type.String() },
                "What the search was found in.",
              ),
            ),
          }),
        ),
      },
    },
    errors: ["VALIDATION_FAILED"],
    handle({ query }) {
      const { vertical, search: text = "" } = query;
      const found = searchCatalogue(text, { limit: ALL_EVENTS, ...(vertical !== undefined && { vertical }) });
      const shown = pageAt(
        found.flatMap(({ name, matched }) => {
          const entry = catalogueEntry(name);
          return entry === null ? [] : [{ ...eventShown(entry), matched }];
        }),
        query,
      );
      return isFault(shown) ? shown : { status: 200, body: shown };
    },
  });
}

const ALL_EVENTS = 10_000;

function eventRoute(): Route {
  return defineRoute({
    ...READ,
    path: "/mapping/schemas/events/{event}",
    operation: "getCatalogueEvent",
    summary: "Show an event of the catalogue with the JSON Schema of its properties",
    params: strict({ event: EventName }),
    answers: {
      200: {
        description: "The event, by any of its names.",
        schema: strict({ ...EventShape, schema: anyObject("JSON Schema (draft 2020-12) of the whole event.") }),
      },
    },
    errors: ["NOT_FOUND"],
    handle({ params: { event } }) {
      const entry = catalogueEntry(event);
      const schema = eventSchema(event);
      if (entry !== null && schema !== null) return { status: 200, body: { ...eventShown(entry), schema } };
      const names = catalogueEvents().flatMap(({ name, aliases }) => [name, ...aliases]);
      return fault("NOT_FOUND", unknownWord(`The catalogue has no event "${event}".`, event, names));
    },
  });
}

function sampleRoute({ ids }: MappingServices): Route {
  const { vertical, seed } = SampleWish.properties;
  return defineRoute({
    ...READ,
    path: "/mapping/samples/{event}",
    operation: "getSampleEvent",
    summary: "Make a sample event, as a client would send it",
    params: strict({ event: EventName }),
    query: strict({ vertical, seed }),
    answers: {
      200: {
        description: "A sample. An event that the catalogue does not know has the properties of a purchase.",
        schema: strict({ known: Type.Boolean(), event: anyObject("The event.") }),
      },
    },
    errors: [],
    handle({ params, query, now }) {
      const facts = { now, anonymousId: ids.uuidV4(), messageId: ids.uuidV7() };
      const event = sampleOf({ event: params.event, ...query }, facts);
      const known = params.event.startsWith("page:") || catalogueEntry(params.event) !== null;
      return { status: 200, body: { known, event } };
    },
  });
}
