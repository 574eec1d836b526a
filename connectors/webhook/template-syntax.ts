/** The parser's tree as far as templates use it (`@handlebars/parser` ships types that do not resolve in ES modules). */
import { parse } from "@handlebars/parser";

interface SyntaxNode {
  loc: { start: { line: number; column: number } };
}

export interface ProgramSyntax {
  body: StatementSyntax[];
  blockParams?: string[];
}

export type StatementSyntax =
  | (SyntaxNode & { type: "ContentStatement"; value: string })
  | (SyntaxNode & { type: "CommentStatement" })
  | (SyntaxNode & { type: "PartialStatement" | "PartialBlockStatement" | "Decorator" | "DecoratorBlock" })
  | MustacheSyntax
  | BlockSyntax;

interface CallSyntax extends SyntaxNode {
  path: ExpressionSyntax;
  params: ExpressionSyntax[];
  hash?: { pairs: { key: string; value: ExpressionSyntax }[] };
}

export interface MustacheSyntax extends CallSyntax {
  type: "MustacheStatement";
  /** False for `{{{…}}}` and `{{&…}}`. */
  escaped: boolean;
}

export interface BlockSyntax extends CallSyntax {
  type: "BlockStatement";
  /** Absent in `{{^…}}`. */
  program?: ProgramSyntax;
  /** Absent without `{{else}}`. */
  inverse?: ProgramSyntax;
}

export interface PathSyntax extends SyntaxNode {
  type: "PathExpression";
  data: boolean;
  depth: number;
  parts: (string | ExpressionSyntax)[];
  original: string;
}

export type ExpressionSyntax =
  | PathSyntax
  | (SyntaxNode & { type: "StringLiteral"; value: string })
  | (SyntaxNode & { type: "NumberLiteral"; value: number })
  | (SyntaxNode & { type: "BooleanLiteral"; value: boolean })
  | (SyntaxNode & { type: "NullLiteral" | "UndefinedLiteral" | "SubExpression" | "HashLiteral" | "ArrayLiteral" });

/** Parses Handlebars syntax. @throws what `syntaxFault` reads. */
export function parseSyntax(source: string): ProgramSyntax {
  return parse(source) as unknown as ProgramSyntax;
}
