/** The pattern language of `date_format`: a closed set of fields, in UTC; text between them stands in single quotes. */
import { type ArgumentFault } from "./definition.ts";

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const pad = (value: number, width: number): string => String(value).padStart(width, "0");
const hour12 = (date: Date): number => date.getUTCHours() % 12 || 12;

/** Field → what it writes. */
const FIELDS: Readonly<Record<string, (date: Date) => string>> = {
  yyyy: (date) => pad(date.getUTCFullYear(), 4),
  yy: (date) => pad(date.getUTCFullYear() % 100, 2),
  MMMM: (date) => MONTHS[date.getUTCMonth()] ?? "",
  MMM: (date) => (MONTHS[date.getUTCMonth()] ?? "").slice(0, 3),
  MM: (date) => pad(date.getUTCMonth() + 1, 2),
  M: (date) => String(date.getUTCMonth() + 1),
  dd: (date) => pad(date.getUTCDate(), 2),
  d: (date) => String(date.getUTCDate()),
  EEEE: (date) => DAYS[date.getUTCDay()] ?? "",
  EEE: (date) => (DAYS[date.getUTCDay()] ?? "").slice(0, 3),
  HH: (date) => pad(date.getUTCHours(), 2),
  H: (date) => String(date.getUTCHours()),
  hh: (date) => pad(hour12(date), 2),
  h: (date) => String(hour12(date)),
  mm: (date) => pad(date.getUTCMinutes(), 2),
  m: (date) => String(date.getUTCMinutes()),
  ss: (date) => pad(date.getUTCSeconds(), 2),
  s: (date) => String(date.getUTCSeconds()),
  SSS: (date) => pad(date.getUTCMilliseconds(), 3),
  a: (date) => (date.getUTCHours() < 12 ? "AM" : "PM"),
  XXX: () => "+00:00",
  X: () => "Z",
};

const PIECE = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'/g;

function piece(text: string, quoted: string | undefined): ((date: Date) => string) | ArgumentFault {
  if (quoted !== undefined) {
    const literal = quoted === "" ? "'" : quoted.replaceAll("''", "'");
    return () => literal;
  }
  if (text === "'") return { fault: "a quote in the pattern is not closed." };
  if (!/[A-Za-z]/.test(text)) return () => text;
  const field = Object.hasOwn(FIELDS, text) ? FIELDS[text] : undefined;
  if (field) return field;
  const cure = /^[YD]+$/.test(text) ? ` Use ${text.toLowerCase()}.` : "";
  return { fault: `the pattern has no field ${text}.${cure} Fields: ${Object.keys(FIELDS).join(" ")}.` };
}

/** Compiles a pattern such as `yyyy-MM-dd'T'HH:mm:ss`. */
export function compilePattern(pattern: string): ((date: Date) => string) | ArgumentFault {
  const pieces: ((date: Date) => string)[] = [];
  for (const match of pattern.matchAll(PIECE)) {
    const made = piece(match[0], match[1]);
    if (typeof made !== "function") return made;
    pieces.push(made);
  }
  return (date) => {
    let out = "";
    for (const write of pieces) out += write(date);
    return out;
  };
}
