/** Lines on standard output from several threads: each is one write that the system does not split among others. */
import { writeSync } from "node:fs";

/** What a pipe takes in one piece (PIPE_BUF). */
export const LONGEST_LINE = 4096;
/** A reader that stands still does not hold the server up for longer than this a line. */
const LONGEST_WAIT_MS = 250;
const LOOK_AGAIN_MS = 5;

/** Nothing that happens to standard output ends the server: a line that cannot be written is lost. */
export function writeLine(line: string, write: (bytes: Buffer) => number = (bytes) => writeSync(1, bytes)): void {
  let rest = Buffer.from(line);
  for (let waited = 0; rest.byteLength > 0 && waited <= LONGEST_WAIT_MS;) {
    try {
      rest = rest.subarray(write(rest));
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) return;
      sleep(LOOK_AGAIN_MS);
      waited += LOOK_AGAIN_MS;
    }
  }
}

/** At most `LONGEST_LINE` bytes, cut between characters. */
export function cutLine(line: string): string {
  if (Buffer.byteLength(line) <= LONGEST_LINE) return line;
  const room = LONGEST_LINE - Buffer.byteLength("…\n");
  const { read } = new TextEncoder().encodeInto(line, new Uint8Array(room));
  return `${line.slice(0, read)}…\n`;
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
