/** What requests say about a pipeline. */
import Type from "typebox";
import { pagingQuery } from "../http/paging.ts";
import { discardWaiting, id, version } from "../integrations/request-shapes.ts";

const STRICT = { additionalProperties: false } as const;
const PARAMETERS = {
  maxProperties: 200,
  description: "What {{pipeline_param.KEY}} stands for in the settings and mappings of its integrations.",
};
/** A year: what is to be accepted for longer is no old key. */
const LONGEST_OVERLAP_SECONDS = 31_536_000;

export const pipelineType = Type.Enum(["web", "app", "server"], { description: "Where its events come from." });

const parameter = Type.String({ maxLength: 10_000 });

const name = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: "^\\S(.*\\S)?$",
  description: "What people call the website, app or server; once in the organisation.",
});

const settings = {
  slug: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      pattern: "^[a-z0-9]+(-[a-z0-9]+)*$",
      description: "Short name for addresses, once in the organisation; made from the name when left out.",
    }),
  ),
  type: Type.Optional(pipelineType),
  domain_allowlist: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 300 }), {
      maxItems: 1000,
      description:
        "Whose pages may send: host, *.host, host:port, a full origin, or * for all. Empty allows no browser in production.",
    }),
  ),
  labels: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100, pattern: "^\\S(.*\\S)?$" }), {
      maxItems: 50,
      description: "What to find it by: env:production, or a plain word.",
    }),
  ),
  rate_limit_rps: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000_000, description: "Requests a second for each key." }),
  ),
  enabled: Type.Optional(
    Type.Boolean({ description: "False refuses its keys, and so all that is sent to it. True when left out." }),
  ),
};

export const NewPipeline = Type.Object(
  { name, ...settings, parameters: Type.Optional(Type.Record(Type.String(), parameter, PARAMETERS)) },
  { ...STRICT, title: "NewPipeline" },
);

export const PipelinePatch = Type.Object(
  {
    name: Type.Optional(name),
    ...settings,
    parameters: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Union([parameter, Type.Null(), Type.Object({ set: Type.Literal(true) }, STRICT)]),
        {
          ...PARAMETERS,
          description: `${PARAMETERS.description} Merged: null removes one, what is left out stays, and so does a secret one given as {set: true}.`,
        },
      ),
    ),
    version: Type.Optional(version),
  },
  { ...STRICT, title: "PipelinePatch" },
);

export const NewPipelineKey = Type.Object(
  {
    expires_previous_in_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: LONGEST_OVERLAP_SECONDS,
        description:
          "The other keys are accepted for this long still, then refused; 0 revokes them at once. They stay when left out.",
      }),
    ),
  },
  { ...STRICT, title: "NewPipelineKey" },
);

const pipelineId = id("The pipeline's id: pip_…");

export const pipelineParams = Type.Object({ id: pipelineId }, STRICT);
export const keyParams = Type.Object({ id: pipelineId, key_id: id("The key's id: key_…") }, STRICT);

export const pipelinesQuery = Type.Object(
  {
    ...pagingQuery,
    search: Type.Optional(
      Type.String({ minLength: 1, maxLength: 255, description: "A part of name, slug or id, in any case." }),
    ),
    type: Type.Optional(pipelineType),
    enabled: Type.Optional(Type.Boolean()),
    label: Type.Optional(Type.String({ minLength: 1, maxLength: 100, description: "One of its labels, as written." })),
    sort: Type.Optional(
      Type.Enum(["name", "-name", "created_at", "-created_at"], {
        default: "name",
        description: "With a minus the other way round: last name, or newest, first.",
      }),
    ),
  },
  STRICT,
);

export const keysQuery = Type.Object(pagingQuery, STRICT);
export const deleteQuery = Type.Object({ discard_waiting: Type.Optional(discardWaiting) }, STRICT);
