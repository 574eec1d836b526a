/** The shape of `signal.yaml`: one schema for the reader, the types and `docs/signal.schema.json`. */
import Type, { type TSchema } from "typebox";
import { DataLayerSection, OrganisationSection } from "../data-layer/data-layer.ts";
import { DeliverySpecSchema } from "../delivery-spec/spec-schema.ts";

const STRICT = { additionalProperties: false } as const;
const PLACEHOLDER = "{{pipeline_param.KEY}}";

/** A pipeline integration: an integration at a revision. */
const Assignment = Type.Object(
  {
    id: Type.Optional(
      Type.String({ pattern: "^pi_[A-Za-z0-9_-]{1,64}$", description: "Kept over renames; derived when left out." }),
    ),
    integration: Type.String({
      minLength: 1,
      maxLength: 255,
      description: "An integration of this file, by name or id.",
    }),
    revision: Type.Optional(
      Type.Union([Type.Literal("latest"), Type.Integer({ minimum: 1 })], {
        default: "latest",
        description: "latest, or the number of a revision to stay at.",
      }),
    ),
    enabled: Type.Optional(
      Type.Boolean({ default: true, description: "false stops sending; what waits stays, new events are filtered." }),
    ),
  },
  STRICT,
);

const PIPELINE_KEY = "^[!-~]{8,200}$";

const EndingKey = Type.Object(
  {
    key: Type.String({ pattern: PIPELINE_KEY, description: "The key." }),
    expires_at: Type.String({ minLength: 1, description: "From then on it is refused: an ISO time." }),
  },
  { ...STRICT, description: "A key that ends by itself." },
);

const Pipeline = Type.Object(
  {
    id: Type.Optional(
      Type.String({
        pattern: "^pip_[A-Za-z0-9_-]{1,64}$",
        description: "Kept over renames; derived from the slug when left out.",
      }),
    ),
    name: Type.String({
      minLength: 1,
      maxLength: 255,
      pattern: "^\\S(.*\\S)?$",
      description: "What people call the website, app or server.",
    }),
    slug: Type.Optional(
      Type.String({
        pattern: "^[a-z0-9]+(-[a-z0-9]+)*$",
        maxLength: 64,
        description: "Short name for addresses; made from the name when left out.",
      }),
    ),
    type: Type.Optional(
      Type.Enum(["web", "app", "server"], {
        default: "web",
        description: "Where its events come from.",
      }),
    ),
    pipeline_key: Type.Optional(
      Type.String({
        pattern: PIPELINE_KEY,
        description: "The key that clients send (dk_live_…): 8 to 200 characters without spaces.",
      }),
    ),
    pipeline_keys: Type.Optional(
      Type.Array(Type.Union([Type.String({ pattern: PIPELINE_KEY }), EndingKey]), {
        description: "Further keys that are accepted, while they rotate.",
      }),
    ),
    domain_allowlist: Type.Optional(
      Type.Array(
        Type.String({
          pattern:
            "^(\\*|([A-Za-z][A-Za-z0-9+.-]*://)?((\\*\\.)?[\\p{L}\\p{N}_]([\\p{L}\\p{N}_-]*[\\p{L}\\p{N}_])?(\\.[\\p{L}\\p{N}_]([\\p{L}\\p{N}_-]*[\\p{L}\\p{N}_])?)*|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?/?)$",
        }),
        {
          default: [],
          description:
            "Whose pages may send: host, *.host, host:port, a full origin, or * for all. Empty allows no browser in production.",
        },
      ),
    ),
    enabled: Type.Optional(
      Type.Boolean({ default: true, description: "false refuses its keys, and so everything that is sent to it." }),
    ),
    labels: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 100, pattern: "^\\S(.*\\S)?$" }), {
        default: [],
        maxItems: 50,
        description: "What to find it by: env:production, or a plain word.",
      }),
    ),
    rate_limit_rps: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000, default: 1000, description: "Requests a second for each key." }),
    ),
    parameters: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
        default: {},
        description: `What ${PLACEHOLDER} stands for in settings and mappings of this pipeline's integrations.`,
      }),
    ),
    secret_parameters: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
        default: [],
        maxItems: 1000,
        description:
          "Keys of parameters that are secrets whatever uses them: write their values as ${ENVIRONMENT_VARIABLE}. Those that a secret setting is made of are secrets anyway.",
      }),
    ),
    integrations: Type.Optional(
      Type.Array(Assignment, { default: [], description: "The integrations that this pipeline's events go to." }),
    ),
  },
  {
    ...STRICT,
    anyOf: [{ required: ["pipeline_key"] }, { required: ["pipeline_keys"] }],
  },
);

const RateLimits = Type.Object(
  {
    rate_limit_rps: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1_000_000,
        description: "Requests a second; the vendor's own limit when left out.",
      }),
    ),
    rate_limit_burst: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000_000,
        description: "Requests at once; twice rate_limit_rps when left out.",
      }),
    ),
    rate_limit_daily: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 1_000_000_000, description: "Requests a UTC day; 0 is no limit." }),
    ),
  },
  { ...STRICT, description: "Limits of the requests to the vendor. What is over waits; nothing is dropped." },
);

