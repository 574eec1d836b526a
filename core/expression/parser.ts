/** Parses the expression language: text in, tree or faults with positions out. */
import {
  EmbeddedActionsParser,
  tokenLabel,
  type IParserErrorMessageProvider,
  type IToken,
  type TokenType,
} from "chevrotain";
import { parsePath } from "../mapping/path.ts";
import { didYouMean } from "../mapping/suggest.ts";
import { type CompareOperator, type ExpressionFault, type Node } from "./ast.ts";
import * as tokens from "./tokens.ts";

const MAX_LENGTH = 4_000;
const MAX_DEPTH = 32;
const WORDS = ["AND", "OR", "NOT", "IN", "contains", "starts_with", "ends_with", "matches", "exists"];

const shown = (token: IToken): string => (token.image === "" ? "the end" : token.image.slice(0, 40));
const unexpected = (token: IToken | undefined): string =>
  !token || token.image === "" ? "The expression ends too early." : `${shown(token)} is not expected here.`;

const MESSAGES: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, actual }) => `Expected ${tokenLabel(expected)}, found ${shown(actual)}.`,
  buildNotAllInputParsedMessage: ({ firstRedundant }) =>
    `${unexpected(firstRedundant)}${didYouMean(firstRedundant.image, WORDS) || " AND or OR may be missing."}`,
  buildNoViableAltMessage: ({ actual }) => unexpected(actual[0]),
  buildEarlyExitMessage: ({ actual }) => unexpected(actual[0]),
};

const unquote = (image: string): string => image.slice(1, -1).replace(/\\(.)/gs, "$1");

/** Several parts under one node; one part stays itself. */
const joined = (kind: "and" | "or", all: Node[]): Node => {
  const [only, ...others] = all;
  return only && others.length === 0 ? only : { kind, all };
};

const negated = (node: Node, times: number): Node => (times % 2 === 0 ? node : { kind: "not", of: node });

/** The grammar, in the form the parser library asks for: one property for each rule. */
class ExpressionParser extends EmbeddedActionsParser {
  /** Faults of paths, which the grammar sees as single words. */
  readonly pathFaults: { message: string; offset: number }[] = [];

