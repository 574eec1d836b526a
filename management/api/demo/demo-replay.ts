/** Sends a dead letter of the demo again: of its own integration alone, whatever else the log holds. */
import type { SnapshotSource } from "@datafly-signal/core";
import type { ListedDeadLetter } from "../dead-letters/dead-letter-index.ts";
import type { DeadLetters } from "../dead-letters/dead-letters.ts";
import type { ReplayResult } from "../dead-letters/replay.ts";

interface Parts {
  snapshots: SnapshotSource;
  deadLetters: Pick<DeadLetters, "list" | "replay">;
}

const PAGE = 200;
const LONGEST_ID = 255;

/**
 * @param wanted `{messageId}` as it was sent
 * @returns what became of it; `none` when no dead letter of that event is open
 */
export async function replayOfDemo(wanted: unknown, parts: Parts): Promise<ReplayResult | "malformed" | "none"> {
  const messageId = readMessageId(wanted);
  if (messageId === null) return "malformed";
  const { demo, integrations } = parts.snapshots.current();
  const [own] = integrations;
  const letter = demo === undefined || own === undefined ? null : await findOpen(parts.deadLetters, own.id, messageId);
  if (letter === null) return "none";
  const { integrationId, id, reason } = letter;
  // What was never mapped has no payload that could be sent as it is.
  const mode = reason === "mapping_failed" ? "remap" : "as_is";
  return parts.deadLetters.replay({ integrationId, ids: [id] }, { mode, dryRun: false });
}

function readMessageId(wanted: unknown): string | null {
  if (typeof wanted !== "object" || wanted === null) return null;
  const { messageId } = wanted as { messageId?: unknown };
  return typeof messageId === "string" && messageId !== "" && messageId.length <= LONGEST_ID ? messageId : null;
}

async function findOpen(
  deadLetters: Parts["deadLetters"],
  integrationId: string,
  messageId: string,
): Promise<ListedDeadLetter | null> {
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<DeadLetters["list"]>> = await deadLetters.list(
      { integrationId, state: "open" },
      { cursor, limit: PAGE },
    );
    const found = page.data.find((letter) => letter.messageId === messageId);
    if (found !== undefined) return found;
    cursor = page.nextCursor;
  } while (cursor !== null);
  return null;
}
