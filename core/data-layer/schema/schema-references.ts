/** What refers to what inside a schema: every reference has an end, and checking an event stays bounded. */
import type { StepFault } from "../step.ts";

export const LIMITS = {
  /** Of a schema written as JSON. */
  characters: 65_536,
  /** Keys and indexes from the root to a part. */
  depth: 64,
  /** Parts that checking one value may come to, each counted as often as it is come to. */
  visits: 5_000,
} as const;

/** One schema inside a schema. */
export interface SchemaNode {
  path: readonly (string | number)[];
  /** JSON Pointers of the schemas in it. */
  children: string[];
  /** Its `$ref`. */
  reference: string | undefined;
}

/** Faults of the references; without any, of what they add up to. */
export function referenceFaults(nodes: ReadonlyMap<string, SchemaNode>): StepFault[] {
  const faults: StepFault[] = [];
  for (const { path, reference } of nodes.values()) {
    const fault = reference === undefined ? null : referenceFault(reference, nodes);
    if (fault !== null) faults.push({ path: [...path, "$ref"], ...fault });
  }
  return faults.length > 0 ? faults : weightFaults(nodes);
}

function referenceFault(
  reference: string,
  nodes: ReadonlyMap<string, SchemaNode>,
): Pick<StepFault, "message" | "cure"> | null {
  const cure = "Write the place of a schema in this one, as in #/$defs/price.";
  const pointer = pointerIn(reference);
  if (pointer === null) return { message: "$ref may only lead to a place in the same schema", cure };
  return nodes.has(pointer) ? null : { message: "$ref leads to no schema", cure };
}

function pointerIn(reference: string): string | null {
  if (reference === "#") return "";
  if (!reference.startsWith("#/")) return null;
  try {
    return decodeURIComponent(reference.slice(1));
  } catch {
    return null;
  }
}

/**
 * A schema that contains itself would let an event decide how long checking takes: alternatives double the work with each
 * level. So there are no such references, and what others multiply has a limit.
 */
function weightFaults(nodes: ReadonlyMap<string, SchemaNode>): StepFault[] {
  const weights = new Map<string, number>();
  const open = new Set<string>();
  let circle: SchemaNode | undefined;
  const weigh = (pointer: string): number => {
    const known = weights.get(pointer);
    const node = nodes.get(pointer);
    if (known !== undefined || node === undefined) return known ?? 0;
    open.add(pointer);
    let weight = 1;
    for (const next of successors(node)) {
      if (open.has(next)) circle ??= node;
      else weight += weigh(next);
    }
    open.delete(pointer);
    weights.set(pointer, weight);
    return weight;
  };
  const weight = weigh("");
  if (circle !== undefined) {
    const message = "the schema contains itself through this $ref";
    return [{ path: [...circle.path, "$ref"], message, cure: "Write out as many levels as events have." }];
  }
  if (weight <= LIMITS.visits) return [];
  const message = `with its references followed, the schema has more than ${LIMITS.visits} parts`;
  return [{ path: [], message, cure: "Refer to fewer places, or split it by event." }];
}

/** Definitions are only come to by reference. */
function successors({ children, reference, path }: SchemaNode): string[] {
  const own = path.length;
  const used = children.filter((pointer) => !/^\$defs$|^definitions$/.test(pointer.split("/")[own + 1] ?? ""));
  return reference === undefined ? used : [...used, pointerIn(reference) ?? ""];
}
