/** Reads a mapping's text (YAML, of which JSON is a part) and knows where everything in it stands. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type YAMLParseError,
  type YAMLWarning,
} from "yaml";
import { type JsonValue } from "../json.ts";

type Place = readonly (string | number)[];

interface Position {
  line: number;
  column: number;
}

interface TextFault {
  place: Place;
  message: string;
  position: Position;
}

export interface SourceText {
  value: JsonValue;
  faults: TextFault[];
  /** Position of what stands at a place, or of its key; of the nearest thing around it when it is not there. */
  locate(place: Place, onKey: boolean): Position;
}

const MAX_LENGTH = 1_048_576;
const START: Position = { line: 1, column: 1 };

const keyText = (key: unknown): string | undefined => (isScalar(key) ? String(key.value ?? "") : undefined);

class Reading {
  readonly faults: TextFault[] = [];
  /** A map or list as a key has no form in JSON. */
  keysAreText = true;
  private readonly lines: LineCounter;
  private readonly root: Document.Parsed;

  constructor(root: Document.Parsed, lines: LineCounter) {
    this.root = root;
    this.lines = lines;
  }

  at(offset: number | undefined): Position {
    if (offset === undefined) return START;
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  nodeAt(node: unknown): Position {
    return this.at((node as Node | null)?.range?.[0]);
  }

  /** Duplicate keys and keys that are no text. */
  checkKeys(node: unknown, place: Place): void {
    if (isSeq(node)) node.items.forEach((item, index) => this.checkKeys(item, [...place, index]));
    if (!isMap(node)) return;
    const seen = new Set<string>();
    for (const pair of node.items) {
      const key = keyText(pair.key);
      const position = this.nodeAt(pair.key);
      if (key === undefined) {
        this.keysAreText = false;
        this.faults.push({ place, message: "A key must be text.", position });
        continue;
      }
      if (seen.has(key)) this.faults.push({ place: [...place, key], message: `Duplicate key ${key}.`, position });
      seen.add(key);
      this.checkKeys(pair.value, [...place, key]);
    }
  }

  locate(place: Place, onKey: boolean): Position {
    let node: unknown = this.root.contents;
    let found: unknown = node;
    for (const [index, part] of place.entries()) {
      if (isAlias(node)) node = node.resolve(this.root);
      const pair = isMap(node) ? node.items.find((one) => keyText(one.key) === String(part)) : undefined;
      const next: unknown = pair ? pair.value : isSeq(node) ? node.items[Number(part)] : undefined;
      if (pair === undefined && next === undefined) break;
      const last = index === place.length - 1;
      // An empty value has no place of its own worth showing.
      found = pair && ((last && onKey) || isEmpty(pair)) ? pair.key : next;
      node = next;
    }
    return this.nodeAt(found);
  }
}

function isEmpty(pair: Pair<unknown, unknown>): boolean {
  return pair.value === null || (isScalar(pair.value) && pair.value.value === null);
}

const failed = (message: string): SourceText => ({
  value: null,
  faults: [{ place: [], message, position: START }],
  locate: () => START,
});

const syntaxFault = (problem: YAMLParseError | YAMLWarning, reading: Reading): TextFault => ({
  place: [],
  message: `Not readable as YAML or JSON: ${problem.message.replace(/\.$/, "")}.`,
  position: reading.at(problem.pos[0]),
});

/** Only the first error of syntax is told, the others follow from it. */
const unreadable = (error: YAMLParseError, reading: Reading): SourceText => ({
  value: null,
  faults: [syntaxFault(error, reading)],
  locate: () => START,
});

/** The first alias that no anchor stands before. */
function unknownAlias(root: Document.Parsed): Alias | undefined {
  let found: Alias | undefined;
  visit(root, {
    Alias(_, node) {
      if (node.resolve(root)) return undefined;
      found = node;
      return visit.BREAK;
    },
  });
  return found;
}

/** Reads the text; a text that cannot be read has faults and the value null. */
export function readSourceText(text: string): SourceText {
  if (text.length > MAX_LENGTH) return failed("The mapping is larger than 1 MB.");
  try {
    const lines = new LineCounter();
    const root = parseDocument(text, {
      lineCounter: lines,
      schema: "core",
      uniqueKeys: false,
      resolveKnownTags: false,
      prettyErrors: false,
    });
    const reading = new Reading(root, lines);
    const [error] = root.errors;
    if (error) return unreadable(error, reading);
    for (const warning of root.warnings) reading.faults.push(syntaxFault(warning, reading));
    reading.checkKeys(root.contents, []);
    if (!reading.keysAreText) return { value: null, faults: reading.faults, locate: () => START };
    const lost = unknownAlias(root);
    if (lost) {
      reading.faults.push({
        place: [],
        message: `No anchor &${lost.source} before this alias.`,
        position: reading.nodeAt(lost),
      });
      return { value: null, faults: reading.faults, locate: () => START };
    }
    const value = root.toJS({ maxAliasCount: 100 }) as JsonValue;
    return { value, faults: reading.faults, locate: (place, onKey) => reading.locate(place, onKey) };
  } catch (error) {
    if (error instanceof RangeError) return failed("The mapping is nested too deeply.");
    if (error instanceof ReferenceError) return failed(`${error.message}.`);
    throw error;
  }
}
