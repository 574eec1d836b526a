/** The little of the syntax tree and of the linter's interface that the rules of the house look at. */

export interface AstNode {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface RuleContext {
  /** Absolute path of the file being linted. */
  readonly filename: string;
  /** Folder of the configuration's run. */
  readonly cwd: string;
  readonly options: readonly unknown[];
  report(finding: { node: AstNode; message: string }): void;
}

type Visitor = Record<string, (node: AstNode) => void>;

export interface Rule {
  readonly meta: { readonly schema: false };
  create(context: RuleContext): Visitor;
}

/** The child node in a field; undefined when the field is absent or holds something else. */
export function child(node: AstNode | undefined, field: string): AstNode | undefined {
  const value = node?.[field];
  return isNode(value) ? value : undefined;
}

/** The nodes of a list field, e.g. `arguments`. */
export function children(node: AstNode | undefined, field: string): AstNode[] {
  const value = node?.[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The text of a string literal (or of a template without holes). */
export function textOf(node: AstNode | undefined): string | undefined {
  if (node?.type === "Literal" && typeof node["value"] === "string") return node["value"];
  if (node?.type !== "TemplateLiteral" || children(node, "expressions").length > 0) return undefined;
  const cooked = (children(node, "quasis")[0]?.["value"] as { cooked?: unknown } | undefined)?.cooked;
  return typeof cooked === "string" ? cooked : undefined;
}

/** The name of an identifier or the text of a literal: `env` in `process.env`, `process["env"]` and `{ env }`. */
export function nameOf(node: AstNode | undefined): string | undefined {
  return node?.type === "Identifier" && typeof node["name"] === "string" ? node["name"] : textOf(node);
}

/** True for `object.property` and `object["property"]`, with the names given. */
export function isMember(node: AstNode | undefined, object: string, property: string): boolean {
  if (node?.type !== "MemberExpression") return false;
  const target = child(node, "object");
  return target?.type === "Identifier" && nameOf(target) === object && nameOf(child(node, "property")) === property;
}

function isNode(value: unknown): value is AstNode {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}