const Batch = Type.Object(
  {
    size: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, description: "Events a request." })),
    bytes: Type.Optional(Type.Integer({ minimum: 1024, maximum: 67_108_864, description: "Bytes a request." })),
    interval_ms: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 3_600_000,
        description: "How long the first event waits for company, in milliseconds.",
      }),
    ),
  },
  { ...STRICT, description: "How events are gathered into requests; the vendor's own way when left out." },
);

/** What a revision of an integration holds. */
const CONTENT = {
  variant: Type.Optional(
    Type.String({ default: "default", description: "A variant of the vendor: settings tuned for an industry." }),
  ),
  delivery_mode: Type.Optional(Type.Literal("server_side", { default: "server_side" })),
  consent_categories: Type.Optional(
    Type.Array(Type.String({ pattern: "^[A-Za-z0-9_.-]{1,64}$" }), {
      default: [],
      description: "The visitor must have granted all of them. An empty list delivers every event.",
    }),
  ),
  rate_limits: Type.Optional(RateLimits),
  batch: Type.Optional(Batch),
  config: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      default: {},
      description: "The vendor's settings, by the keys of its configuration fields.",
    }),
  ),
  secrets: Type.Optional(
    Type.Record(Type.String(), Type.Unknown(), {
      default: {},
      description: "The vendor's secret settings, as ${ENVIRONMENT_VARIABLE}.",
    }),
  ),
  mapping: Type.Optional(
    Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.String({ minLength: 1 })], {
      description: "The schema mapping, or its text. Without one, the event is sent as it is.",
    }),
  ),
  delivery_spec: Type.Optional(DeliverySpecSchema),
};

const EarlierRevision = Type.Object(
  { revision: Type.Integer({ minimum: 1, description: "Its number." }), ...CONTENT },
  STRICT,
);

const Integration = Type.Object(
  {
    id: Type.Optional(
      Type.String({
        pattern: "^tmpl_[A-Za-z0-9_-]{1,64}$",
        description: "Kept over renames; derived from the name when left out.",
      }),
    ),
    name: Type.String({
      minLength: 1,
      maxLength: 255,
      pattern: "^\\S(.*\\S)?$",
      description: "Its name, once in the organisation.",
    }),
    vendor: Type.String({ minLength: 1, description: "The vendor's key in the catalogue, as in webhook." }),
    vendor_name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 255,
        pattern: "^\\S(.*\\S)?$",
        description: "Of a custom integration: what people call the vendor, or the API of your own.",
      }),
    ),
    description: Type.Optional(Type.String({ default: "", maxLength: 2000, description: "For people." })),
    ...CONTENT,
    mapping_file: Type.Optional(
      Type.String({ minLength: 1, description: "The file that holds the mapping, beside this one." }),
    ),
    blueprint: Type.Optional(
      Type.String({
        minLength: 1,
        description: "A ready-made mapping of the vendor instead of one of your own, as in default or retail.",
      }),
    ),
    revision: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1_000_000_000,
        description:
          "The number of this content's revision, where it is taken up for the first time; exports write it.",
      }),
    ),
    earlier_revisions: Type.Optional(
      Type.Array(EarlierRevision, {
        default: [],
        maxItems: 1000,
        description: "Revisions before, which pipelines may stay at; exports write those that are in use.",
      }),
    ),
  },
  {
    ...STRICT,
    not: {
      anyOf: [
        { required: ["mapping", "mapping_file"] },
        { required: ["mapping", "blueprint"] },
        { required: ["mapping_file", "blueprint"] },
      ],
    },
  },
);

/** The sections of the file. A later part adds its own here; the reader hands it on as plain data in `sections`. */
export const FILE_SECTIONS = {
  version: Type.Literal(1, { description: "The version of this format." }),
  pipelines: Type.Optional(
    Type.Array(Pipeline, { default: [], description: "Websites, apps and servers that send events." }),
  ),
  integrations: Type.Optional(Type.Array(Integration, { default: [], description: "Where events are delivered to." })),
  data_layer: Type.Optional(DataLayerSection),
  organisation: Type.Optional(OrganisationSection),
} as const satisfies Record<string, TSchema>;

/** What the three sections look like once read; any part may be missing where it was at fault. */
export type LooseAssignment = Partial<Type.Static<typeof Assignment>>;
export type LoosePipeline = Partial<Omit<Type.Static<typeof Pipeline>, "integrations">> & {
  integrations?: LooseAssignment[];
};
export type LooseIntegration = Partial<Type.Static<typeof Integration>>;
export type LooseContent = Partial<Type.Static<typeof EarlierRevision>>;

/** Sections that other parts bring, by key. */
export type ExtraSections = Readonly<Record<string, TSchema>>;

/** The whole file's schema. */
export function fileSchema(extra: ExtraSections = {}): TSchema {
  return Type.Object(
    {
      ...FILE_SECTIONS,
      ...Object.fromEntries(Object.entries(extra).map(([key, schema]) => [key, Type.Optional(schema)])),
    },
    { ...STRICT, title: "Datafly Signal configuration", description: "The file signal.yaml." },
  );
}
