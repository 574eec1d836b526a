import { type Environment, isFullCode } from "../../lmdb-environments.ts";
import { StateError } from "../state-store.ts";

/** One synchronous, durable transaction on the state's environment. @throws {StateError} nothing of it was kept */
export function commitState<T>(environment: Environment, work: () => T): T {
  try {
    return environment.transact(work);
  } catch (error) {
    if (error instanceof StateError) throw error;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (isFullCode(code)) throw new StateError("state_full", "The disk of the state store is full.", { cause: error });
    throw new StateError("write_failed", "The state store could not commit; nothing was kept.", { cause: error });
  }
}
