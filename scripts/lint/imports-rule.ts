/** `house/imports`: every way in which a file names another one is held against the plan of the house. */
import { posix, relative, sep } from "node:path";
import { type AstNode, type Rule, type RuleContext, child, children, textOf } from "./ast.ts";
import { type HousePlan } from "./house-plan.ts";
import { isTest, judgeImport } from "./judge-import.ts";

export const importsRule: Rule = {
  meta: { schema: false },
  create(context) {
    const plan = context.options[0] as HousePlan;
    const file = fileOf(context, plan.root);
    const judge = (source: AstNode | undefined): void => {
      const specifier = textOf(source);
      if (source === undefined || specifier === undefined) return;
      const fault = judgeImport(plan, { file, specifier });
      if (fault !== undefined) context.report({ node: source, message: fault });
    };
    const judgeSource = (node: AstNode): void => judge(child(node, "source"));
    return {
      ImportDeclaration: judgeSource,
      ExportNamedDeclaration: judgeSource,
      ExportAllDeclaration: judgeSource,
      ImportExpression: judgeSource,
      TSImportType: (node) => judge(child(node, "source") ?? child(node, "argument")),
      // What a test or a measurement names by URL it starts as a process of its own.
      NewExpression: (node) => (isTest(file) ? undefined : judge(moduleUrl(node))),
    };
  },
};

/** Path of the linted file relative to the root, with `/`. */
function fileOf(context: RuleContext, root: string): string {
  return relative(root, context.filename).split(sep).join(posix.sep);
}

/** The path in `new URL("./thread.ts", import.meta.url)`: how a worker thread names the file it starts from. */
function moduleUrl(node: AstNode): AstNode | undefined {
  const [path, base] = children(node, "arguments");
  const isUrl = child(node, "callee")?.["name"] === "URL";
  const isHere = base?.type === "MemberExpression" && child(base, "object")?.type === "MetaProperty";
  if (!isUrl || !isHere) return undefined;
  const text = textOf(path);
  return text !== undefined && /^\.{1,2}\/.*\.m?[jt]s$/.test(text) ? path : undefined;
}
