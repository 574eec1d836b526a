/** Two texts compared line by line, in the unified form that people and tools read. */

const CONTEXT = 3;
/** Of the part that differs, before lines are matched: what is larger is shown as replaced in whole. */
const MAX_CELLS = 4_000_000;

interface Line {
  sign: " " | "-" | "+";
  text: string;
}

/** Empty where the texts are equal. */
export function unifiedDiff(before: string, after: string, names: { before: string; after: string }): string {
  if (before === after) return "";
  const lines = compare(linesOf(before), linesOf(after));
  return [`--- ${names.before}`, `+++ ${names.after}`, ...hunksOf(lines)].join("\n") + "\n";
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function compare(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  const most = Math.min(before.length, after.length) - start;
  while (end < most && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const same = (text: string): Line => ({ sign: " ", text });
  return [
    ...before.slice(0, start).map(same),
    ...match(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(same),
  ];
}

/** The longest lines in common stay, the rest goes and comes. */
function match(before: readonly string[], after: readonly string[]): Line[] {
  const width = after.length + 1;
  if ((before.length + 1) * width > MAX_CELLS) return replaced(before, after);
  const common = new Uint32Array((before.length + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: Line[] = [];
  let [row, column] = [0, 0];
  while (row < before.length && column < after.length) {
    if (before[row] === after[column]) {
      lines.push({ sign: " ", text: before[row] ?? "" });
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) lines.push({ sign: "-", text: before[row++] ?? "" });
    else lines.push({ sign: "+", text: after[column++] ?? "" });
  }
  return [...lines, ...replaced(before.slice(row), after.slice(column))];
}

function replaced(before: readonly string[], after: readonly string[]): Line[] {
  return [...before.map((text): Line => ({ sign: "-", text })), ...after.map((text): Line => ({ sign: "+", text }))];
}

function hunksOf(lines: readonly Line[]): string[] {
  const shown = new Set<number>();
  for (const [index, { sign }] of lines.entries()) {
    if (sign === " ") continue;
    for (let near = index - CONTEXT; near <= index + CONTEXT; near += 1) if (near in lines) shown.add(near);
  }
  const out: string[] = [];
  let [old, next] = [0, 0];
  for (let index = 0; index < lines.length; index += 1) {
    if (!shown.has(index)) {
      old += 1;
      next += 1;
      continue;
    }
    const hunk: Line[] = [];
    while (shown.has(index)) hunk.push(lines[index++] ?? { sign: " ", text: "" });
    index -= 1;
    const [oldCount, newCount] = [count(hunk, "+"), count(hunk, "-")];
    out.push(`@@ -${range(old, oldCount)} +${range(next, newCount)} @@`, ...hunk.map(({ sign, text }) => sign + text));
    old += oldCount;
    next += newCount;
  }
  return out;
}

/** Lines of a hunk but for those with the other side's sign. */
function count(hunk: readonly Line[], other: Line["sign"]): number {
  return hunk.filter(({ sign }) => sign !== other).length;
}

/** A range of no lines names the line before it. */
function range(skipped: number, lines: number): string {
  return `${lines === 0 ? skipped : skipped + 1},${lines}`;
}
