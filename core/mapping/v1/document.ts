/** The V1 mapping document: ordered steps; one schema for editors, and the check of the compiler. */
import { Type, type Static, type TSchema } from "typebox";
import { isJsonObject, type JsonObject, type JsonValue } from "../../json.ts";
import { Expression, Transforms } from "../document.ts";
import { checkSchema, type SchemaFault } from "../schema-check.ts";
import { didYouMean } from "../suggest.ts";

const closed = { additionalProperties: false } as const;

const common = {
  name: Type.Optional(Type.String({ maxLength: 200, description: "What the step is called; for people." })),
  on_error: Type.Optional(
    Type.Union([Type.Literal("skip"), Type.Literal("drop"), Type.Literal("fail")], {
      default: "skip",
      description:
        "When the step cannot work on a value: skip leaves the step out, drop does not send the event, fail makes it a dead letter.",
    }),
  ),
};

const OnMissing = Type.Union(
  [
    Type.Literal("skip"),
    Type.Literal("null"),
    Type.Literal("drop"),
    Type.Literal("fail"),
    // YAML reads `on_missing: null` as no text at all.
    Type.Unsafe<null>({ const: null }),
  ],
  {
    default: "skip",
    title: '"skip", "null", "drop" or "fail"',
    description: "What becomes of a row whose source is missing.",
  },
);

const Source = Type.Union([Type.String({ minLength: 1, maxLength: 4000 }), Type.Number(), Type.Boolean()], {
  title: "a path, or a literal in quotes such as \"'purchase'\"",
});

const Computed = Type.Object(
  {
    expression: Expression("What the field is worth."),
    type: Type.Optional(
      Type.Union([Type.Literal("string"), Type.Literal("number"), Type.Literal("integer"), Type.Literal("boolean")], {
        description: "The type it is brought into; as it is when left out.",
      }),
    ),
  },
  { ...closed, title: "an object {expression, type}" },
);

const fieldsOf = <S extends TSchema>(value: S, description: string) =>
  Type.Unsafe<Record<string, Static<S>>>(Type.Record(Type.String(), value, { description }));

const STEPS = {
  map: Type.Object(
    {
      type: Type.Literal("map"),
      mappings: fieldsOf(Source, "Payload field → where its value comes from: a path or a quoted literal."),
      on_missing: Type.Optional(OnMissing),
      ...common,
    },
    { ...closed, title: "a map step" },
  ),
  filter: Type.Object(
    { type: Type.Literal("filter"), condition: Expression("Only events for which this is true are sent."), ...common },
    { ...closed, title: "a filter step" },
  ),
  transform: Type.Object(
    { type: Type.Literal("transform"), fields: fieldsOf(Transforms, "Field → its transforms."), ...common },
    { ...closed, title: "a transform step" },
  ),
  enrich: Type.Object(
    {
      type: Type.Literal("enrich"),
      fields: fieldsOf(
        Type.Unsafe<JsonValue>(Type.Unknown()),
        "Field → its fixed value; may hold {{pipeline_param.KEY}}.",
      ),
      ...common,
    },
    { ...closed, title: "an enrich step" },
  ),
  compute: Type.Object(
    { type: Type.Literal("compute"), fields: fieldsOf(Computed, "Field → the expression it is worth."), ...common },
    { ...closed, title: "a compute step" },
  ),
} as const;

type StepType = keyof typeof STEPS;
export type MappingStep = { [T in StepType]: Static<(typeof STEPS)[T]> }[StepType];
export type StepOf<T extends StepType> = Extract<MappingStep, { type: T }>;

const MAX_STEPS = 100;

const top = {
  version: Type.Optional(Type.Literal(1)),
  name: Type.Optional(Type.String({ maxLength: 200, description: "What the mapping is called; for people." })),
  description: Type.Optional(Type.String({ maxLength: 2000 })),
};
const listing = { maxItems: MAX_STEPS, description: "Worked on in this order." };

/** Every step as any object: which schema it has its `type` says. */
const Outline = Type.Object({ ...top, steps: Type.Array(Type.Object({}, { title: "a step" }), listing) }, closed);

/** JSON Schema of a V1 mapping document, for editors. */
export const stepMappingSchema: TSchema = Type.Object(
  { ...top, steps: Type.Array(Type.Union(Object.values(STEPS)), listing) },
  { ...closed, title: "Datafly Signal step mapping", description: "Makes a vendor's payload in ordered steps (V1)." },
);

const SECTIONS = ["global", "events", "defaults"];

/** Whether a document is V1: it has steps, or says so and has no sections of V2. */
export function isStepMapping(document: JsonObject): boolean {
  const { version } = document;
  if (version === 2) return false;
  return Object.hasOwn(document, "steps") || (version === 1 && !SECTIONS.some((key) => Object.hasOwn(document, key)));
}

const known = Object.keys(STEPS);
const listed = `${known.slice(0, -1).join(", ")} or ${known.at(-1)}`;
const isStepType = (type: JsonValue | undefined): type is StepType =>
  typeof type === "string" && Object.hasOwn(STEPS, type);

function typeFault(step: JsonObject): SchemaFault {
  const { type } = step;
  const own = Object.keys(step).find((key) => isStepType(key));
  if (type === undefined) {
    const cure = own === undefined ? `It is ${listed}.` : `Write type: ${own} and its keys beside it.`;
    return { place: [], message: `type is missing. ${cure}` };
  }
  const near = typeof type === "string" ? didYouMean(type, known) : "";
  return { place: ["type"], message: `Must be ${listed}.${near}` };
}

/** The step's own keys, where a step has one that it does not know. */
function withKeys(fault: SchemaFault, type: StepType): SchemaFault {
  if (!fault.onKey || fault.place.length > 1 || fault.message.includes("Did you mean")) return fault;
  const keys = Object.keys(STEPS[type].properties).filter((key) => key !== "type" && !(key in common));
  return { ...fault, message: `${fault.message} A ${type} step has ${keys.join(" and ")}.` };
}

function stepFaults(step: JsonObject): SchemaFault[] {
  const { type } = step;
  if (!isStepType(type)) return [typeFault(step)];
  return checkSchema(STEPS[type], step).map((fault) => withKeys(fault, type));
}

/** All faults of a document's shape. */
export function checkStepMapping(document: JsonObject): SchemaFault[] {
  const faults = checkSchema(Outline, document);
  const { steps } = document;
  if (!Array.isArray(steps)) return faults;
  steps.forEach((step, index) => {
    if (!isJsonObject(step)) return;
    for (const fault of stepFaults(step)) faults.push({ ...fault, place: ["steps", index, ...fault.place] });
  });
  return faults;
}
