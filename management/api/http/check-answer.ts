/** In development and tests: what a route answers is what it says it answers, so that nothing slips out by accident. */
import { errorsOf } from "../openapi/route-errors.ts";
import type { Endpoint } from "./endpoint.ts";
import { isFault, type Fault, type Success } from "./route.ts";

export class UnexpectedAnswerError extends Error {
  constructor(operation: string, what: string) {
    super(`${operation} answered ${what}.`);
    this.name = "UnexpectedAnswerError";
  }
}

/** @throws {UnexpectedAnswerError} names places, never values */
export function checkAnswer({ route, answers }: Endpoint, result: Success | Fault): void {
  if (isFault(result)) {
    const declared = [...errorsOf(route).values()].flat();
    if (declared.includes(result.fault)) return;
    throw new UnexpectedAnswerError(route.operation, `${result.fault}, which it does not declare`);
  }
  const check = answers.get(result.status);
  if (check === undefined)
    throw new UnexpectedAnswerError(route.operation, `${result.status}, which it does not declare`);
  if (check === null) {
    if (result.body === undefined) return;
    throw new UnexpectedAnswerError(route.operation, `${result.status} with a body, which it does not declare`);
  }
  if (typeof result.body === "string" && result.headers?.["content-type"] !== undefined) return;
  const faults = check(JSON.parse(JSON.stringify(result.body ?? null)), "body");
  if (faults.length === 0) return;
  const places = faults.map(({ path, message }) => `${path} ${message}`).join("; ");
  throw new UnexpectedAnswerError(route.operation, `${result.status} with another body than it declares: ${places}`);
}
