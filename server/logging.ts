/** Logs: lines for people on a terminal, JSON otherwise; secrets redacted, each line written whole by whichever thread. */
import { isatty } from "node:tty";
import type { Logger } from "@datafly-signal/core";
import { pino } from "pino";
import { type LogRecordFields, prettyLine } from "./logs/pretty-line.ts";
import { createRedactor, type Redactor } from "./logs/redaction.ts";
import { cutLine, LONGEST_LINE, writeLine } from "./logs/whole-lines.ts";
import type { Settings } from "./settings.ts";

export interface LoggerOptions {
  settings: Pick<Settings, "logLevel" | "logFormat" | "logColour">;
  /** Which part of the process speaks. */
  role: string;
  redactor?: Redactor;
  /** Default: standard output. */
  output?: { isTerminal: boolean; write(line: string): void };
}

const STANDARD_OUTPUT = { isTerminal: isatty(1), write: (line: string): void => writeLine(line) };
/** To how many characters texts are cut, one after the other, until a JSON line fits. */
const SHORTER = [1000, 250, 60];

export function createLogger(options: LoggerOptions): Logger {
  const { settings, role, redactor = createRedactor(), output = STANDARD_OUTPUT } = options;
  const pretty = settings.logFormat === "pretty" || (settings.logFormat === "auto" && output.isTerminal);
  const write = (line: string): void =>
    output.write(pretty ? cutLine(prettyLine(recordOf(line), settings.logColour && output.isTerminal)) : fitting(line));
  const logger = pino(
    {
      level: settings.logLevel,
      base: { role },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: (cleaned: unknown) => cleaned },
    },
    { write },
  );
  const cleaned =
    (level: "debug" | "info" | "warn" | "error") =>
    (fields: object, message: string): void => {
      if (logger.isLevelEnabled(level)) logger[level](redactor.fields(fields), redactor.text(message));
    };
  return { debug: cleaned("debug"), info: cleaned("info"), warn: cleaned("warn"), error: cleaned("error") };
}

function recordOf(line: string): LogRecordFields {
  return JSON.parse(line) as LogRecordFields;
}

/** A JSON line stays JSON: its texts are cut, and at last its fields left out. */
function fitting(line: string): string {
  if (Buffer.byteLength(line) <= LONGEST_LINE) return line;
  const record = recordOf(line);
  for (const length of SHORTER) {
    const shorter = `${JSON.stringify(record, (_, value: unknown) => cutText(value, length))}\n`;
    if (Buffer.byteLength(shorter) <= LONGEST_LINE) return shorter;
  }
  const { level, role, time, msg } = record;
  return `${JSON.stringify({ level, role, time, msg: cutText(msg, 1000), shortened: true })}\n`;
}

function cutText(value: unknown, length: number): unknown {
  return typeof value === "string" && value.length > length ? `${value.slice(0, length)}…` : value;
}
