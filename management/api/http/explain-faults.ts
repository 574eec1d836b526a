/** What a JSON schema found wrong, in words that say what would be right; never with the value itself. */
import type { ErrorObject } from "ajv";
import { listed, oneOf, ruleInWords, typeNames } from "./fault-words.ts";
import type { FaultDetail } from "./route.ts";
import { joined } from "./text-faults.ts";

const MAX_FAULTS = 100;
/** Choices are compared with all others: those behind it would not be told anyway. */
const MAX_ERRORS = 2_000;

/**
 * @param errors of Ajv with `verbose` and, for more than the first, `allErrors`
 * @param value what was checked
 * @param path comes before each fault's own, as in `query`
 */
export function explainFaults(errors: readonly ErrorObject[], value: unknown, path: string): FaultDetail[] {
  const found = new Map<string, FaultDetail>();
  const first = errors.slice(0, MAX_ERRORS);
  for (const error of withoutFormOfNothing(withoutOtherBranches(first))) {
    if (found.size === MAX_FAULTS) break;
    const detail = { path: pathOf(error, value, path), message: messageOf(error, first) };
    found.set(`${detail.path}\0${detail.message}`, detail);
  }
  return [...found.values()];
}

/** A choice fails in each of its branches: what is said is the choice itself, or what is wrong in the branch that was meant. */
function withoutOtherBranches(errors: readonly ErrorObject[]): ErrorObject[] {
  let left = [...errors];
  for (const choice of errors.filter(isChoice)) {
    if (!left.includes(choice)) continue;
    const branches = branchesOf(choice, left);
    const all = new Set(branches.flat());
    const meant = branchMeant(branches, choice);
    left = left.filter((error) =>
      meant === undefined ? !all.has(error) : error !== choice && (!all.has(error) || meant.includes(error)),
    );
  }
  return left;
}

/** What is too short needs no word on its form. */
function withoutFormOfNothing(errors: readonly ErrorObject[]): ErrorObject[] {
  const short = new Set(
    errors.filter(({ keyword }) => keyword === "minLength").map(({ instancePath }) => instancePath),
  );
  return errors.filter(
    ({ keyword, instancePath }) => !["pattern", "format"].includes(keyword) || !short.has(instancePath),
  );
}

function isChoice({ keyword }: ErrorObject): boolean {
  return keyword === "anyOf" || keyword === "oneOf";
}

function branchesOf(choice: ErrorObject, errors: readonly ErrorObject[]): ErrorObject[][] {
  const branches: ErrorObject[][] = [];
  for (const error of errors) {
    if (error === choice || !isWithin(error, choice)) continue;
    if (!error.schemaPath.startsWith(`${choice.schemaPath}/`)) continue;
    const index = Number.parseInt(error.schemaPath.slice(choice.schemaPath.length + 1), 10);
    (branches[index] ??= []).push(error);
  }
  return branches.filter((branch) => branch !== undefined);
}

function isWithin(error: ErrorObject, { instancePath }: ErrorObject): boolean {
  return error.instancePath === instancePath || error.instancePath.startsWith(`${instancePath}/`);
}

/** The one that does not fail in the value's type, nor in what tells the branches apart. */
function branchMeant(branches: readonly ErrorObject[][], choice: ErrorObject): ErrorObject[] | undefined {
  const tells = (error: ErrorObject): boolean =>
    isMark(error, choice) ||
    (error.instancePath === choice.instancePath && ["type", "const", "enum"].includes(error.keyword));
  const possible = branches.filter((branch) => !branch.some(tells));
  return possible.toSorted((a, b) => a.length - b.length)[0];
}

function pathOf({ instancePath, keyword, params }: ErrorObject, value: unknown, root: string): string {
  let path = root;
  let at: unknown = value;
  for (const part of instancePath.split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    path = Array.isArray(at) ? `${path}[${name}]` : joined(path, name);
    at = (at as Record<string, unknown> | undefined)?.[name];
  }
  const { missingProperty, additionalProperty, propertyName } = params as Record<string, string | undefined>;
  const below = missingProperty ?? additionalProperty ?? (keyword === "propertyNames" ? propertyName : undefined);
  return below === undefined ? path : joined(path, below);
}

function messageOf(error: ErrorObject, errors: readonly ErrorObject[]): string {
  return isChoice(error) ? choiceInWords(error, errors) : ruleInWords(error);
}

/** What would be right at the choice's own place. */
function choiceInWords(choice: ErrorObject, errors: readonly ErrorObject[]): string {
  const all = branchesOf(choice, errors).flat();
  const telling = all.find((error) => isMark(error, choice));
  if (telling !== undefined) {
    const { instancePath } = telling;
    const marks = all.filter((error) => isMark(error, choice) && error.instancePath === instancePath).flatMap(valuesOf);
    return `must have ${listed(marks.map(String))} as its ${instancePath.slice(instancePath.lastIndexOf("/") + 1)}`;
  }
  const here = all.filter(({ instancePath }) => instancePath === choice.instancePath);
  const values = here.flatMap(valuesOf);
  // A constant's type is told by the constant.
  const types = here
    .filter(({ keyword, parentSchema }) => keyword === "type" && !("const" in (parentSchema as object)))
    .map(({ params }) => typeNames((params as { type: unknown }).type));
  if (types.length === 0 && values.length > 0) return oneOf(values);
  const choices = [...new Set([...values.map((value) => JSON.stringify(value)), ...types])];
  return choices.length === 0 ? "fits none of the forms that are allowed here" : `must be ${listed(choices)}`;
}

/** Whether it is about what tells the branches of a choice among objects apart: `type: "bearer"`. */
function isMark({ keyword, instancePath }: ErrorObject, choice: ErrorObject): boolean {
  return keyword === "const" && instancePath.lastIndexOf("/") === choice.instancePath.length;
}

function valuesOf({ keyword, params }: ErrorObject): unknown[] {
  const { allowedValue, allowedValues = [] } = params as { allowedValue?: unknown; allowedValues?: unknown[] };
  return keyword === "const" ? [allowedValue] : allowedValues;
}
