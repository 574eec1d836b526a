/** Dead letters as CSV (RFC 4180): one line each, payload and event as JSON text. */
import type { ShownDeadLetter } from "@datafly-signal/management-api";

const COLUMNS: readonly (readonly [name: string, of: (letter: ShownDeadLetter) => unknown])[] = [
  ["id", (letter) => letter.id],
  ["integration_id", (letter) => letter.integrationId],
  ["pipeline_integration_id", (letter) => letter.pipelineIntegrationId],
  ["message_id", (letter) => letter.messageId],
  ["event_name", (letter) => letter.event],
  ["state", (letter) => letter.state],
  ["reason", (letter) => letter.reason],
  ["detail", (letter) => letter.detail],
  ["last_status", (letter) => letter.lastStatus],
  ["response_excerpt", (letter) => letter.record?.responseExcerpt],
  ["tries", (letter) => letter.tries],
  ["first_tried_at", (letter) => letter.firstTriedAt],
  ["last_tried_at", (letter) => letter.lastTriedAt],
  ["dead_lettered_at", (letter) => letter.deadLetteredAt],
  ["revision", (letter) => letter.record?.delivery?.revision],
  ["replay_of", (letter) => letter.replayOf],
  ["payload", (letter) => json(letter.record?.delivery?.payload)],
  ["event", (letter) => json(letter.record?.delivery?.event)],
];

export function csvHead(): string {
  return `${COLUMNS.map(([name]) => name).join(",")}\r\n`;
}

export function csvLine(letter: ShownDeadLetter): string {
  return `${COLUMNS.map(([, of]) => cell(of(letter))).join(",")}\r\n`;
}

function json(value: unknown): string | null {
  return value === undefined ? null : JSON.stringify(value);
}

/** A leading =, +, -, @, tab or return would be run as a formula by spreadsheets: such text gets an apostrophe before it. */
function cell(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "number" ? String(value) : String(value).replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
