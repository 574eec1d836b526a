/** What commands print: tables for people, JSON alone on standard output with `--json`. */

export interface Output {
  /** A line for people; silent with `--json`. */
  line(text: string): void;
  /** The command's result; printed with `--json` only. */
  json(value: unknown): void;
  /** What went wrong, on standard error. */
  fault(text: string): void;
  /** Text as it is, in both modes: exports. */
  raw(text: string): void;
}

export function createOutput(asJson: boolean): Output {
  return {
    line(text) {
      if (!asJson) process.stdout.write(`${text}\n`);
    },
    json(value) {
      if (asJson) process.stdout.write(`${JSON.stringify(value)}\n`);
    },
    fault(text) {
      process.stderr.write(`${text}\n`);
    },
    raw(text) {
      process.stdout.write(text);
    },
  };
}

/** Columns as wide as their widest cell; numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [head, ...rows.map((row) => row.map(String))];
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
