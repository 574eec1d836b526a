/** Arguments that several lists of the command line take, each refused in words with the cure. */
import { type JsonObject, nearest } from "@datafly-signal/core";
import { ControlError } from "./control-server.ts";

/** @throws {ControlError} */
export function oneOf(what: string, value: string, known: readonly string[]): string {
  if (known.includes(value)) return value;
  const near = nearest(value, known);
  const cure = near === undefined ? `There are ${known.join(", ")}.` : `Did you mean ${near}?`;
  throw new ControlError("bad_request", `There is no ${what} ${value}. ${cure}`);
}

export function limitOf(args: JsonObject): number {
  const { limit } = args;
  return typeof limit === "number" && Number.isInteger(limit) && limit > 0 && limit <= 1000 ? limit : 50;
}

/** @throws {ControlError} */
export function isoTime(name: string, value: string): string {
  const time = new Date(value);
  if (Number.isNaN(time.getTime()))
    throw new ControlError("bad_request", `--${name} is not a time; write it like 2026-11-21T09:00:00Z.`);
  return time.toISOString();
}

export function notACursor(cursor: string): ControlError {
  return new ControlError("bad_request", `${cursor} is not a cursor. Take the one that the page before ended with.`);
}
