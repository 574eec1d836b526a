/** From an older format of the data folder to this one: a step for each format, in order. */
import { randomUUID } from "node:crypto";
import { type Stamp, type StoredMark, writeMark } from "./folder-mark.ts";

/**
 * One format further. The mark with the new number is written after it, so a crash at any moment leaves a folder that
 * is upgraded again from the same format: what a step does to files must bear being done twice, and being cut off.
 */
export interface UpgradeStep {
  from: number;
  to: number;
  /** What it does, for the log; after "Format 2: ". */
  describe: string;
  /** Answers what the mark says from then on. @throws to keep the folder as it is */
  run(folder: string, mark: StoredMark): StoredMark;
}

/** The first knew the number of its format alone. */
const toFormat2: UpgradeStep = {
  from: 1,
  to: 2,
  describe: "the folder gets an id of its own, and says from now on which version made and upgraded it",
  run: (_, mark) => ({ ...mark, deployment: mark.deployment ?? randomUUID(), created: mark.created ?? null }),
};

/**
 * The start that follows takes what the log's records hold into the database, with numbers, secrets and ids. It does so as
 * long as there is nothing in it, so nothing is done here.
 */
const toFormat3: UpgradeStep = {
  from: 2,
  to: 3,
  describe: "the configuration is kept in a database from now on: signal.db in the folder, or that of DATABASE_URL",
  run: (_, mark) => mark,
};

export const UPGRADES: readonly UpgradeStep[] = [toFormat2, toFormat3];

export interface UpgradeOptions {
  /** Who upgrades, and when. */
  stamp: Stamp;
  /** Told before each step. */
  onStep(step: UpgradeStep): void;
  steps?: readonly UpgradeStep[];
}

/** The mark after the last step; null when there is no way from its format. @throws what a step throws */
export function upgradeFolder(
  folder: string,
  mark: StoredMark,
  { target, stamp, onStep, steps = UPGRADES }: UpgradeOptions & { target: number },
): StoredMark | null {
  let current = mark;
  while (current.format < target) {
    const step = steps.find(({ from }) => from === current.format);
    if (step === undefined) return null;
    onStep(step);
    const { from, to } = step;
    const after = step.run(folder, current);
    current = { ...after, format: to, upgrades: [...(after.upgrades ?? []), { from, to, ...stamp }] };
    writeMark(folder, current);
  }
  return current;
}
