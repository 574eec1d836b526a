/** `house/pure`: core and connectors say what to do and never do it; what a plain list of globals cannot say stands here. */
import { isBuiltin } from "node:module";
import { type AstNode, type Rule, child, children, nameOf, textOf } from "./ast.ts";

interface PureOptions {
  /** Built-in modules this file may import. */
  readonly modules: readonly string[];
}

const RANDOM_NAMES = /^(random|getRandom|generate|webcrypto|pseudoRandom|prng|rng)/;

export const pureRule: Rule = {
  meta: { schema: false },
  create(context) {
    const { modules } = context.options[0] as PureOptions;
    const say = (node: AstNode, message: string): void => context.report({ node, message });

    const judgeModule = (node: AstNode): void => {
      const source = child(node, "source") ?? child(node, "argument");
      const specifier = textOf(source);
      if (source === undefined || specifier === undefined || !isBuiltin(specifier)) return;
      const name = specifier.startsWith("node:") ? specifier : `node:${specifier}`;
      if (!modules.includes(name)) {
        say(
          source,
          `"${specifier}" does I/O or knows the machine: take what it gives as an argument, the caller is server/`,
        );
      } else if (name === "node:crypto") {
        judgeCrypto(node, source);
      }
    };
    const judgeCrypto = (node: AstNode, source: AstNode): void => {
      const specifiers = children(node, "specifiers");
      if (specifiers.length === 0 || specifiers.some(({ type }) => !/^(Import|Export)Specifier$/.test(type))) {
        say(source, `name what is needed of "node:crypto", so that it shows that only hashing is used`);
      }
      for (const one of specifiers) {
        if (RANDOM_NAMES.test(nameOf(child(one, "imported") ?? child(one, "local")) ?? "")) {
          say(one, "randomness is an argument: take the id or the random source from the caller");
        }
      }
    };
    const judgeDate = (node: AstNode): void => {
      if (child(node, "callee")?.["name"] !== "Date") return;
      const isCall = node.type === "CallExpression";
      if (isCall || children(node, "arguments").length === 0) {
        say(
          node,
          `${isCall ? "Date()" : "new Date()"} reads the clock: take the time as an argument (\`now: number\`, milliseconds)`,
        );
      }
    };
    return {
      ImportDeclaration: judgeModule,
      ExportNamedDeclaration: judgeModule,
      ExportAllDeclaration: judgeModule,
      ImportExpression: judgeModule,
      TSImportType: judgeModule,
      NewExpression: judgeDate,
      CallExpression: judgeDate,
    };
  },
};
