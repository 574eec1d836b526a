/** `house/environment`: server/ reads the environment once, checks it and hands values down; nobody else looks. */
import { type AstNode, type Rule, child, children, isMember, nameOf, textOf } from "./ast.ts";

const MESSAGE =
  "only server/ reads the environment (server/config checks all of it at once): take the value as an argument";

export const environmentRule: Rule = {
  meta: { schema: false },
  create(context) {
    const report = (node: AstNode): void => context.report({ node, message: MESSAGE });
    return {
      MemberExpression(node) {
        const object = child(node, "object");
        const isGlobal = isMember(object, "globalThis", "process") && nameOf(child(node, "property")) === "env";
        if (isGlobal || isMember(node, "process", "env")) report(node);
      },
      VariableDeclarator(node) {
        if (nameOf(child(node, "init")) !== "process") return;
        for (const property of children(child(node, "id"), "properties")) {
          if (nameOf(child(property, "key")) === "env") report(property);
        }
      },
      ImportDeclaration(node) {
        if (!/^(node:)?process$/.test(textOf(child(node, "source")) ?? "")) return;
        for (const one of children(node, "specifiers")) {
          if (nameOf(child(one, "imported")) === "env") report(one);
        }
      },
    };
  },
};
