/** What commands print: tables for people, JSON alone on standard output with `--json`. */
import type { Writable } from "node:stream";

export interface Output {
  /** A line for people; silent with `--json`. */
  line(text: string): void;
  /** The command's result; printed with `--json` only. */
  json(value: unknown): void;
  /** What went wrong, on standard error. */
  fault(text: string): void;
  /** Text as it is, in both modes: exports. Resolves when more may come; false when nobody reads any more. */
  raw(text: string): Promise<boolean>;
}

interface Streams {
  out: Writable;
  err: Writable;
}

/** Output to standard output and error, or to the streams given. */
export function createOutput(
  asJson: boolean,
  { out, err }: Streams = { out: process.stdout, err: process.stderr },
): Output {
  const toOut = writer(out);
  const toErr = writer(err);
  return {
    line(text) {
      if (!asJson) void toOut(`${text.split("\n").map(printable).join("\n")}\n`);
    },
    json(value) {
      if (asJson) void toOut(`${JSON.stringify(value)}\n`);
    },
    fault(text) {
      void toErr(`${text.split("\n").map(printable).join("\n")}\n`);
    },
    raw: toOut,
  };
}

/** A reader that has seen enough (`| head`) is no fault: what follows is dropped, and the command ends with its own exit code. */
function writer(stream: Writable): (text: string) => Promise<boolean> {
  let open = true;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    open = false;
  });
  return async (text) => {
    if (!open) return false;
    return new Promise((resolve) => {
      const more = stream.write(text, (error) => resolve(!error));
      if (more) resolve(true);
    });
  };
}

/** Columns as wide as their widest cell; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  // A line's end inside a cell would make up a row.
  const cells = [head, ...rows.map((row) => row.map((cell) => printable(String(cell))))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  const numeric = head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"));
  return cells
    .map((row) =>
      row
        .map((cell, column) =>
          numeric[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** `{a: 1, b: 2}` as `a 1, b 2`, `-` when empty. */
export function counts(of: Readonly<Record<string, number>>): string {
  const parts = Object.entries(of).map(([reason, count]) => `${reason} ${count}`);
  return parts.length === 0 ? "-" : parts.join(", ");
}

/** What visitors send could move the cursor or colour the terminal. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "\uFFFD");
}

/** The first line of details, as one may show it; empty without any. */
export function firstLine(details: string | null): string {
  return printable(details?.split("\n", 1)[0] ?? "");
}
