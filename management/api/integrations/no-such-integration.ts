import { type Fault, fault } from "../http/route.ts";

/** There is none, or it was deleted, or the id is one of something else. */
export function noSuchIntegration(): Fault {
  return fault("NOT_FOUND", "There is no integration with this id.");
}
