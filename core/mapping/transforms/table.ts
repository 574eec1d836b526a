/** Every transform by its name, and their compilation with arguments. */
import { type JsonValue } from "../../json.ts";
import { checkSchema, type SchemaFault } from "../schema-check.ts";
import { didYouMean } from "../suggest.ts";
import { DATE } from "./date.ts";
import { type Apply, type ArgumentFault, type TransformDefinition, type TransformEnvironment } from "./definition.ts";
import { EDIT } from "./edit.ts";
import { ENCODE } from "./encode.ts";
import { FALLBACK } from "./fallback.ts";
import { HASH } from "./hash.ts";
import { LIST } from "./list.ts";
import { NORMALISE } from "./normalise.ts";
import { NUMBER } from "./number.ts";
import { TEXT } from "./text.ts";

const DEFINITIONS: readonly TransformDefinition[] = [
  ...TEXT,
  ...HASH,
  ...NORMALISE,
  ...NUMBER,
  ...DATE,
  ...LIST,
  ...EDIT,
  ...ENCODE,
  ...FALLBACK,
];

const byName = new Map(DEFINITIONS.map((definition) => [definition.name, definition]));

/** A transform as documentation, editors and the API show it. */
export type TransformDescription = Omit<TransformDefinition, "compile"> & { behaviour: string };

const UNUSABLE = {
  error: "Other values are an error: the delivery becomes a dead letter.",
  missing: "Other values become missing.",
} as const;

const ITEM_BY_ITEM = "Lists are worked on item by item, one level deep; items that come out missing are left out.";

const TAKES = {
  text: `Null and missing stay missing. Numbers and booleans are taken by their text form. ${ITEM_BY_ITEM}`,
  number: `Null and missing stay missing. Numeric texts are taken as numbers. ${ITEM_BY_ITEM}`,
  list: "Null and missing stay missing. A value that is no list counts as a list of one; a list is worked on as a whole.",
  value: "Null and missing stay missing. Values of every type are taken, a list as a whole.",
} as const;

const TAKES_MISSING = "Values of every type are taken, null and missing too; what becomes of them its line says.";

function behaviourOf({ takes, takesMissing, unusable }: TransformDefinition): string {
  if (takesMissing) return TAKES_MISSING;
  return takes === "value" ? TAKES.value : `${TAKES[takes]} ${UNUSABLE[unusable]}`;
}

const DESCRIPTIONS: readonly TransformDescription[] = DEFINITIONS.map((definition) => {
  const { compile: _, ...described } = definition;
  return { ...described, behaviour: behaviourOf(definition) };
});

/** All transforms, with schema of their arguments, behaviour on unusual values and examples. */
export function listTransforms(): readonly TransformDescription[] {
  return DESCRIPTIONS;
}

/** Names of all transforms. */
export const transformNames = (): IterableIterator<string> => byName.keys();

/** The names of a transform's arguments in the order they are written in an expression; empty when it takes one value. */
export function argumentNames(name: string): readonly string[] {
  const args = byName.get(name)?.args;
  return args && "properties" in args && typeof args.properties === "object" && args.properties !== null
    ? Object.keys(args.properties)
    : [];
}

const described = (fault: SchemaFault): string =>
  fault.place.length === 0 ? fault.message : `${fault.place.join(".")}: ${fault.message}`;

/** Compiles one transform; wrong names and arguments come back as a fault with the cure. */
export function compileTransform(
  name: string,
  args: JsonValue | undefined,
  environment: TransformEnvironment,
): Apply | ArgumentFault {
  const definition = byName.get(name);
  if (!definition) return { fault: `No transform ${name}.${didYouMean(name, byName.keys())}` };
  if (args === undefined) {
    if (definition.argsRequired) return { fault: `${name} needs an argument, as in {${name}: …}.` };
  } else if (!definition.args) {
    return { fault: `${name} takes no argument.` };
  } else {
    const [fault] = checkSchema(definition.args, args);
    if (fault) return { fault: `${name}: ${described(fault)}` };
  }
  const made = definition.compile(args, environment);
  return typeof made === "function" ? made : { fault: `${name}: ${made.fault}` };
}
