/** Logs: JSON lines on standard output, secrets redacted, each line written whole by whichever thread. */
import type { Logger } from "@datafly-signal/core";
import { destination, pino } from "pino";

const SECRET_FIELDS = [
  "authorization",
  "auth_token",
  "access_token",
  "api_key",
  "api_secret",
  "cookie",
  "password",
  "secret",
  "secrets",
  "token",
];

/** @param role which part of the process speaks */
export function createLogger(options: { level: string; role: string }): Logger {
  return pino(
    {
      level: options.level,
      base: { role: options.role },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]), censor: "[redacted]" },
    },
    destination({ dest: 1, sync: true }),
  );
}
