/** What can be said of a database without changing anything of it. */
import { migrations } from "./migrations.ts";

export interface DatabaseCondition {
  /** Of the database's program, as in `3.50.4` or `15.6`. */
  version: string;
  /** Steps that the next start takes; all of them where it is empty. */
  pending: string[];
  /** Steps of a later version of the program, which must not be started on it by this one. */
  unknown: string[];
  /** What its own check of its pages and indexes has found; empty where it is sound, or has no such check. */
  damage: string[];
}

/** @param applied the steps that were taken; null before the first start */
export function stepsOf(applied: readonly string[] | null): Pick<DatabaseCondition, "pending" | "unknown"> {
  const taken = new Set(applied ?? []);
  const known = Object.keys(migrations);
  return {
    pending: known.filter((name) => !taken.has(name)),
    unknown: [...taken].filter((name) => !known.includes(name)),
  };
}
