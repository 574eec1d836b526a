/** For tests: threads that log at the same time, through the same standard output. */
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { createLogger } from "../logging.ts";

const THREADS = 4;
const LINES = 500;

const logFormat = process.argv[2] === "pretty" ? "pretty" : "json";

if (isMainThread) {
  for (let thread = 0; thread < THREADS; thread += 1) {
    void new Worker(new URL(import.meta.url), { workerData: thread, argv: [logFormat] });
  }
} else {
  const settings = { logLevel: "info", logFormat, logColour: false } as const;
  const logger = createLogger({ settings, role: `thread-${String(workerData)}` });
  for (let line = 0; line < LINES; line += 1) {
    logger.info({ line, text: "é".repeat((line * 37) % 1900) }, "said");
  }
}
