/** The shapes of requests and answers about mappings. */
import { catalogueEvents, type JsonObject, type JsonValue, type Vertical } from "@datafly-signal/core";
import Type, { type TProperties } from "typebox";

export const strict = <Properties extends TProperties>(properties: Properties, description?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(description !== undefined && { description }) });

export const nullable = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

export const anything = (description: string) => Type.Unsafe<JsonValue>(Type.Unknown({ description }));

export const anyObject = (description: string) =>
  Type.Unsafe<JsonObject>(Type.Object({}, { additionalProperties: true, description }));

/** A mapping's text is at most 1 MiB; written as JSON it may be twice that. */
export const TEXT_BODY_LIMIT = 3 * 1_048_576;
const MAX_TEXT = 1_048_576;

export const MappingText = Type.String({ maxLength: MAX_TEXT, description: "A mapping as YAML or JSON text." });

const MappingData = Type.Object({}, { additionalProperties: true, description: "A mapping as plain data." });

export const MappingSource = Type.Unsafe<JsonValue>(
  Type.Union([MappingText, MappingData], {
    description: "A mapping, of version 2 or 1. Faults of a text have lines and columns.",
  }),
);

export const PreviewedMapping = Type.Unsafe<JsonValue>(
  Type.Union([MappingText, MappingData, Type.Null()], {
    description: "A mapping, of version 2 or 1. Null sends the event as it is, as without a mapping.",
  }),
);

const name = (description: string) => Type.String({ minLength: 1, maxLength: 100, description });

export const VendorKey = name("A vendor's key, as in webhook.");
export const PipelineId = name("A pipeline's id.");
export const IntegrationId = name("An integration's id.");

const VERTICALS = [...new Set(catalogueEvents().map(({ vertical }) => vertical))] satisfies Vertical[];

export const VerticalName = Type.Enum(VERTICALS, { description: "A line of business in the event catalogue." });

export const EventName = Type.String({
  minLength: 1,
  maxLength: 200,
  description:
    "An event by any of its names, as in purchase or Order Completed; also page, page:<name>, identify, group.",
});

export const ClientEvent = anyObject("An event as a client sends it; what is missing is added as the gateway does.");

export const SampleWish = strict(
  {
    event: EventName,
    vertical: Type.Optional(VerticalName),
    seed: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: "Another seed, another sample." })),
  },
  "A sample event from the catalogue.",
);

const position = {
  line: Type.Optional(Type.Integer({ minimum: 1, description: "In the text, from 1." })),
  column: Type.Optional(Type.Integer({ minimum: 1 })),
};

const faultParts = {
  path: Type.String({
    description: "Where in the mapping, as in events.purchase.mappings[2].transform; empty for the whole.",
  }),
  message: Type.String({ description: "What is wrong, with the cure where there is one." }),
};

export const Fault = strict({ ...faultParts, ...position });

export const EditFault = strict({
  ...faultParts,
  ...position,
  edit: nullable(Type.Integer({ description: "The index of the edit; null where the text itself cannot be read." })),
});

/** Of a document with more faults than are listed. */
export const shownFaults = {
  faults: Type.Array(Fault, { description: "The first 200." }),
  fault_count: Type.Integer({ description: "How many there are." }),
};

export const Version = nullable(
  Type.Unsafe<1 | 2>(
    Type.Integer({ enum: [1, 2], description: "Which form the mapping has; null where that cannot be told." }),
  ),
);

const Counted = {
  required: strict({
    mapped: Type.Integer(),
    total: Type.Integer(),
    missing: Type.Array(Type.String({ description: "A field's path in the payload." })),
  }),
  optional: strict({ mapped: Type.Integer(), total: Type.Integer() }),
};

export const SectionCoverage = strict({
  section: Type.String({ description: "The section's path, as in events.purchase; global rows count for each." }),
  vendor_event_name: nullable(Type.String()),
  ...Counted,
});

export const PayloadCoverage = strict({ ...Counted, sections: Type.Array(SectionCoverage) });
