/** The V2 mapping document: one schema for YAML and JSON, for editors and for the compiler. */
import { Type, type Static, type TSchema } from "typebox";
import { type JsonValue } from "../json.ts";
import { transformNames } from "./transforms/table.ts";

const closed = { additionalProperties: false } as const;

const anything = (description: string): TSchema => Type.Unsafe<JsonValue>(Type.Unknown({ description }));

const Path = (description: string) => Type.String({ minLength: 1, maxLength: 1000, description });
/** An expression's text. */
export const Expression = (description: string) => Type.String({ minLength: 1, maxLength: 4000, description });

const OneTransform = Type.Union(
  [
    Type.String({ enum: [...transformNames()], title: "the name of a transform" }),
    Type.Unsafe<Record<string, JsonValue>>(
      Type.Record(Type.String(), Type.Unknown(), { minProperties: 1, maxProperties: 1, title: "{name: arguments}" }),
    ),
  ],
  { title: "a transform" },
);

/** One transform or several, as rows and steps name them. */
export const Transforms = Type.Union(
  [...OneTransform.anyOf, Type.Array(OneTransform, { maxItems: 20, title: "a list of transforms" })],
  {
    description: "A transform by name, {name: arguments}, or a list of them, applied one after the other.",
  },
);

const Row = Type.Object(
  {
    source: Type.Optional(
      Type.Union(
        [
          Path("A path into the event."),
          Type.Array(Path("A path into the event."), { minItems: 1, maxItems: 20, title: "a list of paths" }),
        ],
        {
          description:
            "Where the value comes from; of a list of paths the first one present wins. [] stands for every item.",
        },
      ),
    ),
    value: Type.Optional(anything("A fixed value instead of a source; may hold {{pipeline_param.KEY}}.")),
    target: Path("Where the value goes in the payload."),
    transform: Type.Optional(Transforms),
    format: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: "The argument of date_format." })),
    value_map: Type.Optional(
      Type.Unsafe<Record<string, JsonValue>>(
        Type.Record(Type.String(), Type.Unknown(), {
          description: 'The value\'s text form → what is sent; "*" catches all others.',
        }),
      ),
    ),
    default_value: Type.Optional(anything("What is sent when there is no value.")),
    required: Type.Optional(Type.Boolean({ description: "Without a value the event is not sent." })),
    when: Type.Optional(Expression("The row applies only to events for which this is true.")),
  },
  { ...closed, title: "a mapping row", description: "Maps one field of the event to one field of the payload." },
);

const Enrichment = Type.Object(
  {
    target: Path("Where the value goes in the payload."),
    value: anything("The value; may hold {{pipeline_param.KEY}}."),
  },
  { ...closed, title: "an enrichment" },
);

const PayloadTransform = Type.Object(
  {
    target: Type.Optional(Path("The payload's field that is changed.")),
    field: Type.Optional(Path("Another word for target.")),
    transform: Transforms,
  },
  { ...closed, title: "a transform row" },
);

const rows = {
  mappings: Type.Optional(Type.Array(Row, { maxItems: 2000 })),
  enrichments: Type.Optional(Type.Array(Enrichment, { maxItems: 2000 })),
  transforms: Type.Optional(Type.Array(PayloadTransform, { maxItems: 2000 })),
};

const Section = Type.Object(
  {
    vendor_event_name: Type.Optional(
      Type.String({ minLength: 1, maxLength: 500, description: "The event's name at the vendor." }),
    ),
    enabled: Type.Optional(Type.Boolean({ description: "False: these events are not sent." })),
    filter: Type.Optional(Expression("Only events for which this is true are sent.")),
    ...rows,
  },
  { ...closed, title: "an event's section" },
);

const Defaults = Type.Object(
  {
    action: Type.Union([Type.Literal("drop"), Type.Literal("pass_through"), Type.Literal("map")], {
      description: "What becomes of events without a section.",
    }),
    vendor_event_name: Section.properties.vendor_event_name,
    filter: Section.properties.filter,
    ...rows,
  },
  closed,
);

const Document = Type.Object(
  {
    version: Type.Literal(2),
    delivery_mode: Type.Optional(Type.Literal("server_side")),
    parameters: Type.Optional(
      Type.Unsafe<Record<string, JsonValue>>(
        Type.Record(Type.String(), Type.Unknown(), { description: "Connection settings; never part of the payload." }),
      ),
    ),
    global: Type.Optional(Type.Object(rows, { ...closed, description: "Rows for every event." })),
    events: Type.Optional(Type.Record(Type.String(), Section, { description: "Sections by the event's name." })),
    defaults: Type.Optional(Defaults),
  },
  { ...closed, title: "Datafly Signal mapping", description: "Maps events to a vendor's payload (V2)." },
);

export type MappingRow = Static<typeof Row>;
export type TransformSpec = Static<typeof Transforms>;
export type PayloadTransformRow = Static<typeof PayloadTransform>;
export type EnrichmentRow = Static<typeof Enrichment>;

/** JSON Schema of a mapping document, for editors and for the compiler. */
export const mappingSchema: TSchema = Document;
