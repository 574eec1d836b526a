/** The routing step: the operator's rules on which events go on to the integrations, the first that fits decides. */
import Type from "typebox";
import { compileExpression, type CompiledExpression } from "../../expression/expression.ts";
import type { DataLayerStep, StepFault } from "../step.ts";

export const RoutingSection = Type.Array(
  Type.Object(
    {
      condition: Type.String({
        minLength: 1,
        maxLength: 10_000,
        description: "An expression on the event, as in event == 'Internal Test'.",
      }),
      action: Type.Enum(["drop", "pass"], {
        description: "drop sends the event nowhere; pass lets it go on past the rules below.",
      }),
      description: Type.Optional(Type.String({ maxLength: 1000 })),
    },
    { additionalProperties: false },
  ),
  {
    maxItems: 1000,
    description: "Rules in their order: the first whose condition is true decides; without one the event goes on.",
  },
);

export type RoutingRulesConfig = Type.Static<typeof RoutingSection>;

export function routingFaults(rules: RoutingRulesConfig): StepFault[] {
  return rules.flatMap(({ condition }, index) => {
    const made = compileExpression(condition);
    if (!("faults" in made)) return [];
    return made.faults.map(({ message, column }) => ({
      path: [index, "condition"],
      message: `${message} (column ${column} of the expression)`,
      cure: "Correct the expression; docs/mapping.md has the language.",
    }));
  });
}

export function compileRouting(rules: RoutingRulesConfig | undefined): DataLayerStep | null {
  if (rules === undefined || rules.length === 0) return null;
  const compiled = rules.flatMap(({ condition, action }) => {
    const made = compileExpression(condition);
    return "faults" in made ? [] : [{ expression: made.expression, action }];
  });
  return ({ event }) => (firstOf(compiled, (one) => one.expression.test(event))?.action === "drop" ? DROP : null);
}

const DROP = { drop: "routing_rule" } as const;

function firstOf(
  rules: readonly { expression: CompiledExpression; action: "drop" | "pass" }[],
  fits: (rule: { expression: CompiledExpression }) => boolean,
): { action: "drop" | "pass" } | undefined {
  return rules.find(fits);
}