  /** expression := conjunction (OR conjunction)* */
  readonly expression = this.RULE("expression", (): Node => {
    const all: Node[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: tokens.Or, DEF: () => all.push(this.SUBRULE(this.conjunction)) });
    return joined("or", all);
  });

  /** conjunction := negation (AND negation)* */
  readonly conjunction = this.RULE("conjunction", (): Node => {
    const all: Node[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: tokens.And, DEF: () => all.push(this.SUBRULE(this.negation)) });
    return joined("and", all);
  });

  /** negation := NOT* operand test? */
  readonly negation = this.RULE("negation", (): Node => {
    let times = 0;
    this.MANY(() => {
      this.CONSUME(tokens.Not);
      times += 1;
    });
    const left = this.SUBRULE(this.operand);
    return negated(this.OPTION(() => this.SUBRULE(this.test, { ARGS: [left] })) ?? left, times);
  });

  /** test := NOT? (compare operand | text-operator operand | IN list | exists) */
  readonly test = this.RULE("test", (left: Node): Node => {
    const not = this.OPTION(() => this.CONSUME(tokens.Not));
    const node = this.OR([
      { ALT: (): Node => this.compared(left, this.CONSUME(tokens.Compare), this.SUBRULE(this.operand)) },
      { ALT: () => this.compared(left, this.CONSUME(tokens.TextOperator), this.SUBRULE1(this.operand)) },
      { ALT: () => this.SUBRULE(this.membership, { ARGS: [left] }) },
      {
        ALT: (): Node => {
          this.CONSUME(tokens.Exists);
          return { kind: "exists", of: left };
        },
      },
    ]);
    return negated(node, not ? 1 : 0);
  });

  /** membership := IN ( "(" list ")" | "[" list "]" | path ) */
  readonly membership = this.RULE("membership", (left: Node): Node => {
    this.CONSUME(tokens.In);
    return this.OR([
      { ALT: (): Node => ({ kind: "in", left, list: this.SUBRULE(this.arguments) }) },
      { ALT: (): Node => ({ kind: "in", left, list: this.SUBRULE(this.squareList) }) },
      { ALT: (): Node => ({ kind: "member", left, of: this.pathNode(this.CONSUME(tokens.Path)) }) },
    ]);
  });

  /** operand := text | number | true | false | null | exists "(" expression ")" | name arguments | path | "(" expression ")" */
  readonly operand = this.RULE("operand", (): Node =>
    this.OR([
      { ALT: (): Node => ({ kind: "literal", value: unquote(this.CONSUME(tokens.Text).image) }) },
      { ALT: (): Node => ({ kind: "literal", value: Number(this.CONSUME(tokens.Numeral).image) }) },
      { ALT: () => this.constant(this.CONSUME(tokens.True), true) },
      { ALT: () => this.constant(this.CONSUME(tokens.False), false) },
      { ALT: () => this.constant(this.CONSUME(tokens.Null), null) },
      {
        ALT: (): Node => {
          this.CONSUME(tokens.Exists);
          this.CONSUME1(tokens.Open);
          const of = this.SUBRULE1(this.expression);
          this.CONSUME1(tokens.Close);
          return { kind: "exists", of };
        },
      },
      { ALT: () => this.SUBRULE(this.call) },
      { ALT: () => this.pathNode(this.CONSUME(tokens.Path)) },
      {
        ALT: (): Node => {
          this.CONSUME2(tokens.Open);
          const inner = this.SUBRULE2(this.expression);
          this.CONSUME2(tokens.Close);
          return inner;
        },
      },
    ]),
  );

  /** call := name arguments */
  readonly call = this.RULE("call", (): Node => {
    const name = this.CONSUME(tokens.Path);
    return {
      kind: "call",
      name: name.image.toLowerCase(),
      args: this.SUBRULE(this.arguments),
      offset: name.startOffset,
    };
  });

  readonly arguments = this.RULE("arguments", (): Node[] => {
    const list: Node[] = [];
    this.CONSUME(tokens.Open);
    this.MANY_SEP({ SEP: tokens.Comma, DEF: () => list.push(this.SUBRULE(this.expression)) });
    this.CONSUME(tokens.Close);
    return list;
  });

  readonly squareList = this.RULE("squareList", (): Node[] => {
    const list: Node[] = [];
    this.CONSUME(tokens.OpenList);
    this.MANY_SEP({ SEP: tokens.Comma, DEF: () => list.push(this.SUBRULE(this.expression)) });
    this.CONSUME(tokens.CloseList);
    return list;
  });

  constructor() {
    super(tokens.TOKENS, { maxLookahead: 2, recoveryEnabled: false, errorMessageProvider: MESSAGES });
    this.performSelfAnalysis();
  }

  private constant(_token: IToken, value: boolean | null): Node {
    return { kind: "literal", value };
  }

  private compared(left: Node, token: IToken, right: Node): Node {
    const written = token.image.toLowerCase();
    // The tokens' patterns let nothing else through.
    const operator = (written === "==" ? "=" : written) as CompareOperator;
    return { kind: "compare", operator, left, right, offset: token.startOffset };
  }

  private pathNode(token: IToken): Node {
    const path = parsePath(token.image);
    if (!("fault" in path)) return { kind: "path", path, offset: token.startOffset };
    this.ACTION(() => this.pathFaults.push({ message: path.fault, offset: token.startOffset + path.offset }));
    return { kind: "literal", value: null };
  }
}

const parser = new ExpressionParser();

/** Position of an offset, counted from 1. */
export function faultAt(text: string, offset: number, message: string): ExpressionFault {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { message, offset, line, column: offset - before.lastIndexOf("\n") };
}

/** Nesting is bounded before the parser, which is recursive, sees the words. */
function tooDeep(words: readonly IToken[]): IToken | undefined {
  const openers = new Set<TokenType>([tokens.Open, tokens.OpenList]);
  const closers = new Set<TokenType>([tokens.Close, tokens.CloseList]);
  let depth = 0;
  for (const word of words) {
    if (openers.has(word.tokenType)) depth += 1;
    if (closers.has(word.tokenType)) depth -= 1;
    if (depth > MAX_DEPTH) return word;
  }
  return undefined;
}

/** Parses one expression; only the first fault is told, the rest follow from it. */
export function parseExpression(text: string): Node | ExpressionFault {
  if (text.trim() === "") return faultAt(text, 0, "The expression is empty.");
  if (text.length > MAX_LENGTH) return faultAt(text, 0, `The expression is longer than ${MAX_LENGTH} characters.`);
  const { tokens: words, errors } = tokens.lexer.tokenize(text);
  const [unreadable] = errors;
  if (unreadable) {
    const character = text[unreadable.offset] ?? "";
    const quote = character === '"' || character === "'";
    return faultAt(text, unreadable.offset, quote ? "The text is not closed." : `${character} is not expected here.`);
  }
  const deep = tooDeep(words);
  if (deep) return faultAt(text, deep.startOffset, `Nested deeper than ${MAX_DEPTH} levels.`);
  parser.pathFaults.length = 0;
  parser.input = words;
  const node = parser.expression();
  const [fault] = parser.errors;
  if (fault) {
    // The end of the input is a token of its own, without a place.
    const offset = fault.token.image === "" ? text.trimEnd().length : fault.token.startOffset;
    return faultAt(text, offset, fault.message);
  }
  const [pathFault] = parser.pathFaults;
  return pathFault ? faultAt(text, pathFault.offset, `The path is not valid: ${pathFault.message}.`) : node;
}
