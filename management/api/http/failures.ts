/** What is answered and logged when something was thrown instead of answered. */
import { MANAGEMENT_ERRORS, type Logger } from "@datafly-signal/core";
import { isAway, isUniqueViolation, StoreError } from "@datafly-signal/ports/store";
import { UnexpectedAnswerError } from "./check-answer.ts";
import { type Fault, fault } from "./route.ts";

interface FailedCall {
  logger: Logger;
  requestId: string;
  /** As in `POST /v1/admin/things/:id`. */
  route: string;
}

/** The cause goes into the log without its message, which may quote what was sent: the frames tell where it was. */
export function answerFailure(error: unknown, { logger, requestId, route }: FailedCall): Fault {
  if (isUniqueViolation(error)) return fault("CONFLICT");
  const facts = { route, request: requestId, ...describe(error) };
  if (isAway(error)) {
    logger.warn(facts, "the database cannot be reached");
    return fault("UNAVAILABLE");
  }
  logger.error(facts, "a management request failed");
  return fault("INTERNAL", `${MANAGEMENT_ERRORS.INTERNAL.message} If it stays, look for ${requestId} in the log.`);
}

function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error };
  const { code } = error as { code?: unknown };
  const hasOpenMessage = error instanceof StoreError || error instanceof UnexpectedAnswerError;
  return {
    error: error.name,
    ...(typeof code === "string" && { code }),
    ...(hasOpenMessage && { message: error.message }),
    frames: (error.stack ?? "")
      .split("\n")
      .filter((line) => /^\s+at /.test(line))
      .slice(0, 8)
      .map((line) => line.trim()),
  };
}
