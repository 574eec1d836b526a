/** Expressions of filters and conditions: checked, and asked of an event. */
import Type from "typebox";
import { defineRoute, isFault, type Route } from "../http/route.ts";
import { anything, ClientEvent, nullable, SampleWish, strict } from "./mapping-shapes.ts";
import { type MappingServices, refused, TAG, worked } from "./mapping-services.ts";
import { trialOf } from "./trial-event.ts";

const MAX_EXPRESSION = 20_000;

export function expressionRoute(services: MappingServices): Route {
  return defineRoute({
    method: "POST",
    path: "/mapping/expression",
    operation: "checkExpression",
    tag: TAG,
    summary: "Check an expression, as filters and conditions have it, and ask it of an event",
    access: "integrations:read",
    body: strict({
      expression: Type.String({
        maxLength: MAX_EXPRESSION,
        description: "At most 4,000 characters are an expression; more is a fault.",
      }),
      event: Type.Optional(ClientEvent),
      sample: Type.Optional(SampleWish),
    }),
    answers: {
      200: {
        description: "What was found.",
        schema: strict({
          valid: Type.Boolean(),
          faults: Type.Array(
            strict({
              message: Type.String(),
              offset: Type.Integer({ description: "Characters before the fault." }),
              line: Type.Integer({ minimum: 1 }),
              column: Type.Integer({ minimum: 1 }),
            }),
          ),
          result: nullable(
            strict(
              {
                holds: Type.Boolean({ description: "Whether it is true of the event, as a filter asks." }),
                value: Type.Optional(anything("What it is worth; left out where that is missing or too large.")),
              },
              "Null without an event, and for an expression with faults.",
            ),
          ),
        }),
      },
    },
    errors: ["VALIDATION_FAILED"],
    async handle({ body: { expression, event, sample }, caller, now }) {
      const isAsked = event !== undefined || sample !== undefined;
      const trial = isAsked ? trialOf({ event, sample }, { now, ids: services.ids }) : undefined;
      if (isFault(trial)) return trial;
      const result = await worked(services, "expression", { input: { expression, ...(trial && { trial }) }, caller });
      if (isFault(result)) return result;
      if ("refused" in result.output) return refused("event", result.output.refused);
      return { status: 200, body: result.output };
    },
  });
}
