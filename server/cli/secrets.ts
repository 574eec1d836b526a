/** `signal secrets status|rotate`: under which key the stored secrets are sealed, and sealing them anew. */
import { parseArgs } from "node:util";
import { nearest } from "@datafly-signal/core";
import type { Rotation, SecretsStatus, UnreadableSecret } from "@datafly-signal/management-api";
import { callServer } from "../control/control-client.ts";
import type { Output } from "./output.ts";
import { UsageError } from "./usage.ts";

export async function secretsCommand(args: string[], socket: string, output: Output): Promise<number> {
  const [what, ...rest] = args;
  if (what !== "status" && what !== "rotate") {
    const near = nearest(what ?? "", ["status", "rotate"]);
    throw new UsageError(`secrets takes status or rotate.${near === undefined ? "" : ` Did you mean ${near}?`}`);
  }
  parseArgs({ args: rest, options: { json: { type: "boolean" } } });
  if (what === "status") return statusCommand(socket, output);
  return rotateCommand(socket, output);
}

async function statusCommand(socket: string, output: Output): Promise<number> {
  const status = (await callServer(socket, "secrets-status")) as SecretsStatus;
  const { currentKey, previousKey, current, previous, fingerprints, answers, unreadable } = status;
  output.json({
    current_key: currentKey,
    previous_key: previousKey,
    current,
    previous,
    fingerprints,
    answers,
    unreadable,
    previous_key_unused: status.previousKeyUnused,
  });
  output.line(`Secrets sealed with the current key (${currentKey}): ${current}`);
  if (previousKey === null) output.line("ENCRYPTION_KEY_PREVIOUS is not set.");
  else {
    output.line(`Secrets sealed with the previous key (${previousKey}): ${previous}`);
    output.line(`Fingerprints and kept answers of another key: ${fingerprints + answers}`);
    output.line(
      status.previousKeyUnused ? UNUSED : "Seal them anew with secrets rotate; until then both keys are needed.",
    );
  }
  return showUnreadable(unreadable, output);
}

async function rotateCommand(socket: string, output: Output): Promise<number> {
  const rotation = (await callServer(socket, "secrets-rotate")) as Rotation;
  const { resealed, already, fingerprints, answersDeleted, unreadable, previousKeyUnused } = rotation;
  output.json({
    resealed,
    already,
    fingerprints,
    answers_deleted: answersDeleted,
    unreadable,
    previous_key_unused: previousKeyUnused,
  });
  output.line(`Sealed anew with the current key: ${resealed}; sealed with it before: ${already}`);
  if (answersDeleted > 0) output.line(`Answers kept under Idempotency-Keys that were given up: ${answersDeleted}`);
  if (previousKeyUnused) output.line(UNUSED);
  else output.line("The previous key is still needed for what could not be read: see below.");
  return showUnreadable(unreadable, output);
}

const UNUSED = "Nothing needs a previous key: unset ENCRYPTION_KEY_PREVIOUS, if it is set, and restart.";

/** 1 where there is any. */
function showUnreadable(unreadable: readonly UnreadableSecret[], output: Output): number {
  for (const { object, field, revision } of unreadable) {
    const where = revision === undefined ? object : `${object}, revision ${revision},`;
    output.fault(`The secret ${field} of ${where} cannot be opened with any of the keys.`);
  }
  if (unreadable.length === 0) return 0;
  output.fault("Give the key that sealed them as ENCRYPTION_KEY_PREVIOUS and rotate again, or set them anew.");
  return 1;
}
