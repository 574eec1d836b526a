/** Opens sealed secrets on a thread that was given the keys; what was opened is struck out of its logs from then on. */
import { createKeyring, type SnapshotSource } from "@datafly-signal/core";
import type { Redactor } from "../logs/redaction.ts";

/** @param keys the current one first. The answer throws for a secret that none of them opens. */
export function secretOpener(
  keys: readonly Uint8Array[],
  { snapshots, redactor }: { snapshots: SnapshotSource; redactor: Redactor },
): (sealed: string, object: string, field: string) => string {
  const [current, ...previous] = keys;
  if (current === undefined) throw new TypeError("the thread was given no key");
  const keyring = createKeyring({ current, previous });
  return (sealed, object, field) => {
    const secret = keyring.open(sealed, { organisation: snapshots.current().organisationId, object, field });
    redactor.learn(secret);
    return secret;
  };
}
