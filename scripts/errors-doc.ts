/** Writes `docs/errors.md` from the closed tables of codes; the test beside it fails when the file differs. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  DEAD_LETTER_REASONS,
  type ErrorEntry,
  EVENT_REJECTIONS,
  FILTER_REASONS,
  GATEWAY_ERRORS,
  MANAGEMENT_ERRORS,
} from "@datafly-signal/core";

export const ERRORS_DOC = fileURLToPath(new URL("../docs/errors.md", import.meta.url));

export function renderErrorsDoc(): string {
  return [
    "# Error and reason codes",
    "",
    "<!-- Written by `npm run docs:errors` from the tables in core/. -->",
    "",
    "## Answers of the collect endpoints",
    "",
    'The body is `{"error": "<code>", "message": "<text>"}`. Retry only where it says so; a `Retry-After` header says when.',
    "",
    ...errors(GATEWAY_ERRORS),
    "## Answers of the management API",
    "",
    'The body is `{"error": {"code": "<CODE>", "message": "<text>", "details": […]}}`; `details` names each fault with its `path`, where there are several. A `Retry-After` header says when to try again. Which codes an operation can answer stands with it in the reference at `/docs` on the management port.',
    "",
    ...errors(MANAGEMENT_ERRORS),
    "## Why an event was not sent to an integration",
    "",
    "Counted by `status` under `filtered`; nothing failed.",
    "",
    ...reasons(FILTER_REASONS),
    "## Why a delivery was given up",
    "",
    "Counted by `status` under `dead_lettered`; kept for 7 days, to inspect, replay, export or discard (`dlq`).",
    "",
    ...reasons(DEAD_LETTER_REASONS),
    "## Why an event became no delivery at all",
    "",
    "Counted by `status` under `unprocessable`; kept for 7 days, to inspect, replay or export (`dlq events`).",
    "",
    ...reasons(EVENT_REJECTIONS),
  ]
    .join("\n")
    .trimEnd()
    .concat("\n");
}

/** An anchor with the code as it is written: two tables have codes that differ only in case. */
function errors(table: Readonly<Record<string, ErrorEntry>>): string[] {
  return Object.entries(table).flatMap(([code, { status, retryable, message }]) => [
    `### <a id="${code}"></a>${code}`,
    "",
    `Status ${status}. ${retryable ? "Retry later." : "Do not retry unchanged."} ${message}`,
    "",
  ]);
}

function reasons(table: Readonly<Record<string, string>>): string[] {
  return Object.entries(table).flatMap(([code, text]) => [`### ${code}`, "", text, ""]);
}

if (import.meta.main) writeFileSync(ERRORS_DOC, renderErrorsDoc());
