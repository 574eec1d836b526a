import { StoreError } from "./store-error.ts";

/** PostgreSQL's text cannot hold NUL; SQLite's can, but its functions stop there. */
export function refuseNul(parameters: readonly unknown[]): void {
  if (!parameters.some((value) => typeof value === "string" && value.includes("\0"))) return;
  throw new StoreError("A text has the character NUL, which cannot be stored.", {
    fault: "misuse",
    cure: "Refuse it where it comes in.",
  });
}
