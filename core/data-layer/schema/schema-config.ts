/** The `schemas:` part of the data layer: what events must look like, and what becomes of those that do not. */
import Type from "typebox";
import type { StepFault } from "../step.ts";
import { schemaFaultsAt } from "./check-schema.ts";

const STRICT = { additionalProperties: false } as const;
const MAX_ENTRIES = 500;

const Entry = Type.Object(
  {
    event: Type.String({
      minLength: 1,
      maxLength: 255,
      description:
        'The event it is for: a track\'s name or any of its known aliases, page, "page:<name>", identify, group, or "*" for every event.',
    }),
    type: Type.Optional(
      Type.Enum(["track", "page", "identify", "group"], {
        description: "Only events of this type; all when left out.",
      }),
    ),
    part: Type.Optional(
      Type.Enum(["event", "properties", "traits", "context"], {
        default: "event",
        description:
          "What the schema describes: the whole event, or one object in it, which counts as {} when missing.",
      }),
    ),
    schema: Type.Record(Type.String(), Type.Unknown(), {
      description: "JSON Schema, draft 2020-12, that stands by itself. It checks and never changes an event.",
    }),
    on_violation: Type.Optional(
      Type.Enum(["warn", "quarantine", "drop"], {
        default: "quarantine",
        description:
          "warn sends the event on with context.schema_violations, quarantine sets it aside on dlq-events, drop counts it as schema_dropped.",
      }),
    ),
  },
  STRICT,
);

export const SchemasSection = Type.Array(Entry, {
  maxItems: 1_000,
  default: [],
  description: "JSON Schemas of events. All that fit an event are asked, in this order.",
});

export type SchemasConfig = Type.Static<typeof SchemasSection>;
export type SchemaEntry = SchemasConfig[number];

/** All faults of the schemas; paths are below `schemas`. */
export function schemasFaults(config: SchemasConfig): StepFault[] {
  const faults = config.flatMap((entry, index): StepFault[] => {
    const at = reachFaults(entry).concat(schemaFaultsAt(entry.schema).map((fault) => below("schema", fault)));
    return at.map((fault) => below(index, fault));
  });
  if (config.length <= MAX_ENTRIES) return faults;
  return [{ path: [], message: `there are more than ${MAX_ENTRIES} schemas`, cure: "Keep those in use." }, ...faults];
}

function below(part: string | number, fault: StepFault): StepFault {
  return { ...fault, path: [part, ...fault.path] };
}

/** Only tracks have names of their own. */
function reachFaults({ event, type }: SchemaEntry): StepFault[] {
  if (type === undefined || type === "track" || event === "*") return [];
  const isPage = event === "page" || event === "page_view" || event.startsWith("page:");
  if (type === "page" ? isPage : event === type) return [];
  const message = `no event of type ${type} is named "${event}"`;
  return [{ path: ["event"], message, cure: `Write event: ${type}, or remove type.` }];
}
