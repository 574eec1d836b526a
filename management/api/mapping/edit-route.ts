/** A mapping's text edited as the builder asks, with its comments kept. */
import type { RowList, SectionOption } from "@datafly-signal/core";
import Type from "typebox";
import { defineRoute, isFault, type Route } from "../http/route.ts";
import {
  anyObject,
  anything,
  EditFault,
  EventName,
  MappingText,
  nullable,
  strict,
  TEXT_BODY_LIMIT,
} from "./mapping-shapes.ts";
import { type MappingServices, TAG, worked } from "./mapping-services.ts";
import type { MappingEdit } from "./work/tasks.ts";

const LISTS = ["mappings", "enrichments", "transforms"] satisfies RowList[];
const OPTIONS = ["vendor_event_name", "enabled", "filter", "action"] satisfies SectionOption[];
const MAX_ROWS = 2_000;

const section = Type.String({
  minLength: 1,
  maxLength: 1_000,
  description: 'A section\'s id, as in global, defaults, events.purchase, events["Order Completed"].',
});
const list = Type.Enum(LISTS);
const index = Type.Integer({ minimum: 0, maximum: MAX_ROWS });
const row = anyObject("A row, as the mapping's schema has it.");
const op = <Name extends string>(name: Name) => Type.Literal(name);

const Edit = Type.Unsafe<MappingEdit>(
  Type.Union([
    strict({ op: op("set_row"), section, list, index, row }),
    strict({ op: op("add_row"), section, list, row, index: Type.Optional(index) }),
    strict({ op: op("remove_row"), section, list, index }),
    strict({ op: op("move_row"), section, list, from: index, to: index }),
    strict({ op: op("set_rows"), section, list, rows: Type.Array(row, { maxItems: MAX_ROWS }) }),
    strict({
      op: op("set_option"),
      section,
      option: Type.Enum(OPTIONS),
      value: Type.Union([Type.String({ maxLength: 4_000 }), Type.Boolean(), Type.Null()], {
        description: "Null takes the option away.",
      }),
    }),
    strict({ op: op("add_section"), event: EventName, content: Type.Optional(anyObject("The section's keys.")) }),
    strict({ op: op("remove_section"), section }),
    strict({ op: op("rename_section"), section, event: EventName }),
    strict({ op: op("set_defaults"), defaults: nullable(anyObject("The keys of `defaults`; null takes them away.")) }),
  ]),
);

const RowView = strict({
  id: Type.String({ description: "The row's path, as faults and previews name it." }),
  row: anything("The row."),
});

const SectionView = strict({
  id: Type.String(),
  kind: Type.Enum(["global", "event", "defaults"]),
  name: nullable(Type.String({ description: "The event's name, as the section has it." })),
  options: anyObject("vendor_event_name, enabled, filter and action, as far as they are given."),
  mappings: Type.Array(RowView),
  enrichments: Type.Array(RowView),
  transforms: Type.Array(RowView),
});

const MAX_EDITS = 100;

export function editRoute(services: MappingServices): Route {
  return defineRoute({
    method: "POST",
    path: "/mapping/edit",
    operation: "editMapping",
    tag: TAG,
    summary: "Edit the text of a mapping; what is not edited stays as it is, comments included",
    description:
      "All edits or none, in their order. Without edits, it reads the text into sections and rows. The text is not checked as a mapping (see validate), and nothing is stored.",
    access: "integrations:read",
    bodyLimit: TEXT_BODY_LIMIT,
    body: strict({ text: MappingText, edits: Type.Array(Edit, { maxItems: MAX_EDITS }) }),
    answers: {
      200: {
        description: "The text after the edits, or as it was, with the reason.",
        schema: strict({
          applied: Type.Boolean(),
          text: Type.String(),
          faults: Type.Array(EditFault),
          sections: Type.Array(SectionView, { description: "What the text now says." }),
        }),
      },
    },
    errors: ["VALIDATION_FAILED"],
    async handle({ body, caller }) {
      const result = await worked(services, "edit", { input: body, caller });
      return isFault(result) ? result : { status: 200, body: result.output };
    },
  });
}
