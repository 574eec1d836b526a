/** What differs between two revisions, field by field; of secrets only that they do. */
import { type JsonObject, type JsonValue, isJsonObject } from "@datafly-signal/core";
import { joined } from "../http/text-faults.ts";

export interface Difference {
  /** As in `config.url`, `mapping.events.purchase.mappings[2].source`: rows by their place in the newer, removed ones in the older. */
  path: string;
  kind: "added" | "removed" | "changed";
  old: JsonValue;
  new: JsonValue;
}

/** A revision's content in the words of the API, its secrets apart and open. */
export interface Comparable {
  /** Without secrets. */
  content: JsonObject;
  secrets: Readonly<Record<string, string>>;
}

export function diffRevisions(before: Comparable, after: Comparable): Difference[] {
  return [...diffSecrets(before.secrets, after.secrets), ...diffValues("", before.content, after.content)];
}

const SET = { set: true };

function diffSecrets(before: Comparable["secrets"], after: Comparable["secrets"]): Difference[] {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return fields.flatMap((field): Difference[] => {
    const [was, is] = [before, after].map((secrets) => (Object.hasOwn(secrets, field) ? secrets[field] : undefined));
    const path = joined("config", field);
    if (was === is) return [];
    if (was === undefined) return [{ path, kind: "added", old: null, new: SET }];
    return [{ path, kind: is === undefined ? "removed" : "changed", old: SET, new: is === undefined ? null : SET }];
  });
}

function diffValues(path: string, before: JsonValue, after: JsonValue): Difference[] {
  if (isJsonObject(before) && isJsonObject(after)) return diffObjects(path, before, after);
  if (isRows(before) && isRows(after)) return diffRows(path, before, after);
  return isSame(before, after) ? [] : [{ path, kind: "changed", old: before, new: after }];
}

function diffObjects(path: string, before: JsonObject, after: JsonObject): Difference[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key): Difference[] => {
    const at = joined(path, key);
    const was = Object.hasOwn(before, key) ? (before[key] ?? null) : undefined;
    const is = Object.hasOwn(after, key) ? (after[key] ?? null) : undefined;
    if (was === undefined) return [{ path: at, kind: "added", old: null, new: is ?? null }];
    if (is === undefined) return [{ path: at, kind: "removed", old: was, new: null }];
    return diffValues(at, was, is);
  });
}

type Rows = JsonObject[];

/** Lists of objects, as a mapping's rows and steps; lists of words are compared as a whole. */
function isRows(value: JsonValue): value is Rows {
  return Array.isArray(value) && value.every(isJsonObject);
}

/** Rows are the same one where they are alike, else where they are called alike, in their order. */
function diffRows(path: string, before: Rows, after: Rows): Difference[] {
  const partner = partnersOf(before, after);
  const found: Difference[] = after.flatMap((row, index): Difference[] => {
    const at = `${path}[${index}]`;
    const was = partner.get(index);
    if (was === undefined) return [{ path: at, kind: "added", old: null, new: row }];
    return diffValues(at, before[was] ?? null, row);
  });
  const kept = new Set(partner.values());
  const removed = before.flatMap((row, index): Difference[] =>
    kept.has(index) ? [] : [{ path: `${path}[${index}]`, kind: "removed", old: row, new: null }],
  );
  return [...removed, ...found, ...diffOrder(path, { before, after, partner })];
}

/** Of each row of `after` the row of `before` that it was, by index. */
function partnersOf(before: Rows, after: Rows): Map<number, number> {
  const partner = new Map<number, number>();
  for (const likeness of [(row: JsonObject) => JSON.stringify(row), nameOf]) {
    const free = new Map<string, number[]>();
    const taken = new Set(partner.values());
    for (const [index, row] of before.entries()) {
      const name = likeness(row);
      if (name === undefined || taken.has(index)) continue;
      const alike = free.get(name);
      if (alike === undefined) free.set(name, [index]);
      else alike.push(index);
    }
    for (const alike of free.values()) alike.reverse();
    for (const [index, row] of after.entries()) {
      const name = likeness(row);
      const was = partner.has(index) || name === undefined ? undefined : free.get(name)?.pop();
      if (was !== undefined) partner.set(index, was);
    }
  }
  return partner;
}

/** What a row is for: its target, or a step's name. */
function nameOf(row: JsonObject): string | undefined {
  const name = row["target"] ?? row["name"] ?? row["id"];
  return typeof name === "string" ? name : undefined;
}

/** Later rows win over earlier ones: an order that changed says something. */
function diffOrder(
  path: string,
  { before, after, partner }: { before: Rows; after: Rows; partner: ReadonlyMap<number, number> },
): Difference[] {
  const stayed = [...partner].toSorted(([a], [b]) => a - b);
  if (stayed.every(([, was], index) => index === 0 || was > (stayed[index - 1]?.[1] ?? 0))) return [];
  const label = (row: JsonObject | undefined): JsonValue => (row && nameOf(row)) ?? row ?? null;
  const then = stayed.map(([, was]) => was).toSorted((a, b) => a - b);
  const old = then.map((index) => label(before[index]));
  return [{ path, kind: "changed", old, new: stayed.map(([index]) => label(after[index])) }];
}

function isSame(a: JsonValue, b: JsonValue): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => isSame(item, b[index] ?? null));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return a === b;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSame(a[key] ?? null, b[key] ?? null))
  );
}
