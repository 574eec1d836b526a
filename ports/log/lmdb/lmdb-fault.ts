import { isFullCode } from "../../lmdb-environments.ts";
import { LogError } from "../event-log.ts";

interface LmdbError extends Error {
  /** errno, or an LMDB code. */
  code?: unknown;
  /** Rejects with the cause of a failed commit, also when nobody asks. */
  commitError?: Promise<never>;
}

/**
 * Whether an unhandled rejection is one that the LMDB library leaves behind on a full disk, beside the one it hands to
 * its caller (measured). The process guard swallows exactly those: the write itself has failed as `log_full`.
 */
export function isLmdbFullRejection(reason: unknown): boolean {
  if (!(reason instanceof Error)) return false;
  const { code, commitError, message } = reason as LmdbError;
  if (commitError instanceof Promise) return message.startsWith("Commit failed");
  return isFullCode(code) && !("syscall" in reason) && !("path" in reason);
}

/** The fault of a commit that failed inside the library; its late rejections are taken in here. */
export async function commitFault(error: unknown): Promise<LogError> {
  try {
    if (error instanceof Error) await (error as LmdbError).commitError;
    return syncFault(error);
  } catch (cause) {
    return syncFault(cause);
  }
}

/** The fault of a synchronous transaction; a `LogError` thrown inside it stays what it is. */
export function syncFault(error: unknown): LogError {
  if (error instanceof LogError) return error;
  const code = error instanceof Error ? (error as LmdbError).code : undefined;
  if (isFullCode(code)) return new LogError("log_full", "The disk of the log is full.", { cause: error });
  return new LogError("commit_failed", "The log could not commit; nothing of it was kept.", { cause: error });
}
