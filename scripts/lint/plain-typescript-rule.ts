/** `house/plain-typescript`: what disappears when the types are stripped, and nothing that needs a compiler or a container. */
import { type AstNode, type Rule } from "./ast.ts";

export const plainTypescriptRule: Rule = {
  meta: { schema: false },
  create(context) {
    const ban =
      (message: string) =>
      (node: AstNode): void =>
        context.report({ node, message });
    return {
      TSEnumDeclaration: ban(
        "no enum: use a union of literals, with a const object or array where the values are listed",
      ),
      Decorator: ban("no decorator: call a function with what it needs"),
      TSParameterProperty: ban("no parameter property: declare the field and assign it in the constructor"),
      TSModuleDeclaration(node) {
        if (node["declare"] !== true && node["kind"] !== "global") ban("no namespace: a file is the namespace")(node);
      },
      TSImportEqualsDeclaration: ban("no `import x = require()`: use an import declaration"),
      TSExportAssignment: ban("no `export =`: use a named export"),
    };
  },
};
