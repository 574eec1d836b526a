import type { Dialect } from "./queries.ts";
import { StoreError } from "./store-error.ts";

/**
 * Text without NUL, numbers and null: what both databases take, and take alike. PostgreSQL cannot store NUL, and would
 * make a text of times and lists, and null of what is missing.
 */
export function refuseUnstorable(parameters: readonly unknown[], dialect: Dialect): void {
  for (const value of parameters) {
    if (typeof value === "string" && value.includes("\0")) {
      throw unstorable("A text has the character NUL, which cannot be stored.", "Refuse it where it comes in.");
    }
    if (value !== null && !STORABLE[dialect].includes(typeof value)) {
      throw unstorable("A value is neither text nor a number nor null.", "Say it as one of these.");
    }
  }
}

/** Kysely asks PostgreSQL for its tables with truth; a column of numbers refuses that there. */
const STORABLE: Readonly<Record<Dialect, readonly string[]>> = {
  sqlite: ["string", "number", "bigint"],
  postgres: ["string", "number", "bigint", "boolean"],
};

function unstorable(message: string, cure: string): StoreError {
  return new StoreError(message, { fault: "misuse", cure });
}
