/** A log record as a line for people: time, level, who speaks, the message, then the fields. */

const COLOURS: Readonly<Record<string, string>> = {
  trace: "90",
  debug: "90",
  info: "32",
  warn: "33",
  error: "31",
  fatal: "1;31",
};
/** Of the longest of `WARN` and `INFO`, so that messages begin in one column. */
const LEVEL_WIDTH = 5;
const ROLE_WIDTH = 9;
/** Control characters that a value brings would move the cursor of the terminal. */
// oxlint-disable-next-line no-control-regex -- these are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

export interface LogRecordFields {
  level: string;
  /** ISO 8601. */
  time: string;
  role: string;
  msg: string;
  [field: string]: unknown;
}

export function prettyLine(record: LogRecordFields, colour: boolean): string {
  const paint = (code: string, text: string): string =>
    colour && text !== "" ? `\u001b[${code}m${text}\u001b[0m` : text;
  const { level, time, role, msg, ...fields } = record;
  const stacks: string[] = [];
  const pairs = Object.entries(fields).map(([name, value]) => `${name}=${shown(counted(name, value), stacks)}`);
  const head = [
    paint("90", clockTime(time)),
    paint(COLOURS[level] ?? "0", level.toUpperCase().padEnd(LEVEL_WIDTH)),
    paint("36", role.padEnd(ROLE_WIDTH)),
    printable(msg),
  ];
  const tail = pairs.length === 0 ? "" : `  ${paint("90", printable(pairs.join(" ")))}`;
  return `${head.join(" ")}${tail}\n${stacks.map((stack) => `${indented(printable(stack))}\n`).join("")}`;
}

/** The time of day where the server is: the day stands in the journal around it. */
function clockTime(time: string): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, "0");
  const thousandths = String(date.getMilliseconds()).padStart(3, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${thousandths}`;
}

/** Faults have stood above, a line each: people want them once, programs on the one line that says what became of them. */
function counted(name: string, value: unknown): unknown {
  return name === "faults" && Array.isArray(value) ? value.length : value;
}

function shown(value: unknown, stacks: string[]): string {
  if (typeof value === "string") return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  if (typeof value !== "object" || value === null || !("stack" in value)) return JSON.stringify(value) ?? "";
  const { stack, ...rest } = value;
  if (typeof stack === "string") stacks.push(stack);
  return JSON.stringify(rest);
}

function printable(text: string): string {
  return text.replace(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, "    ");
}
