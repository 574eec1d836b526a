/**
 * A vendor: answers as the one named first on the command line, counts events by the text that each holds once, named
 * second, and notes when as many had come as named third and fourth.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerOf } from "./vendor-answers.ts";

/** What it saw since the last `reset`. */
export interface Seen {
  events: number;
  /** When the first and the second number had come, epoch milliseconds, and how many it were then. */
  moments: { at: number; events: number }[];
}

const [vendor = "", mark = "", ...numbers] = process.argv.slice(2);
let seen = nothing();

const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("latin1");
  request.on("data", (chunk: string) => (body += chunk));
  request.on("end", () => {
    const events = occurrences(body);
    seen.events += events;
    const next = numbers[seen.moments.length];
    if (next !== undefined && seen.events >= Number(next)) {
      seen.moments.push({ at: performance.timeOrigin + performance.now(), events: seen.events });
    }
    const answer = answerOf({ vendor, events, bytes: body.length });
    const length = answer.status === 204 ? {} : { "content-length": Buffer.byteLength(answer.body) };
    response.writeHead(answer.status, { ...answer.headers, ...length });
    response.end(answer.body);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("message", (question) => {
  process.send?.(seen);
  if (question === "reset") seen = nothing();
});
process.on("SIGTERM", () => process.exit(0));

function nothing(): Seen {
  return { events: 0, moments: [] };
}

function occurrences(text: string): number {
  let count = 0;
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + mark.length)) count += 1;
  return count;
}
