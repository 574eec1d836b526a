/** `house/named-errors`: an expected outcome is a value; what is thrown has a class of its own, so that it can be told apart. */
import { type Rule, child } from "./ast.ts";

const NAMELESS = new Set(["Error", "AggregateError"]);

export const namedErrorsRule: Rule = {
  meta: { schema: false },
  create(context) {
    return {
      ThrowStatement(node) {
        const thrown = child(node, "argument");
        const isMade = thrown?.type === "NewExpression" || thrown?.type === "CallExpression";
        const name = isMade ? child(thrown, "callee")?.["name"] : undefined;
        if (typeof name !== "string" || !NAMELESS.has(name)) return;
        context.report({ node, message: "no bare Error: return the outcome as a value, or throw a named error class" });
      },
    };
  },
};
