/** The tree of an expression. Offsets count characters from the start of its text. */
import { type PathSegment } from "../mapping/path.ts";

export type CompareOperator =
  | "="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "contains"
  | "starts_with"
  | "ends_with"
  | "matches";

export type Node =
  | { kind: "literal"; value: string | number | boolean | null }
  | { kind: "path"; path: readonly PathSegment[]; offset: number }
  | { kind: "call"; name: string; args: Node[]; offset: number }
  | { kind: "and" | "or"; all: Node[] }
  | { kind: "not"; of: Node }
  | { kind: "exists"; of: Node }
  | { kind: "compare"; operator: CompareOperator; left: Node; right: Node; offset: number }
  /** A list written out. */
  | { kind: "in"; left: Node; list: Node[] }
  /** A list that the event holds. */
  | { kind: "member"; left: Node; of: Node };

/** What is wrong with an expression, and where; line and column count from 1. */
export interface ExpressionFault {
  message: string;
  offset: number;
  line: number;
  column: number;
}
