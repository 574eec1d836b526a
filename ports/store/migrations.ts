import { firstTables } from "./migrations/001-first-tables.ts";
import type { Step } from "./migrations/step.ts";

/** In the order of their names. One that was released is never changed: what it lacks is another step. */
export const migrations: Readonly<Record<string, Step>> = {
  "001-first-tables": firstTables,
};
